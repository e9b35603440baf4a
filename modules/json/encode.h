/* SPDX-License-Identifier: MIT
 *
 * Lua values as JSON text, the same bytes for the same value: keys sorted, no blanks unless asked for, the shortest digits that
 * read back as the same number, numbers with an integral value without a point. Main thread only.
 */
#ifndef HILUM_JSON_ENCODE_H
#define HILUM_JSON_ENCODE_H

#include <lua.h>

#include "core/buffer.h"

/* The metatable of arrays, in the registry. */
#define HL_JSON_ARRAY_TYPE "hilum.json.array"

struct hl_json_style {
  int indent; /* blanks per level, 0: all on one line */
  int order;  /* stack index of a table from key to rank: keys in it come first, by rank; 0: none */
};

/* Appends the value at index. Raises for what JSON has no form for; buffer then belongs to a userdata that frees it. [-0, +0, e]
 */
void hl_json_encode(lua_State *L, int index, const struct hl_json_style *style, struct hl_buffer *buffer);

#endif

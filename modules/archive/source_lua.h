/* SPDX-License-Identifier: MIT
 *
 * What archive.open accepts as a source.
 */
#ifndef HILUM_ARCHIVE_SOURCE_LUA_H
#define HILUM_ARCHIVE_SOURCE_LUA_H

#include "archive/source.h"
#include "core/bind.h"

/* The source at index: a path, {bytes = string}, whose string may stay on the stack, or a pipe; the value must live as long.
 * NULL: err. Raises for anything else, before anything is opened. [-0, +0|1, e] */
struct hl_source *hl_check_source(lua_State *L, int index, const char *op, struct hl_error *err);

#endif

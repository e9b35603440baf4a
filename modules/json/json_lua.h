/* SPDX-License-Identifier: MIT
 *
 * What the parts of the json binding share.
 */
#ifndef HILUM_JSON_JSON_LUA_H
#define HILUM_JSON_JSON_LUA_H

#include "core/bind.h"
#include "core/buffer.h"

/* An empty buffer that the collector frees. [-0, +1, m] */
struct hl_buffer *hl_json_push_buffer(lua_State *L);

/* Pushes the value of the JSON text at index; false: a message that has no path in it. [-0, +any, m] */
bool hl_json_decode(lua_State *L, int index, struct hl_error *err);

/* Before the first hl_json_decode. [-0, +0, e] */
void hl_json_open_decoder(lua_State *L);

void hl_json_new_lines_type(lua_State *L);

/* In lines_lua.c and write_lua.c. */
int l_lines(lua_State *L);
int l_encode(lua_State *L);
int l_write(lua_State *L);
int l_write_lines(lua_State *L);

#endif

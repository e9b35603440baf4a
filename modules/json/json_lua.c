/* SPDX-License-Identifier: MIT */
#include "json/json_lua.h"

#include "core/file.h"
#include "json/encode.h"

#define BUFFER "hilum.json.Buffer"

/* A buffer that the collector frees. */
static int l_buffer_gc(lua_State *L) {
  hl_buffer_free(luaL_checkudata(L, 1, BUFFER));
  return 0;
}

struct hl_buffer *hl_json_push_buffer(lua_State *L) {
  return hl_new_object(L, BUFFER, sizeof(struct hl_buffer));
}

static int l_decode(lua_State *L) {
  struct hl_error err;
  luaL_checkstring(L, 1);
  return hl_json_decode(L, 1, &err) ? 1 : hl_push_error(L, &err);
}

static int l_read(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct hl_buffer *buffer = hl_json_push_buffer(L);
  struct hl_error err;
  uint8_t *data;
  if (!hl_read_file("json.read", path, SIZE_MAX, &data, &buffer->size, &err)) return hl_push_error(L, &err);
  buffer->data = (char *)data;
  lua_pushlstring(L, buffer->data, buffer->size);
  if (hl_json_decode(L, lua_gettop(L), &err)) return 1;
  struct hl_error named;
  hl_fail(&named, HL_PARSE, "json.read", "%s: %s", path, err.message);
  return hl_push_error(L, &named);
}

static int l_array(lua_State *L) {
  if (lua_isnone(L, 1)) lua_newtable(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
  return 1;
}

HL_MODULE int luaopen_hilum_json(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}}, buffer_meta[] = {{"__gc", l_buffer_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"decode", l_decode}, {"encode", l_encode}, {"read", l_read},
                                       {"write", l_write},   {"lines", l_lines},   {"write_lines", l_write_lines},
                                       {"array", l_array},   {NULL, NULL}};
  hl_new_type(L, BUFFER, none, buffer_meta);
  hl_json_new_lines_type(L);
  luaL_newmetatable(L, HL_JSON_ARRAY_TYPE);
  hl_json_open_decoder(L);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}

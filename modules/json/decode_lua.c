/* SPDX-License-Identifier: MIT
 *
 * JSON text as Lua values: by lua-cjson, before and after which json/scan.h makes up for what that does not know.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/encode.h"
#include "json/json_lua.h"
#include "json/scan.h"

#define DECODER "hilum.json.decoder" /* lua-cjson's decode, in the registry */

/* A decoder of our own, so that nobody's settings of the shared one reach it. */
void hl_json_open_decoder(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "new");
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers");
  lua_pushboolean(L, false);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_setfield(L, LUA_REGISTRYINDEX, DECODER);
  lua_pop(L, 2);
}

/* Replaces the marked string on top of the stack. */
static void restore_string(lua_State *L) {
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  if (size < 2 || text[0] != '\0') return;
  switch (text[1]) {
  case HL_JSON_ARRAY:
    lua_newtable(L);
    luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
    break;
  case HL_JSON_INTEGER:
    if (!lua_stringtonumber(L, text + 2)) lua_pushnumber(L, HUGE_VAL);
    break;
  default: lua_pushlstring(L, text + 2, size - 2);
  }
  lua_remove(L, -2);
}

static void restore_number(lua_State *L) {
  lua_Number number = lua_tonumber(L, -1);
  lua_Integer integer;
  if (lua_isinteger(L, -1) || floor(number) != number || !lua_numbertointeger(number, &integer)) return;
  lua_pop(L, 1);
  lua_pushinteger(L, integer);
}

/* Turns what lua-cjson made, on top of the stack, into what the text said: integers, arrays. False: a number out of range. */
static bool restore(lua_State *L) {
  if (lua_type(L, -1) == LUA_TSTRING) restore_string(L);
  if (lua_type(L, -1) == LUA_TNUMBER) {
    restore_number(L);
    return isfinite(lua_tonumber(L, -1));
  }
  if (!lua_istable(L, -1)) return true;
  luaL_checkstack(L, 6, "JSON");
  if (lua_rawlen(L, -1) > 0) luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
  for (lua_pushnil(L); lua_next(L, -2);) {
    if (!restore(L)) return false;
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  return true;
}

/* lua-cjson ends its messages with "at character N", counted in bytes: the same as line (if there are several) and column. */
static bool fail_decoding(const char *message, const char *text, size_t size, struct hl_error *err) {
  static const char mark[] = " at character ";
  const char *found = strstr(message, mark);
  if (!found) return hl_fail(err, HL_PARSE, "json.decode", "%s", message);
  size_t at = strtoul(found + strlen(mark), NULL, 10), line = 1, line_start = 0;
  for (size_t i = 0; i + 1 < at && i < size; i++)
    if (text[i] == '\n') {
      line++;
      line_start = i + 1;
    }
  int length = (int)(found - message);
  if (!memchr(text, '\n', size)) return hl_fail(err, HL_PARSE, "json.decode", "column %zu: %.*s", at, length, message);
  return hl_fail(err, HL_PARSE, "json.decode", "line %zu, column %zu: %.*s", line, at - line_start, length, message);
}

/* Calls lua-cjson on the string at index; its value or message is then on top. */
static bool call_decoder(lua_State *L, int index) {
  lua_getfield(L, LUA_REGISTRYINDEX, DECODER);
  lua_pushvalue(L, index);
  return lua_pcall(L, 1, 1, 0) == LUA_OK;
}

bool hl_json_decode(lua_State *L, int index, struct hl_error *err) {
  size_t size;
  const char *text = lua_tolstring(L, index, &size);
  const char *nul = memchr(text, '\0', size);
  if (nul) return hl_fail(err, HL_PARSE, "json.decode", "column %zu: a NUL byte", (size_t)(nul - text) + 1);
  struct hl_buffer *marked = hl_json_push_buffer(L);
  if (!hl_json_mark(text, size, marked)) luaL_error(L, "not enough memory");
  int from = index;
  if (marked->size) {
    lua_pushlstring(L, marked->data, marked->size);
    from = lua_gettop(L);
  }
  hl_buffer_free(marked);
  bool decoded = call_decoder(L, from);
  if (!decoded && from != index) decoded = call_decoder(L, index); /* for the position in the text as it was */
  if (!decoded) return fail_decoding(lua_tostring(L, -1), text, size, err);
  return restore(L) || hl_fail(err, HL_PARSE, "json.decode", "a number too large for a float");
}

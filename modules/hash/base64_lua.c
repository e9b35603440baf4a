/* SPDX-License-Identifier: MIT
 *
 * hash.base64 and hash.base64_decode. They take about as long as copying what they are given, and so need no worker.
 */
#include "core/base64.h"
#include "hash/hash_lua.h"

int l_base64(lua_State *L) {
  size_t size;
  const char *data = luaL_checklstring(L, 1, &size);
  luaL_Buffer text;
  luaL_argcheck(L, size < SIZE_MAX / 2, 1, "too long");
  hl_base64_encode(luaL_buffinitsize(L, &text, HL_BASE64_LENGTH(size)), data, size);
  luaL_pushresultsize(&text, HL_BASE64_LENGTH(size));
  return 1;
}

int l_base64_decode(lua_State *L) {
  size_t length, size;
  const char *text = luaL_checklstring(L, 1, &length);
  luaL_Buffer bytes;
  char *room = luaL_buffinitsize(L, &bytes, HL_BASE64_SIZE(length));
  if (hl_base64_decode((uint8_t *)room, &size, text, length)) {
    luaL_pushresultsize(&bytes, size);
    return 1;
  }
  struct hl_error err;
  hl_fail(&err, HL_PARSE, "hash.base64_decode", "from character %zu on it is not base64", size + 1);
  return hl_push_error(L, &err);
}

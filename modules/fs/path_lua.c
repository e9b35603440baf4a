/* SPDX-License-Identifier: MIT
 *
 * Paths as text: nothing here looks at the disk.
 */
#include "fs/fs_lua.h"

int l_join(lua_State *L) {
  int count = lua_gettop(L);
  luaL_Buffer b;
  for (int i = 1; i <= count; i++) luaL_checkstring(L, i);
  int first = count; /* an absolute part starts anew */
  while (first > 1 && *lua_tostring(L, first) != '/') first--;
  luaL_buffinit(L, &b);
  for (int i = first; i <= count; i++) {
    size_t size, length = luaL_bufflen(&b);
    const char *part = lua_tolstring(L, i, &size);
    if (size && length && luaL_buffaddr(&b)[length - 1] != '/') luaL_addchar(&b, '/');
    luaL_addlstring(&b, part, size);
  }
  luaL_pushresult(&b);
  return 1;
}

/* The length of path without the slashes at its end (but "/" stays), and where its last name begins. */
static size_t find_base(const char *path, size_t size, size_t *base) {
  while (size > 1 && path[size - 1] == '/') size--;
  *base = size;
  while (*base > 0 && path[*base - 1] != '/') --*base;
  return size;
}

int l_base(lua_State *L) {
  size_t size, base;
  const char *path = luaL_checklstring(L, 1, &size);
  size = find_base(path, size, &base);
  lua_pushlstring(L, path + base, size - base);
  return 1;
}

int l_dir(lua_State *L) {
  size_t size, base;
  const char *path = luaL_checklstring(L, 1, &size);
  find_base(path, size, &base);
  if (base == 0) {
    lua_pushliteral(L, ".");
    return 1;
  }
  while (base > 1 && path[base - 1] == '/') base--;
  lua_pushlstring(L, path, base);
  return 1;
}

int l_ext(lua_State *L) {
  size_t size, base;
  const char *path = luaL_checklstring(L, 1, &size);
  size = find_base(path, size, &base);
  size_t dot = size;
  while (dot > base && path[dot - 1] != '.') dot--;
  if (dot <= base + 1) dot = size + 1; /* no dot, or only the one of a hidden file */
  lua_pushlstring(L, path + dot - 1, size + 1 - dot);
  return 1;
}

/* SPDX-License-Identifier: MIT */
#include "http/http_lua.h"

struct hl_http_client *hl_http_get_client(lua_State *L) {
  return *(struct hl_http_client **)lua_touserdata(L, lua_upvalueindex(1));
}

static const char *const digest_names[] = {"sha256", "sha1", "md5", "crc32", "crc32c", "crc64nvme", NULL};

unsigned hl_http_check_digests(lua_State *L, int index) {
  unsigned wanted = 0;
  index = lua_absindex(L, index);
  if (lua_isnil(L, index)) return 0;
  if (!lua_istable(L, index)) luaL_error(L, "digests: a list of names expected, got %s", luaL_typename(L, index));
  for (lua_Integer i = 1; lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
    enum hl_hash_kind kind = lua_type(L, -1) == LUA_TSTRING ? hl_hash_kind(lua_tostring(L, -1)) : HL_HASH_KINDS;
    if (kind == HL_HASH_KINDS) luaL_error(L, "digests are sha256, sha1, md5, crc32, crc32c and crc64nvme");
    wanted |= 1u << kind;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return wanted;
}

void hl_http_push_digests(lua_State *L, const struct hl_http_digests *digests) {
  lua_createtable(L, 0, HL_HASH_KINDS);
  for (int i = 0; digest_names[i]; i++) {
    char text[HL_HTTP_DIGEST_TEXT];
    enum hl_hash_kind kind = hl_hash_kind(digest_names[i]);
    if (!(digests->wanted >> kind & 1)) continue;
    if (!hl_http_digests_text(digests, kind, text)) luaL_error(L, "not enough memory");
    lua_pushstring(L, text);
    lua_setfield(L, -2, digest_names[i]);
  }
}

static int l_client_gc(lua_State *L) {
  struct hl_http_client **client = luaL_checkudata(L, 1, HL_HTTP_CLIENT);
  hl_http_client_close(*client);
  *client = NULL;
  return 0;
}

/* One client for a state, however often the module is loaded: bodies and requests rely on it. */
static void push_client(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}}, meta[] = {{"__gc", l_client_gc}, {NULL, NULL}};
  static const char *const key = "hilum.http.client";
  if (lua_getfield(L, LUA_REGISTRYINDEX, key) == LUA_TUSERDATA) return;
  lua_pop(L, 1);
  hl_new_type(L, HL_HTTP_CLIENT, none, meta);
  struct hl_http_client **client = hl_new_object(L, HL_HTTP_CLIENT, sizeof(struct hl_http_client *));
  struct hl_error err;
  *client = hl_http_client_open(hl_loop_of(L), &err);
  if (!*client) luaL_error(L, "%s", err.message);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, key);
}

HL_MODULE int luaopen_hilum_http(lua_State *L) {
  static const luaL_Reg functions[] = {{"request", l_request}, {"file", l_file}, {"chunked", l_chunked},
                                       {"digest", l_digest},   {"sink", l_sink}, {NULL, NULL}};
  hl_http_new_sink_type(L);
  luaL_newlibtable(L, functions);
  push_client(L);
  hl_http_new_body_type(L);
  luaL_setfuncs(L, functions, 1);
  return 1;
}

/* SPDX-License-Identifier: MIT */
#include "hash/hash_lua.h"

#define HASH "hilum.hash.Hash"
#define SHARED "hilum.hash.Shared"

struct hl_hash_shared *hl_hash_get_shared(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(1));
}

enum hl_hash_kind hl_hash_check_kind(lua_State *L, int index) {
  enum hl_hash_kind kind = hl_hash_kind(luaL_checkstring(L, index));
  luaL_argcheck(L, kind < HL_HASH_KINDS, index, "sha256, sha1, md5, crc32, crc32c or crc64nvme expected");
  return kind;
}

int hl_hash_push_hex(lua_State *L, const uint8_t *digest, size_t size) {
  char text[2 * HL_DIGEST_MAX + 1];
  if (!size) luaL_error(L, "not enough memory");
  hl_hex(digest, size, text);
  lua_pushstring(L, text);
  return 1;
}

/* Strings. The kind is the second upvalue. */

static int l_digest(lua_State *L) {
  int count = lua_gettop(L);
  struct hl_hash hash;
  uint8_t digest[HL_DIGEST_MAX];
  luaL_checkstring(L, 1);
  for (int i = 2; i <= count; i++) luaL_checkstring(L, i);
  if (!hl_hash_begin(&hash, hl_hash_get_shared(L), (enum hl_hash_kind)lua_tointeger(L, lua_upvalueindex(2))))
    return luaL_error(L, "not enough memory");
  for (int i = 1; i <= count; i++) {
    size_t size;
    const char *data = lua_tolstring(L, i, &size);
    hl_hash_update(&hash, data, size);
  }
  size_t size = hl_hash_digest(&hash, digest);
  hl_hash_end(&hash);
  return hl_hash_push_hex(L, digest, size);
}

/* Hash: a digest of pieces. The user value keeps the shared part. */

static struct hl_hash *check_hash(lua_State *L) {
  struct hl_hash *hash = luaL_checkudata(L, 1, HASH);
  luaL_argcheck(L, hash->shared, 1, "hash is closed");
  return hash;
}

static int l_new(lua_State *L) {
  enum hl_hash_kind kind = hl_hash_check_kind(L, 1);
  struct hl_hash *hash = hl_new_object(L, HASH, sizeof *hash);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setiuservalue(L, -2, 1);
  return hl_hash_begin(hash, hl_hash_get_shared(L), kind) ? 1 : luaL_error(L, "not enough memory");
}

static int l_hash_update(lua_State *L) {
  struct hl_hash *hash = check_hash(L);
  size_t size;
  const char *data = luaL_checklstring(L, 2, &size);
  hl_hash_update(hash, data, size);
  lua_settop(L, 1);
  return 1;
}

static int l_hash_hex(lua_State *L) {
  uint8_t digest[HL_DIGEST_MAX];
  size_t size = hl_hash_digest(check_hash(L), digest);
  return hl_hash_push_hex(L, digest, size);
}

static int l_hash_digest(lua_State *L) {
  uint8_t digest[HL_DIGEST_MAX];
  size_t size = hl_hash_digest(check_hash(L), digest);
  if (!size) return luaL_error(L, "not enough memory");
  lua_pushlstring(L, (const char *)digest, size);
  return 1;
}

static int l_hash_close(lua_State *L) {
  hl_hash_end(luaL_checkudata(L, 1, HASH));
  return 0;
}

static int l_shared_gc(lua_State *L) {
  hl_hash_close(luaL_checkudata(L, 1, SHARED));
  return 0;
}

HL_MODULE int luaopen_hilum_hash(lua_State *L) {
  static const char *const digests[] = {"sha256", "sha1", "md5", "crc32", "crc32c", "crc64nvme", NULL};
  static const luaL_Reg methods[] = {
      {"update", l_hash_update}, {"hex", l_hash_hex}, {"digest", l_hash_digest}, {"close", l_hash_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_hash_close}, {"__close", l_hash_close}, {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}}, shared_meta[] = {{"__gc", l_shared_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"new", l_new}, {"file", l_file}, {"sha256_file", l_sha256_file}, {"base64", l_base64}, {"base64_decode", l_base64_decode},
      {NULL, NULL}};
  hl_new_type(L, HASH, methods, meta);
  hl_new_type(L, SHARED, none, shared_meta);
  luaL_newlibtable(L, functions);
  struct hl_hash_shared *shared = hl_new_object(L, SHARED, sizeof *shared);
  struct hl_error err;
  if (!hl_hash_open(shared, &err)) return luaL_error(L, "%s", err.message);
  for (int i = 0; digests[i]; i++) {
    lua_pushvalue(L, -1);
    lua_pushinteger(L, (lua_Integer)hl_hash_kind(digests[i]));
    lua_pushcclosure(L, l_digest, 2);
    lua_setfield(L, -3, digests[i]);
  }
  luaL_setfuncs(L, functions, 1);
  return 1;
}

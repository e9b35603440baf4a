/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "hash/hash.h"
#include "task/op.h"

#define HASH "hilum.hash.Hash"
#define SHARED "hilum.hash.Shared"

/* The module's shared part is the first upvalue of each of its functions. */
static struct hl_hash_shared *get_shared(lua_State *L) { return lua_touserdata(L, lua_upvalueindex(1)); }

static enum hl_hash_kind check_kind(lua_State *L, int index) {
  enum hl_hash_kind kind = hl_hash_kind(luaL_checkstring(L, index));
  luaL_argcheck(L, kind < HL_HASH_KINDS, index, "sha256, md5, crc32, crc32c or crc64nvme expected");
  return kind;
}

static int push_hex(lua_State *L, const uint8_t *digest, size_t size) {
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
  if (!hl_hash_begin(&hash, get_shared(L), (enum hl_hash_kind)lua_tointeger(L, lua_upvalueindex(2))))
    return luaL_error(L, "not enough memory");
  for (int i = 1; i <= count; i++) {
    size_t size;
    const char *data = lua_tolstring(L, i, &size);
    hl_hash_update(&hash, data, size);
  }
  size_t size = hl_hash_digest(&hash, digest);
  hl_hash_end(&hash);
  return push_hex(L, digest, size);
}

/* Files, on the pool. */

struct file_op {
  struct hl_op op;
  const struct hl_hash_shared *shared;
  enum hl_hash_kind kind;
  bool many;
  struct file {
    char *path;
    uint8_t digest[HL_DIGEST_MAX];
    size_t size; /* 0: err */
    struct hl_error err;
  } * files;
};

static void destroy_file_op(struct hl_op *op) {
  struct file_op *self = (struct file_op *)op;
  for (size_t i = 0; self->files && i < op->items; i++) free(self->files[i].path);
  free(self->files);
}

static void work_file(struct hl_op *op, size_t item) {
  struct file_op *self = (struct file_op *)op;
  struct file *file = &self->files[item];
  file->size = hl_hash_file(op->cls->name, file->path, self->shared, self->kind, file->digest, &file->err);
}

static int push_file(lua_State *L, struct hl_op *op) {
  struct file_op *self = (struct file_op *)op;
  lua_createtable(L, 0, 0);
  for (size_t i = 0; i < op->items; i++) {
    const struct file *file = &self->files[i];
    if (!file->size) return hl_push_error(L, &file->err);
    push_hex(L, file->digest, file->size);
    if (!self->many) return 1;
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int hash_files(lua_State *L, enum hl_hash_kind kind, int index) {
  static const struct hl_op_class cls = {.name = "hash.file", .work = work_file, .push = push_file, .destroy = destroy_file_op};
  static const char *const names[] = {"progress", NULL};
  bool many = lua_istable(L, index);
  if (!many) hl_check_path(L, index);
  hl_check_options(L, index + 1, names);
  size_t count = many ? lua_rawlen(L, index) : 1;
  struct file_op *self = hl_op_new(L, &cls, sizeof *self);
  self->shared = get_shared(L);
  self->kind = kind;
  self->many = many;
  self->files = calloc(count + 1, sizeof *self->files);
  self->op.items = count;
  if (!self->files) return luaL_error(L, "not enough memory");
  hl_op_progress(L, &self->op, index + 1);
  for (size_t i = 0; i < count; i++) {
    if (many)
      lua_rawgeti(L, index, (lua_Integer)i + 1);
    else
      lua_pushvalue(L, index);
    self->files[i].path = strdup(hl_check_path(L, -1));
    if (!self->files[i].path) return luaL_error(L, "not enough memory");
    lua_pop(L, 1);
  }
  return hl_op_await(L, &self->op);
}

static int l_file(lua_State *L) { return hash_files(L, check_kind(L, 1), 2); }

static int l_sha256_file(lua_State *L) { return hash_files(L, HL_SHA256, 1); }

/* Hash: a digest of pieces. The user value keeps the shared part. */

static struct hl_hash *check_hash(lua_State *L) {
  struct hl_hash *hash = luaL_checkudata(L, 1, HASH);
  luaL_argcheck(L, hash->shared, 1, "hash is closed");
  return hash;
}

static int l_new(lua_State *L) {
  enum hl_hash_kind kind = check_kind(L, 1);
  struct hl_hash *hash = hl_new_object(L, HASH, sizeof *hash);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setiuservalue(L, -2, 1);
  return hl_hash_begin(hash, get_shared(L), kind) ? 1 : luaL_error(L, "not enough memory");
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
  return push_hex(L, digest, size);
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
  static const char *const digests[] = {"sha256", "md5", "crc32", "crc32c", "crc64nvme", NULL};
  static const luaL_Reg methods[] = {
      {"update", l_hash_update}, {"hex", l_hash_hex}, {"digest", l_hash_digest}, {"close", l_hash_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_hash_close}, {"__close", l_hash_close}, {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}}, shared_meta[] = {{"__gc", l_shared_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"new", l_new}, {"file", l_file}, {"sha256_file", l_sha256_file}, {NULL, NULL}};
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

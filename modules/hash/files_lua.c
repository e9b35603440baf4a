/* SPDX-License-Identifier: MIT
 *
 * hash.file and hash.sha256_file, on the pool.
 */
#include <stdlib.h>

#include "hash/hash_lua.h"
#include "task/op.h"

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
    hl_hash_push_hex(L, file->digest, file->size);
    if (!self->many) return 1;
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int hash_files(lua_State *L, enum hl_hash_kind kind, int index) {
  static const struct hl_op_class cls = {.name = "hash.file", .work = work_file, .push = push_file, .destroy = destroy_file_op};
  static const char *const names[] = {"progress", NULL};
  size_t count = hl_count_paths(L, index);
  hl_check_options(L, index + 1, names);
  lua_settop(L, index + 1);
  struct file_op *self = hl_op_new(L, &cls, sizeof *self);
  self->shared = hl_hash_get_shared(L);
  self->kind = kind;
  self->many = lua_istable(L, index);
  self->files = calloc(count + 1, sizeof *self->files);
  self->op.items = count;
  if (!self->files) return luaL_error(L, "not enough memory");
  hl_op_progress(L, &self->op, index + 1);
  for (size_t i = 0; i < count; i++) self->files[i].path = hl_copy_path(L, index, i);
  return hl_op_await(L, &self->op);
}

int l_file(lua_State *L) { return hash_files(L, hl_hash_check_kind(L, 1), 2); }

int l_sha256_file(lua_State *L) { return hash_files(L, HL_HASH_SHA256, 1); }

/* SPDX-License-Identifier: MIT
 *
 * File: writing what appears whole or not at all.
 */
#include "core/file.h"

#include "fs/fs_lua.h"
#include "task/op.h"

#define FILE_TYPE "hilum.fs.File"

static struct hl_file *check_file(lua_State *L) {
  struct hl_file *file = luaL_checkudata(L, 1, FILE_TYPE);
  luaL_argcheck(L, file->path, 1, "file is closed");
  return file;
}

int l_create(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct hl_file *file = hl_new_object(L, FILE_TYPE, sizeof *file);
  struct hl_error err;
  return hl_file_create(file, "fs.create", path, &err) ? 1 : hl_push_error(L, &err);
}

static int l_file_write(lua_State *L) {
  struct hl_file *file = check_file(L);
  int count = lua_gettop(L);
  struct hl_error err;
  for (int i = 2; i <= count; i++) luaL_checkstring(L, i);
  for (int i = 2; i <= count; i++) {
    size_t size;
    const char *data = lua_tolstring(L, i, &size);
    if (hl_file_write(file, data, size, &err)) continue;
    hl_file_abort(file);
    return hl_push_error(L, &err);
  }
  lua_settop(L, 1);
  return 1;
}

/* Commit waits for the disk, on the pool. It takes the file over: the object is closed from then on. */

struct commit_op {
  struct hl_op op;
  struct hl_file file;
  bool done;
  struct hl_error err;
};

static void work_commit(struct hl_op *op, size_t item) {
  (void)item;
  struct commit_op *self = (struct commit_op *)op;
  self->done = hl_file_commit(&self->file, &self->err);
}

static int push_commit(lua_State *L, struct hl_op *op) {
  struct commit_op *self = (struct commit_op *)op;
  return hl_fs_push_done(L, self->done, &self->err);
}

static void destroy_commit(struct hl_op *op) { hl_file_abort(&((struct commit_op *)op)->file); }

static int l_file_commit(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.create", .work = work_commit, .push = push_commit, .destroy = destroy_commit};
  static const char *const names[] = {"sync", NULL};
  struct hl_file *file = check_file(L);
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  file->lazy = !hl_opt_bool(L, 2, "sync", true);
  struct commit_op *self = hl_op_new(L, &cls, sizeof *self);
  self->file = *file;
  *file = (struct hl_file){0};
  return self->file.lazy ? hl_op_run_here(L, &self->op) : hl_op_await(L, &self->op);
}

static int l_file_temporary(lua_State *L) {
  lua_pushstring(L, check_file(L)->temporary);
  return 1;
}

static int l_file_abort(lua_State *L) {
  hl_file_abort(luaL_checkudata(L, 1, FILE_TYPE));
  return 0;
}

static int l_file_tostring(lua_State *L) {
  const struct hl_file *file = luaL_checkudata(L, 1, FILE_TYPE);
  lua_pushfstring(L, FILE_TYPE " (%s)", file->path ? file->path : "closed");
  return 1;
}

void hl_fs_new_file_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"write", l_file_write}, {"commit", l_file_commit}, {"temporary", l_file_temporary},
                                     {"abort", l_file_abort}, {"close", l_file_abort},   {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", l_file_abort}, {"__close", l_file_abort}, {"__tostring", l_file_tostring}, {NULL, NULL}};
  hl_new_type(L, FILE_TYPE, methods, meta);
}

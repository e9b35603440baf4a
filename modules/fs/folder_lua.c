/* SPDX-License-Identifier: MIT
 *
 * Folders: those of any size on the pool.
 */
#include "fs/folder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fs/fs_lua.h"
#include "fs/walk.h"
#include "task/op.h"

struct folder_op {
  struct hl_op op;
  char *path;
  struct hl_names names;
  bool done;
  struct hl_error err;
};

static void destroy_folder_op(struct hl_op *op) {
  struct folder_op *self = (struct folder_op *)op;
  free(self->path);
  hl_names_free(&self->names);
}

static struct folder_op *new_folder_op(lua_State *L, const struct hl_op_class *cls) {
  const char *path = hl_check_path(L, 1);
  struct folder_op *self = hl_op_new(L, cls, sizeof *self);
  self->path = strdup(path);
  if (!self->path) luaL_error(L, "not enough memory");
  return self;
}

static int push_folder_op(lua_State *L, struct hl_op *op) {
  struct folder_op *self = (struct folder_op *)op;
  return hl_fs_push_done(L, self->done, &self->err);
}

static int push_names(lua_State *L, const struct hl_names *names) {
  lua_createtable(L, names->count < INT_MAX ? (int)names->count : 0, 0);
  for (size_t i = 0; i < names->count; i++) {
    lua_pushstring(L, names->names[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int push_names_op(lua_State *L, struct hl_op *op) {
  struct folder_op *self = (struct folder_op *)op;
  return self->done ? push_names(L, &self->names) : hl_push_error(L, &self->err);
}

static void work_list(struct hl_op *op, size_t item) {
  (void)item;
  struct folder_op *self = (struct folder_op *)op;
  self->done = hl_list(op->cls->name, self->path, &self->names, &self->err);
}

int l_list(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.list", .work = work_list, .push = push_names_op, .destroy = destroy_folder_op};
  return hl_op_await(L, &new_folder_op(L, &cls)->op);
}

static void work_walk(struct hl_op *op, size_t item) {
  (void)item;
  struct folder_op *self = (struct folder_op *)op;
  self->done = hl_walk(op->cls->name, self->path, &self->names, &self->err);
}

int l_walk(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.walk", .work = work_walk, .push = push_names_op, .destroy = destroy_folder_op};
  return hl_op_await(L, &new_folder_op(L, &cls)->op);
}

static void work_remove_tree(struct hl_op *op, size_t item) {
  (void)item;
  struct folder_op *self = (struct folder_op *)op;
  self->done = hl_remove_tree(op->cls->name, self->path, &self->err);
}

int l_remove_tree(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.remove_tree", .work = work_remove_tree, .push = push_folder_op, .destroy = destroy_folder_op};
  const char *path = hl_check_path(L, 1);
  luaL_argcheck(L, path[strspn(path, "/.")] != '\0', 1, "will not remove that");
  return hl_op_await(L, &new_folder_op(L, &cls)->op);
}

int l_mkdir(lua_State *L) {
  struct hl_error err;
  return hl_fs_push_done(L, hl_make_folders("fs.mkdir", hl_check_path(L, 1), &err), &err);
}

int l_sweep(lua_State *L) {
  struct hl_error err;
  size_t removed;
  if (!hl_sweep("fs.sweep", hl_check_path(L, 1), &removed, &err)) return hl_push_error(L, &err);
  lua_pushinteger(L, (lua_Integer)removed);
  return 1;
}

int l_temp(lua_State *L) {
  const char *tmpdir = getenv("TMPDIR");
  const char *folder = lua_isnoneornil(L, 1) ? (tmpdir && *tmpdir ? tmpdir : "/tmp") : hl_check_path(L, 1);
  lua_pushfstring(L, "%s/hilum-XXXXXX", folder);
  size_t size;
  const char *pattern = lua_tolstring(L, -1, &size);
  char *path = lua_newuserdatauv(L, size + 1, 0);
  memcpy(path, pattern, size + 1);
  if (!mkdtemp(path)) return hl_fs_push_failure(L, "fs.temp", folder);
  lua_pushlstring(L, path, size);
  return 1;
}

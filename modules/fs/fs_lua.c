/* SPDX-License-Identifier: MIT */
#include "fs/fs_lua.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "fs/walk.h"
#include "task/op.h"

int hl_fs_push_failure(lua_State *L, const char *op, const char *path) {
  struct hl_error err;
  hl_fail_errno(&err, op, path);
  return hl_push_error(L, &err);
}

int hl_fs_push_done(lua_State *L, bool done, const struct hl_error *err) {
  if (!done) return hl_push_error(L, err);
  lua_pushboolean(L, true);
  return 1;
}

/* Operations on one path, on the pool: what may take long or wait for the disk. */

struct path_op {
  struct hl_op op;
  char *path;
  const char *data; /* pinned */
  size_t size;
  bool sync;
  uint8_t *text;
  struct hl_names names;
  bool done;
  struct hl_error err;
};

static void destroy_path_op(struct hl_op *op) {
  struct path_op *self = (struct path_op *)op;
  free(self->path);
  free(self->text);
  hl_names_free(&self->names);
}

static struct path_op *new_path_op(lua_State *L, const struct hl_op_class *cls) {
  const char *path = hl_check_path(L, 1);
  struct path_op *self = hl_op_new(L, cls, sizeof *self);
  self->path = strdup(path);
  if (!self->path) luaL_error(L, "not enough memory");
  return self;
}

static int push_path_op(lua_State *L, struct hl_op *op) {
  struct path_op *self = (struct path_op *)op;
  return hl_fs_push_done(L, self->done, &self->err);
}

static void work_read(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  self->done = hl_read_file(op->cls->name, self->path, SIZE_MAX, &self->text, &self->size, &self->err);
}

static int push_read(lua_State *L, struct hl_op *op) {
  struct path_op *self = (struct path_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  lua_pushlstring(L, (const char *)self->text, self->size);
  return 1;
}

static int l_read(lua_State *L) {
  static const struct hl_op_class cls = {.name = "fs.read", .work = work_read, .push = push_read, .destroy = destroy_path_op};
  return hl_op_await(L, &new_path_op(L, &cls)->op);
}

static void pin_data(lua_State *L, struct path_op *self) {
  self->data = lua_tolstring(L, 2, &self->size);
  hl_op_pin(L, &self->op, 2);
}

static void work_write(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  struct hl_file file;
  self->done = hl_file_create(&file, op->cls->name, self->path, &self->err);
  if (!self->done) return;
  self->done = hl_file_write(&file, self->data, self->size, &self->err) && hl_file_commit(&file, &self->err);
  hl_file_abort(&file);
}

static int l_write(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.write", .work = work_write, .push = push_path_op, .destroy = destroy_path_op};
  luaL_checkstring(L, 2);
  struct path_op *self = new_path_op(L, &cls);
  pin_data(L, self);
  return hl_op_await(L, &self->op);
}

static void work_append(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  int fd = open(self->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  self->done = fd >= 0 && hl_write_all(fd, self->data, self->size) && (!self->sync || fsync(fd) == 0);
  if (!self->done) hl_fail_errno(&self->err, op->cls->name, self->path);
  if (fd >= 0) close(fd);
}

static int l_append(lua_State *L) {
  static const char *const names[] = {"sync", NULL};
  static const struct hl_op_class cls = {
      .name = "fs.append", .work = work_append, .push = push_path_op, .destroy = destroy_path_op};
  luaL_checkstring(L, 2);
  hl_check_options(L, 3, names);
  bool sync = hl_opt_bool(L, 3, "sync", false);
  struct path_op *self = new_path_op(L, &cls);
  self->sync = sync;
  pin_data(L, self);
  return hl_op_await(L, &self->op);
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
  struct path_op *self = (struct path_op *)op;
  return self->done ? push_names(L, &self->names) : hl_push_error(L, &self->err);
}

static void work_list(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  self->done = hl_list(op->cls->name, self->path, &self->names, &self->err);
}

static int l_list(lua_State *L) {
  static const struct hl_op_class cls = {.name = "fs.list", .work = work_list, .push = push_names_op, .destroy = destroy_path_op};
  return hl_op_await(L, &new_path_op(L, &cls)->op);
}

static void work_walk(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  self->done = hl_walk(op->cls->name, self->path, &self->names, &self->err);
}

static int l_walk(lua_State *L) {
  static const struct hl_op_class cls = {.name = "fs.walk", .work = work_walk, .push = push_names_op, .destroy = destroy_path_op};
  return hl_op_await(L, &new_path_op(L, &cls)->op);
}

static void work_remove_tree(struct hl_op *op, size_t item) {
  (void)item;
  struct path_op *self = (struct path_op *)op;
  self->done = hl_remove_tree(op->cls->name, self->path, &self->err);
}

static int l_remove_tree(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.remove_tree", .work = work_remove_tree, .push = push_path_op, .destroy = destroy_path_op};
  const char *path = hl_check_path(L, 1);
  luaL_argcheck(L, path[strspn(path, "/.")] != '\0', 1, "will not remove that");
  return hl_op_await(L, &new_path_op(L, &cls)->op);
}

/* Quick calls. */

static const char *type_name(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "dir";
  return "other";
}

static int l_stat(lua_State *L) {
  struct stat st;
  if (stat(hl_check_path(L, 1), &st) != 0) return 0;
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)st.st_size);
  lua_setfield(L, -2, "size");
  lua_pushnumber(L, (lua_Number)st.st_mtim.tv_sec + (lua_Number)st.st_mtim.tv_nsec * 1e-9);
  lua_setfield(L, -2, "mtime");
  lua_pushstring(L, type_name(st.st_mode));
  lua_setfield(L, -2, "type");
  return 1;
}

static int l_mkdir(lua_State *L) {
  struct hl_error err;
  return hl_fs_push_done(L, hl_make_folders("fs.mkdir", hl_check_path(L, 1), &err), &err);
}

static int l_remove(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  if (remove(path) != 0) return hl_fs_push_failure(L, "fs.remove", path);
  lua_pushboolean(L, true);
  return 1;
}

static int l_rename(lua_State *L) {
  const char *from = hl_check_path(L, 1), *to = hl_check_path(L, 2);
  if (rename(from, to) != 0) return hl_fs_push_failure(L, "fs.rename", lua_pushfstring(L, "%s to %s", from, to));
  lua_pushboolean(L, true);
  return 1;
}

static int l_sweep(lua_State *L) {
  struct hl_error err;
  size_t removed;
  if (!hl_sweep("fs.sweep", hl_check_path(L, 1), &removed, &err)) return hl_push_error(L, &err);
  lua_pushinteger(L, (lua_Integer)removed);
  return 1;
}

static int l_temp(lua_State *L) {
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

static int l_real(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  char *real = lua_newuserdatauv(L, PATH_MAX, 0);
  if (!realpath(path, real)) return hl_fs_push_failure(L, "fs.real", path);
  lua_pushstring(L, real);
  return 1;
}

static int l_cwd(lua_State *L) {
  char *path = lua_newuserdatauv(L, PATH_MAX, 0);
  if (!getcwd(path, PATH_MAX)) return hl_fs_push_failure(L, "fs.cwd", ".");
  lua_pushstring(L, path);
  return 1;
}

HL_MODULE int luaopen_hilum_fs(lua_State *L) {
  static const luaL_Reg functions[] = {{"read", l_read},     {"write", l_write}, {"append", l_append},
                                       {"create", l_create}, {"list", l_list},   {"walk", l_walk},
                                       {"stat", l_stat},     {"mkdir", l_mkdir}, {"remove", l_remove},
                                       {"rename", l_rename}, {"sweep", l_sweep}, {"remove_tree", l_remove_tree},
                                       {"lock", l_lock},     {"temp", l_temp},   {"join", l_join},
                                       {"base", l_base},     {"dir", l_dir},     {"ext", l_ext},
                                       {"real", l_real},     {"cwd", l_cwd},     {NULL, NULL}};
  hl_fs_new_types(L);
  luaL_newlib(L, functions);
  return 1;
}

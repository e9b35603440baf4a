/* SPDX-License-Identifier: MIT
 *
 * fs.read, fs.write and fs.append, on the pool: they wait for the disk.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "fs/fs_lua.h"
#include "task/op.h"

struct content_op {
  struct hl_op op;
  char *path;
  const char *data; /* to be written; pinned */
  uint8_t *text;    /* that was read */
  size_t size;
  bool sync;
  off_t at; /* the size that append cuts the file to first; -1: as it is */
  bool done;
  struct hl_error err;
};

static void destroy_content_op(struct hl_op *op) {
  struct content_op *self = (struct content_op *)op;
  free(self->path);
  free(self->text);
}

static struct content_op *new_content_op(lua_State *L, const struct hl_op_class *cls) {
  const char *path = hl_check_path(L, 1);
  struct content_op *self = hl_op_new(L, cls, sizeof *self);
  self->path = strdup(path);
  if (!self->path) luaL_error(L, "not enough memory");
  return self;
}

static int push_content_op(lua_State *L, struct hl_op *op) {
  struct content_op *self = (struct content_op *)op;
  return hl_fs_push_done(L, self->done, &self->err);
}

static void work_read(struct hl_op *op, size_t item) {
  (void)item;
  struct content_op *self = (struct content_op *)op;
  self->done = hl_read_file(op->cls->name, self->path, SIZE_MAX, &self->text, &self->size, &self->err);
}

static int push_read(lua_State *L, struct hl_op *op) {
  struct content_op *self = (struct content_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  lua_pushlstring(L, (const char *)self->text, self->size);
  return 1;
}

int l_read(lua_State *L) {
  static const struct hl_op_class cls = {.name = "fs.read", .work = work_read, .push = push_read, .destroy = destroy_content_op};
  return hl_op_await(L, &new_content_op(L, &cls)->op);
}

static void pin_data(lua_State *L, struct content_op *self) {
  self->data = lua_tolstring(L, 2, &self->size);
  hl_op_pin(L, &self->op, 2);
}

static void work_write(struct hl_op *op, size_t item) {
  (void)item;
  struct content_op *self = (struct content_op *)op;
  struct hl_file file;
  self->done = hl_file_create(&file, op->cls->name, self->path, &self->err);
  if (!self->done) return;
  self->done = hl_file_write(&file, self->data, self->size, &self->err) && hl_file_commit(&file, &self->err);
  hl_file_abort(&file);
}

int l_write(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "fs.write", .work = work_write, .push = push_content_op, .destroy = destroy_content_op};
  luaL_checkstring(L, 2);
  struct content_op *self = new_content_op(L, &cls);
  pin_data(L, self);
  return hl_op_await(L, &self->op);
}

/* Cuts the file to the size it is to have. False: err. */
static bool cut(struct content_op *self, int fd) {
  struct stat st;
  if (self->at < 0) return true;
  if (fstat(fd, &st) != 0) return hl_fail_errno(&self->err, self->op.cls->name, self->path);
  if (st.st_size < self->at)
    return hl_fail(&self->err, HL_INTEGRITY, self->op.cls->name, "%s: has %lld bytes, not the %lld it had", self->path,
                   (long long)st.st_size, (long long)self->at);
  return st.st_size == self->at || ftruncate(fd, self->at) == 0 || hl_fail_errno(&self->err, self->op.cls->name, self->path);
}

static void work_append(struct hl_op *op, size_t item) {
  (void)item;
  struct content_op *self = (struct content_op *)op;
  int fd = open(self->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  bool ready = fd < 0 || cut(self, fd);
  self->done = fd >= 0 && ready && hl_write_all(fd, self->data, self->size) && (!self->sync || fsync(fd) == 0);
  if (!self->done && ready) hl_fail_errno(&self->err, op->cls->name, self->path);
  if (fd >= 0) close(fd);
}

int l_append(lua_State *L) {
  static const char *const names[] = {"sync", "at", NULL};
  static const struct hl_op_class cls = {
      .name = "fs.append", .work = work_append, .push = push_content_op, .destroy = destroy_content_op};
  luaL_checkstring(L, 2);
  hl_check_options(L, 3, names);
  bool sync = hl_opt_bool(L, 3, "sync", false);
  lua_Integer at = hl_opt_integer(L, 3, "at", -1, 0, LUA_MAXINTEGER);
  lua_settop(L, 3);
  struct content_op *self = new_content_op(L, &cls);
  self->sync = sync;
  self->at = (off_t)at;
  pin_data(L, self);
  return hl_op_await(L, &self->op);
}

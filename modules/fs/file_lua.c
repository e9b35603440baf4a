/* SPDX-License-Identifier: MIT
 *
 * Files that are being written, and locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "fs/fs_lua.h"

#define FILE_TYPE "hilum.fs.File"
#define LOCK_TYPE "hilum.fs.Lock"

/* File: writing what appears whole or not at all. */

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

static int l_file_commit(lua_State *L) {
  struct hl_error err;
  return hl_fs_push_done(L, hl_file_commit(check_file(L), &err), &err);
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

/* Lock: one process at a time. The file stays; what counts is the flock(2), which ends with the process. */

struct lock {
  int fd_plus_one; /* 0: released */
};

static int push_held(lua_State *L, int fd, const char *path) {
  char holder[32] = "";
  ssize_t size = pread(fd, holder, sizeof holder - 1, 0);
  holder[size > 0 ? (size_t)size : 0] = '\0';
  struct hl_error err;
  hl_fail(&err, HL_IO, "fs.lock", "%s: in use by process %s: wait until it is done, or end it", path,
          strtol(holder, NULL, 10) > 0 ? strtok(holder, "\n") : "(unknown)");
  strcpy(err.code, "EWOULDBLOCK");
  err.status = EWOULDBLOCK;
  err.retryable = true;
  close(fd);
  return hl_push_error(L, &err);
}

int l_lock(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct lock *lock = hl_new_object(L, LOCK_TYPE, sizeof *lock);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return hl_fs_push_failure(L, "fs.lock", path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return push_held(L, fd, path);
  lock->fd_plus_one = fd + 1;
  char holder[32];
  int size = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)size, 0) != size) return hl_fs_push_failure(L, "fs.lock", path);
  return 1;
}

static int l_lock_close(lua_State *L) {
  struct lock *lock = luaL_checkudata(L, 1, LOCK_TYPE);
  if (lock->fd_plus_one) close(lock->fd_plus_one - 1);
  lock->fd_plus_one = 0;
  return 0;
}

void hl_fs_new_types(lua_State *L) {
  static const luaL_Reg file_methods[] = {
      {"write", l_file_write}, {"commit", l_file_commit}, {"abort", l_file_abort}, {"close", l_file_abort}, {NULL, NULL}};
  static const luaL_Reg file_meta[] = {
      {"__gc", l_file_abort}, {"__close", l_file_abort}, {"__tostring", l_file_tostring}, {NULL, NULL}};
  static const luaL_Reg lock_methods[] = {{"close", l_lock_close}, {NULL, NULL}};
  static const luaL_Reg lock_meta[] = {{"__gc", l_lock_close}, {"__close", l_lock_close}, {NULL, NULL}};
  hl_new_type(L, FILE_TYPE, file_methods, file_meta);
  hl_new_type(L, LOCK_TYPE, lock_methods, lock_meta);
}

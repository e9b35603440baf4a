/* SPDX-License-Identifier: MIT
 *
 * Lock: one process at a time. The file stays; what counts is the flock(2), which ends with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fs/fs_lua.h"

#define LOCK "hilum.fs.Lock"

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
  struct lock *lock = hl_new_object(L, LOCK, sizeof *lock);
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
  struct lock *lock = luaL_checkudata(L, 1, LOCK);
  if (lock->fd_plus_one) close(lock->fd_plus_one - 1);
  lock->fd_plus_one = 0;
  return 0;
}

void hl_fs_new_lock_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", l_lock_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_lock_close}, {"__close", l_lock_close}, {NULL, NULL}};
  hl_new_type(L, LOCK, methods, meta);
}

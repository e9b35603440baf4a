/* SPDX-License-Identifier: MIT
 *
 * Lock: one process at a time, by flock(2), which ends with the process. Who has the lock removes its file before letting it go.
 * A lock on a file that is no longer at the path is therefore none, and whoever got one tries again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/fs_lua.h"

#define LOCK "hilum.fs.Lock"

struct lock {
  char *path; /* NULL: released */
  int fd;
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

static bool is_at(int fd, const char *path) {
  struct stat ours, there;
  return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* The descriptor, or -1 and errno. *held: another process has the lock. */
static int open_locked(const char *path, bool *held) {
  for (;;) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return -1;
    *held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (*held || is_at(fd, path)) return fd;
    close(fd);
  }
}

int l_lock(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct lock *lock = hl_new_object(L, LOCK, sizeof *lock);
  char *own_path = strdup(path);
  if (!own_path) return luaL_error(L, "not enough memory");
  bool held;
  int fd = open_locked(path, &held);
  if (fd < 0 || held) free(own_path);
  if (fd < 0) return hl_fs_push_failure(L, "fs.lock", path);
  if (held) return push_held(L, fd, path);
  *lock = (struct lock){.path = own_path, .fd = fd};
  char holder[32];
  int size = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)size, 0) != size) return hl_fs_push_failure(L, "fs.lock", path);
  return 1;
}

static int l_lock_close(lua_State *L) {
  struct lock *lock = luaL_checkudata(L, 1, LOCK);
  if (!lock->path) return 0;
  if (is_at(lock->fd, lock->path)) unlink(lock->path);
  close(lock->fd);
  free(lock->path);
  lock->path = NULL;
  return 0;
}

void hl_fs_new_lock_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", l_lock_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_lock_close}, {"__close", l_lock_close}, {NULL, NULL}};
  hl_new_type(L, LOCK, methods, meta);
}

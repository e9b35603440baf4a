/* SPDX-License-Identifier: MIT
 *
 * The module, and what is quick.
 */
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/fs_lua.h"

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

static int l_touch(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  lua_Number mtime = luaL_checknumber(L, 2), whole = floor(mtime);
  luaL_argcheck(L, fabs(mtime) < 1e15, 2, "seconds since 1970 expected");
  struct timespec to = {.tv_sec = (time_t)whole, .tv_nsec = (long)((mtime - whole) * 1e9)}, times[2] = {to, to};
  if (utimensat(AT_FDCWD, path, times, 0) != 0) return hl_fs_push_failure(L, "fs.touch", path);
  lua_pushboolean(L, true);
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
  static const luaL_Reg functions[] = {
      {"read", l_read},     {"write", l_write},   {"append", l_append}, {"create", l_create},
      {"list", l_list},     {"walk", l_walk},     {"stat", l_stat},     {"mkdir", l_mkdir},
      {"remove", l_remove}, {"rename", l_rename}, {"sweep", l_sweep},   {"remove_tree", l_remove_tree},
      {"lock", l_lock},     {"temp", l_temp},     {"join", l_join},     {"base", l_base},
      {"dir", l_dir},       {"ext", l_ext},       {"touch", l_touch},   {"real", l_real},
      {"cwd", l_cwd},       {NULL, NULL}};
  hl_fs_new_file_type(L);
  hl_fs_new_lock_type(L);
  luaL_newlib(L, functions);
  return 1;
}

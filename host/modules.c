/* SPDX-License-Identifier: MIT */
#include "host/modules.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bind.h"
#include "core/cpu.h"
#include "host/embedded.h"
#include "task/loop.h"

int luaopen_hilum_task(lua_State *L);

void hl_load_embedded(lua_State *L, const char *name) {
  for (size_t i = 0; i < hl_embedded_count; i++) {
    if (strcmp(hl_embedded[i].name, name) != 0) continue;
    lua_pushfstring(L, "=%s", name);
    if (luaL_loadbuffer(L, hl_embedded[i].text, hl_embedded[i].size, lua_tostring(L, -1)) != LUA_OK) lua_error(L);
    lua_remove(L, -2);
    return;
  }
  luaL_error(L, "no embedded file %s", name);
}

/* package.preload["host.NAME"] */
static int open_embedded(lua_State *L) {
  hl_load_embedded(L, luaL_checkstring(L, 1));
  lua_call(L, 0, 1);
  return 1;
}

/* The folder that holds bin/, lib/ and share/: two levels above the program. */
static void push_root(lua_State *L) {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length < 0) luaL_error(L, "cannot tell where the program is: /proc is not mounted");
  path[length] = '\0';
  for (int level = 0; level < 2; level++) {
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
  }
  lua_pushstring(L, path);
}

static int l_isatty(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

static int l_setenv(lua_State *L) {
  setenv(luaL_checkstring(L, 1), luaL_checkstring(L, 2), 1);
  return 0;
}

/* Waits for the tasks that are left. False if one failed unseen, nil if interrupted. */
static int l_drain(lua_State *L) {
  struct hl_loop *loop = hl_loop_of(L);
  bool clean = hl_loop_drain(loop, L);
  if (hl_loop_interrupted(loop)) return 0;
  lua_pushboolean(L, clean);
  return 1;
}

static int l_report_failures(lua_State *L) {
  lua_pushboolean(L, hl_loop_report_failures(hl_loop_of(L), L));
  return 1;
}

static int l_catch_interrupts(lua_State *L) {
  hl_loop_catch_interrupts(hl_loop_of(L));
  return 0;
}

/* host.error(kind, message[, op]): an error value as C makes them. */
static int l_error(lua_State *L) {
  struct hl_error err = {0};
  const char *kind = luaL_checkstring(L, 1);
  while (err.kind < HL_KINDS && strcmp(hl_kind_name(err.kind), kind) != 0) err.kind++;
  luaL_argcheck(L, err.kind < HL_KINDS, 1, "unknown kind");
  hl_fail(&err, err.kind, luaL_optstring(L, 3, ""), "%s", luaL_checkstring(L, 2));
  hl_push_error_value(L, &err);
  return 1;
}

/* host.message(err): what it says, even if its __tostring fails. */
static int l_message(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, hl_push_message(L, 1));
  return 1;
}

static int open_host(lua_State *L) {
  static const luaL_Reg functions[] = {{"isatty", l_isatty},
                                       {"setenv", l_setenv},
                                       {"drain", l_drain},
                                       {"catch_interrupts", l_catch_interrupts},
                                       {"report_failures", l_report_failures},
                                       {"error", l_error},
                                       {"message", l_message},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  push_root(L);
  lua_setfield(L, -2, "root");
  lua_pushliteral(L, HILUM_VERSION);
  lua_setfield(L, -2, "version");
  lua_pushstring(L, hl_cpu_name(hl_cpu()));
  lua_setfield(L, -2, "cpu");
  lua_pushstring(L, hl_cpu_path_name(hl_cpu_path()));
  lua_setfield(L, -2, "search_cpu");
  return 1;
}

static void prepend_path(lua_State *L, const char *field, const char *pattern) {
  push_root(L);
  lua_getfield(L, -2, field);
  lua_pushfstring(L, "%s%s;%s", lua_tostring(L, -2), pattern, lua_tostring(L, -1));
  lua_setfield(L, -4, field);
  lua_pop(L, 2);
}

void hl_open_modules(lua_State *L) {
  lua_getglobal(L, "package");
  prepend_path(L, "cpath", "/lib/?.so");
  prepend_path(L, "path", "/share/hilum/scripts/?.lua");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_hilum_task);
  lua_setfield(L, -2, "hilum.task");
  lua_pushcfunction(L, open_host);
  lua_setfield(L, -2, "hilum.host");
  for (size_t i = 0; i < hl_embedded_count; i++) {
    if (strncmp(hl_embedded[i].name, "host.", strlen("host.")) != 0) continue;
    lua_pushcfunction(L, open_embedded);
    lua_setfield(L, -2, hl_embedded[i].name);
  }
  lua_pop(L, 2);
}

/* SPDX-License-Identifier: MIT
 *
 * The module, and what the terminal is like.
 */
#include "term/term_lua.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const streams[] = {"stdin", "stdout", "stderr", NULL}; /* in the order of their descriptors */

bool hl_term_is_set(const char *name, const char *value) {
  const char *found = getenv(name);
  return found && (value ? strcmp(found, value) == 0 : *found);
}

static int l_isatty(lua_State *L) {
  lua_pushboolean(L, isatty(luaL_checkoption(L, 1, "stdout", streams)));
  return 1;
}

size_t hl_term_width(void) {
  enum { USUAL = 80, LEAST = 20 };
  struct winsize size;
  for (int fd = STDERR_FILENO; fd >= STDOUT_FILENO; fd--)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col) return size.ws_col < LEAST ? LEAST : size.ws_col;
  const char *columns = getenv("COLUMNS");
  long width = columns ? strtol(columns, NULL, 10) : 0;
  return width >= LEAST && width < 10000 ? (size_t)width : USUAL;
}

size_t hl_term_height(void) {
  enum { USUAL = 24, LEAST = 2 };
  struct winsize size;
  for (int fd = STDERR_FILENO; fd >= STDOUT_FILENO; fd--)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row) return size.ws_row < LEAST ? LEAST : size.ws_row;
  return USUAL;
}

static int l_height(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_term_height());
  return 1;
}

static int l_width(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_term_width());
  return 1;
}

/* https://no-color.org; HILUM_COLOR is how the host passes --no-color on. */
static bool wants_color(int fd) {
  if (hl_term_is_set("HILUM_COLOR", "always")) return true;
  return !hl_term_is_set("NO_COLOR", NULL) && !hl_term_is_set("HILUM_COLOR", "never") && !hl_term_is_set("TERM", "dumb") &&
         isatty(fd);
}

static int l_color(lua_State *L) {
  static const char *const names[] = {"red", "green", "yellow", "blue", "magenta", "cyan", "gray", "bold", "dim", NULL};
  static const char codes[][4] = {"31", "32", "33", "34", "35", "36", "90", "1", "2"};
  luaL_checkstring(L, 1);
  const char *code = codes[luaL_checkoption(L, 2, NULL, names)];
  int fd = luaL_checkoption(L, 3, "stderr", streams);
  if (wants_color(fd))
    lua_pushfstring(L, "\x1b[%sm%s\x1b[0m", code, lua_tostring(L, 1));
  else
    lua_pushvalue(L, 1);
  return 1;
}

HL_MODULE int luaopen_hilum_term(lua_State *L) {
  static const luaL_Reg functions[] = {{"isatty", l_isatty}, {"width", l_width}, {"height", l_height},     {"picture", l_picture},
                                       {"color", l_color},   {"table", l_table}, {"progress", l_progress}, {NULL, NULL}};
  hl_term_new_progress_type(L);
  luaL_newlib(L, functions);
  return 1;
}

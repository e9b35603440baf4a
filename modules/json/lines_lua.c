/* SPDX-License-Identifier: MIT
 *
 * Lines: files with one value a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json_lua.h"

#define LINES "hilum.json.Lines"

struct lines {
  FILE *file;
  char *path, *line;
  size_t room;
  lua_Integer number;
};

static int l_lines_close(lua_State *L) {
  struct lines *lines = luaL_checkudata(L, 1, LINES);
  if (lines->file) fclose(lines->file);
  free(lines->path);
  free(lines->line);
  *lines = (struct lines){0};
  return 0;
}

static int raise(lua_State *L, const struct hl_error *err) {
  hl_push_error_value(L, err);
  return lua_error(L);
}

static bool is_blank(const char *line, size_t size) {
  while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r' || line[size - 1] == ' ')) size--;
  return size == 0;
}

static int l_lines_next(lua_State *L) {
  struct lines *lines = luaL_checkudata(L, 1, LINES);
  luaL_argcheck(L, lines->file, 1, "lines are closed");
  struct hl_error err, named;
  ssize_t size;
  do {
    size = getline(&lines->line, &lines->room, lines->file);
    lines->number++;
  } while (size >= 0 && is_blank(lines->line, (size_t)size));
  if (size < 0) {
    if (feof(lines->file)) return 0;
    hl_fail_errno(&err, "json.lines", lines->path);
    return raise(L, &err);
  }
  lua_pushlstring(L, lines->line, (size_t)size - (lines->line[size - 1] == '\n'));
  if (!hl_json_decode(L, lua_gettop(L), &err)) {
    hl_fail(&named, HL_PARSE, "json.lines", "%s:%lld: %s", lines->path, (long long)lines->number, err.message);
    return raise(L, &named);
  }
  lua_pushinteger(L, lines->number);
  return 2;
}

int l_lines(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct lines *lines = hl_new_object(L, LINES, sizeof *lines);
  lines->path = strdup(path);
  if (lines->path) lines->file = fopen(path, "re");
  if (!lines->file) {
    struct hl_error err;
    hl_fail_errno(&err, "json.lines", path);
    return hl_push_error(L, &err);
  }
  lua_pushnil(L);
  lua_pushnil(L);
  lua_pushvalue(L, -3);
  return 4;
}

void hl_json_new_lines_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", l_lines_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__call", l_lines_next}, {"__gc", l_lines_close}, {"__close", l_lines_close}, {NULL, NULL}};
  hl_new_type(L, LINES, methods, meta);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "core/file.h"
#include "json/encode.h"
#include "json/scan.h"

#define BUFFER "hilum.json.Buffer"
#define LINES "hilum.json.Lines"
#define DECODER "hilum.json.decoder" /* lua-cjson's decode, in the registry */

/* A buffer that the collector frees. */
static int l_buffer_gc(lua_State *L) {
  hl_buffer_free(luaL_checkudata(L, 1, BUFFER));
  return 0;
}

static struct hl_buffer *push_buffer(lua_State *L) { return hl_new_object(L, BUFFER, sizeof(struct hl_buffer)); }

/* Decoding. */

/* Replaces the marked string on top of the stack. */
static void restore_string(lua_State *L) {
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  if (size < 2 || text[0] != '\0') return;
  switch (text[1]) {
  case HL_JSON_ARRAY:
    lua_newtable(L);
    luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
    break;
  case HL_JSON_INTEGER:
    if (!lua_stringtonumber(L, text + 2)) lua_pushnumber(L, HUGE_VAL);
    break;
  default: lua_pushlstring(L, text + 2, size - 2);
  }
  lua_remove(L, -2);
}

static void restore_number(lua_State *L) {
  lua_Number number = lua_tonumber(L, -1);
  lua_Integer integer;
  if (lua_isinteger(L, -1) || floor(number) != number || !lua_numbertointeger(number, &integer)) return;
  lua_pop(L, 1);
  lua_pushinteger(L, integer);
}

/* Turns what lua-cjson made, on top of the stack, into what the text said: integers, arrays. False: a number out of range. */
static bool restore(lua_State *L) {
  if (lua_type(L, -1) == LUA_TSTRING) restore_string(L);
  if (lua_type(L, -1) == LUA_TNUMBER) {
    restore_number(L);
    return isfinite(lua_tonumber(L, -1));
  }
  if (!lua_istable(L, -1)) return true;
  luaL_checkstack(L, 6, "JSON");
  if (lua_rawlen(L, -1) > 0) luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
  for (lua_pushnil(L); lua_next(L, -2);) {
    if (!restore(L)) return false;
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  return true;
}

/* lua-cjson ends its messages with "at character N", counted in bytes: the same as line (if there are several) and column. */
static void describe(const char *message, const char *text, size_t size, struct hl_error *err) {
  static const char mark[] = " at character ";
  const char *found = strstr(message, mark);
  size_t at = found ? strtoul(found + strlen(mark), NULL, 10) : 0, line = 1, line_start = 0;
  for (size_t i = 0; i + 1 < at && i < size; i++)
    if (text[i] == '\n') {
      line++;
      line_start = i + 1;
    }
  int length = found ? (int)(found - message) : (int)strlen(message);
  if (!found)
    hl_fail(err, HL_PARSE, "json.decode", "%s", message);
  else if (memchr(text, '\n', size))
    hl_fail(err, HL_PARSE, "json.decode", "line %zu, column %zu: %.*s", line, at - line_start, length, message);
  else
    hl_fail(err, HL_PARSE, "json.decode", "column %zu: %.*s", at, length, message);
}

/* Calls lua-cjson on the string at index; its value or message is then on top. */
static bool call_decoder(lua_State *L, int index) {
  lua_getfield(L, LUA_REGISTRYINDEX, DECODER);
  lua_pushvalue(L, index);
  return lua_pcall(L, 1, 1, 0) == LUA_OK;
}

/* Pushes the value of the text at index, or a message: false. */
static bool decode(lua_State *L, int index, struct hl_error *err) {
  size_t size;
  const char *text = lua_tolstring(L, index, &size);
  const char *nul = memchr(text, '\0', size);
  if (nul) return hl_fail(err, HL_PARSE, "json.decode", "column %zu: a NUL byte", (size_t)(nul - text) + 1);
  struct hl_buffer *marked = push_buffer(L);
  if (!hl_json_mark(text, size, marked)) luaL_error(L, "not enough memory");
  int from = index;
  if (marked->size) {
    lua_pushlstring(L, marked->data, marked->size);
    from = lua_gettop(L);
  }
  hl_buffer_free(marked);
  bool decoded = call_decoder(L, from);
  if (!decoded && from != index) decoded = call_decoder(L, index); /* for the position in the text as it was */
  if (!decoded) {
    describe(lua_tostring(L, -1), text, size, err);
    return false;
  }
  return restore(L) || hl_fail(err, HL_PARSE, "json.decode", "a number too large for a float");
}

static int l_decode(lua_State *L) {
  struct hl_error err;
  luaL_checkstring(L, 1);
  return decode(L, 1, &err) ? 1 : hl_push_error(L, &err);
}

static int l_read(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct hl_buffer *buffer = push_buffer(L);
  struct hl_error err;
  uint8_t *data;
  if (!hl_read_file("json.read", path, SIZE_MAX, &data, &buffer->size, &err)) return hl_push_error(L, &err);
  buffer->data = (char *)data;
  lua_pushlstring(L, buffer->data, buffer->size);
  if (decode(L, lua_gettop(L), &err)) return 1;
  struct hl_error named;
  hl_fail(&named, HL_PARSE, "json.read", "%s: %s", path, err.message);
  return hl_push_error(L, &named);
}

/* Lines: one value a line. */

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
    if (!ferror(lines->file)) return 0;
    hl_fail_errno(&err, "json.lines", lines->path);
    return raise(L, &err);
  }
  lua_pushlstring(L, lines->line, (size_t)size - (lines->line[size - 1] == '\n'));
  if (!decode(L, lua_gettop(L), &err)) {
    hl_fail(&named, HL_PARSE, "json.lines", "%s:%lld: %s", lines->path, (long long)lines->number, err.message);
    return raise(L, &named);
  }
  lua_pushinteger(L, lines->number);
  return 2;
}

static int l_lines(lua_State *L) {
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

/* Encoding. */

/* The style in the options table at index, whose order it leaves on the stack as a table from key to rank. */
static struct hl_json_style check_style(lua_State *L, int index) {
  static const char *const names[] = {"indent", "order", NULL};
  hl_check_options(L, index, names);
  struct hl_json_style style = {.indent = (int)hl_opt_integer(L, index, "indent", 0, 0, 16)};
  if (!lua_istable(L, index) || lua_getfield(L, index, "order") == LUA_TNIL) return style;
  luaL_argcheck(L, lua_istable(L, -1), index, "option 'order': an array of keys expected");
  lua_newtable(L);
  style.order = lua_gettop(L);
  for (lua_Integer i = 1; lua_rawgeti(L, -2, i) != LUA_TNIL; i++) {
    lua_pushinteger(L, i);
    lua_rawset(L, style.order);
  }
  lua_pop(L, 1);
  return style;
}

static int l_encode(lua_State *L) {
  luaL_checkany(L, 1);
  struct hl_json_style style = check_style(L, 2);
  struct hl_buffer *buffer = push_buffer(L);
  hl_json_encode(L, 1, &style, buffer);
  lua_pushlstring(L, buffer->data, buffer->size);
  hl_buffer_free(buffer);
  return 1;
}

static int write_buffer(lua_State *L, const char *op, const struct hl_buffer *buffer) {
  struct hl_file file;
  struct hl_error err;
  if (!hl_file_create(&file, op, hl_check_path(L, 1), &err)) return hl_push_error(L, &err);
  bool written = hl_file_write(&file, buffer->data, buffer->size, &err) && hl_file_commit(&file, &err);
  hl_file_abort(&file);
  if (!written) return hl_push_error(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static void add_line_end(lua_State *L, struct hl_buffer *buffer) {
  if (!hl_buffer_add(buffer, "\n", 1)) luaL_error(L, "not enough memory");
}

static int l_write(lua_State *L) {
  hl_check_path(L, 1);
  luaL_checkany(L, 2);
  struct hl_json_style style = check_style(L, 3);
  struct hl_buffer *buffer = push_buffer(L);
  hl_json_encode(L, 2, &style, buffer);
  add_line_end(L, buffer);
  return write_buffer(L, "json.write", buffer);
}

static int l_write_lines(lua_State *L) {
  hl_check_path(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  struct hl_json_style style = check_style(L, 3);
  luaL_argcheck(L, !style.indent, 3, "option 'indent': a line is one line");
  struct hl_buffer *buffer = push_buffer(L);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
    hl_json_encode(L, -1, &style, buffer);
    add_line_end(L, buffer);
    lua_pop(L, 1);
  }
  return write_buffer(L, "json.write_lines", buffer);
}

static int l_array(lua_State *L) {
  if (lua_isnone(L, 1)) lua_newtable(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, HL_JSON_ARRAY_TYPE);
  return 1;
}

/* A decoder of our own, so that nobody's settings of the shared one reach it. */
static void open_decoder(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "new");
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers");
  lua_pushboolean(L, false);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_setfield(L, LUA_REGISTRYINDEX, DECODER);
  lua_pop(L, 2);
}

HL_MODULE int luaopen_hilum_json(lua_State *L) {
  static const luaL_Reg none[] = {{NULL, NULL}}, buffer_meta[] = {{"__gc", l_buffer_gc}, {NULL, NULL}};
  static const luaL_Reg lines_methods[] = {{"close", l_lines_close}, {NULL, NULL}};
  static const luaL_Reg lines_meta[] = {
      {"__call", l_lines_next}, {"__gc", l_lines_close}, {"__close", l_lines_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"decode", l_decode}, {"encode", l_encode}, {"read", l_read},
                                       {"write", l_write},   {"lines", l_lines},   {"write_lines", l_write_lines},
                                       {"array", l_array},   {NULL, NULL}};
  hl_new_type(L, BUFFER, none, buffer_meta);
  hl_new_type(L, LINES, lines_methods, lines_meta);
  luaL_newmetatable(L, HL_JSON_ARRAY_TYPE);
  open_decoder(L);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}

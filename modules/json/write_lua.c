/* SPDX-License-Identifier: MIT
 *
 * json.encode, json.write and json.write_lines.
 */
#include "core/file.h"
#include "json/encode.h"
#include "json/json_lua.h"

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

int l_encode(lua_State *L) {
  luaL_checkany(L, 1);
  struct hl_json_style style = check_style(L, 2);
  struct hl_buffer *buffer = hl_json_push_buffer(L);
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

int l_write(lua_State *L) {
  hl_check_path(L, 1);
  luaL_checkany(L, 2);
  struct hl_json_style style = check_style(L, 3);
  struct hl_buffer *buffer = hl_json_push_buffer(L);
  hl_json_encode(L, 2, &style, buffer);
  add_line_end(L, buffer);
  return write_buffer(L, "json.write", buffer);
}

int l_write_lines(lua_State *L) {
  hl_check_path(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  struct hl_json_style style = check_style(L, 3);
  luaL_argcheck(L, !style.indent, 3, "option 'indent': a line is one line");
  struct hl_buffer *buffer = hl_json_push_buffer(L);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
    hl_json_encode(L, -1, &style, buffer);
    add_line_end(L, buffer);
    lua_pop(L, 1);
  }
  return write_buffer(L, "json.write_lines", buffer);
}

/* SPDX-License-Identifier: MIT
 *
 * csv.rows and csv.parse: a row at a time, each a Lua table.
 */
#include <limits.h>

#include "csv/csv_lua.h"

#define ROWS "hilum.csv.Rows"

struct rows {
  struct hl_csv_reader *reader;
  struct hl_csv_table table; /* the rows of the last piece read */
  size_t next;
  bool ended, failed;
  struct hl_error err;
};

static int l_rows_close(lua_State *L) {
  struct rows *rows = luaL_checkudata(L, 1, ROWS);
  hl_csv_close(rows->reader);
  hl_csv_free(&rows->table);
  rows->reader = NULL;
  rows->next = 0;
  return 0;
}

/* True when rows->next is the next row; false at the end and, with rows->failed, when the file is at fault. */
static bool find_next(struct rows *rows) {
  while (rows->next == rows->table.row_count && !rows->ended && !rows->failed) {
    hl_csv_forget_rows(&rows->table);
    rows->next = 0;
    rows->failed = !hl_csv_read(rows->reader, &rows->table, &rows->ended, &rows->err);
  }
  return rows->next < rows->table.row_count;
}

static void push_record(lua_State *L, const struct hl_csv_table *table, size_t row) {
  size_t width = table->rows[row].width;
  int count = width < INT_MAX ? (int)width : 0;
  lua_createtable(L, table->names ? 0 : count, table->names ? count : 0);
  for (size_t i = 0; i < width; i++) {
    lua_pushstring(L, hl_csv_cell(table, row, i));
    if (table->names)
      lua_setfield(L, -2, table->names[i]);
    else
      lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static int l_rows_next(lua_State *L) {
  struct rows *rows = luaL_checkudata(L, 1, ROWS);
  luaL_argcheck(L, rows->reader, 1, "rows are closed");
  if (find_next(rows)) {
    push_record(L, &rows->table, rows->next);
    lua_pushinteger(L, rows->table.rows[rows->next].line);
    rows->next++;
    return 2;
  }
  if (!rows->failed) return 0;
  hl_push_error_value(L, &rows->err);
  return lua_error(L);
}

static struct hl_csv_options check_rows_options(lua_State *L, int index) {
  static const char *const names[] = {"separator", "header", "ragged", NULL};
  hl_check_options(L, index, names);
  return (struct hl_csv_options){.separator = hl_csv_check_separator(L, index),
                                 .headless = !hl_opt_bool(L, index, "header", true),
                                 .ragged = hl_opt_bool(L, index, "ragged", false)};
}

int l_rows(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  struct hl_csv_options options = check_rows_options(L, 2);
  struct rows *rows = hl_new_object(L, ROWS, sizeof *rows);
  rows->reader = hl_csv_open("csv.rows", path, &options, &rows->err);
  if (!rows->reader) return hl_push_error(L, &rows->err);
  lua_pushnil(L);
  lua_pushnil(L);
  lua_pushvalue(L, -3);
  return 4;
}

int l_parse(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  struct hl_csv_options options = check_rows_options(L, 2);
  struct rows *rows = hl_new_object(L, ROWS, sizeof *rows);
  rows->reader = hl_csv_open_text("csv.parse", "text", text, size, &options, &rows->err);
  if (!rows->reader) return hl_push_error(L, &rows->err);
  lua_newtable(L);
  for (lua_Integer i = 1; find_next(rows); i++, rows->next++) {
    push_record(L, &rows->table, rows->next);
    lua_rawseti(L, -2, i);
  }
  return rows->failed ? hl_push_error(L, &rows->err) : 1;
}

void hl_csv_new_rows_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", l_rows_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__call", l_rows_next}, {"__gc", l_rows_close}, {"__close", l_rows_close}, {NULL, NULL}};
  hl_new_type(L, ROWS, methods, meta);
}

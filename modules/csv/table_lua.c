/* SPDX-License-Identifier: MIT
 *
 * Table: rows, columns and cells. A table of selected rows keeps the one it was selected from as its user value.
 */
#include <limits.h>

#include "csv/csv_lua.h"

static int l_table_gc(lua_State *L) {
  hl_csv_free(hl_csv_check_table(L, 1));
  return 0;
}

static int l_table_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_csv_check_table(L, 1)->row_count);
  return 1;
}

static int l_table_columns(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  lua_createtable(L, table->columns < INT_MAX ? (int)table->columns : 0, 0);
  for (size_t i = 0; i < table->columns; i++) {
    lua_pushstring(L, table->names[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int l_table_cell(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  size_t row = hl_csv_check_row(L, 2, table), column = hl_csv_check_column(L, 3, table);
  lua_pushstring(L, hl_csv_cell(table, row, column));
  return 1;
}

static int l_table_column(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  size_t column = hl_csv_check_column(L, 2, table);
  lua_createtable(L, table->row_count < INT_MAX ? (int)table->row_count : 0, 0);
  for (size_t row = 0; row < table->row_count; row++) {
    lua_pushstring(L, hl_csv_cell(table, row, column));
    lua_rawseti(L, -2, (lua_Integer)row + 1);
  }
  return 1;
}

static int l_table_line(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  lua_pushinteger(L, table->rows[hl_csv_check_row(L, 2, table)].line);
  return 1;
}

static int l_table_select(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  size_t column = hl_csv_check_column(L, 2, table), count = 0;
  luaL_checktype(L, 3, LUA_TTABLE);
  uint32_t *chosen = lua_newuserdatauv(L, (table->row_count + 1) * sizeof *chosen, 0);
  for (size_t row = 0; row < table->row_count; row++) {
    lua_pushstring(L, hl_csv_cell(table, row, column));
    lua_rawget(L, 3);
    if (lua_toboolean(L, -1)) chosen[count++] = (uint32_t)row;
    lua_pop(L, 1);
  }
  struct hl_csv_table *part = hl_new_object(L, HL_CSV_TABLE, sizeof *part);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  if (!hl_csv_select(table, chosen, count, part)) luaL_error(L, "not enough memory");
  return 1;
}

void hl_csv_new_table_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"columns", l_table_columns},   {"cell", l_table_cell},     {"column", l_table_column},
                                     {"line", l_table_line},         {"select", l_table_select}, {"match", l_table_match},
                                     {"distinct", l_table_distinct}, {"write", l_table_write},   {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__len", l_table_len}, {"__gc", l_table_gc}, {NULL, NULL}};
  hl_new_type(L, HL_CSV_TABLE, methods, meta);
}

/* SPDX-License-Identifier: MIT
 *
 * The module, and the arguments that its parts share.
 */
#include "csv/csv_lua.h"

char hl_csv_check_separator(lua_State *L, int options) {
  const char *separator = hl_opt_string(L, options, "separator", ",");
  luaL_argcheck(L, separator[0] && !separator[1], options, "option 'separator': one byte expected");
  return separator[0];
}

struct hl_csv_table *hl_csv_check_table(lua_State *L, int index) {
  return luaL_checkudata(L, index, HL_CSV_TABLE);
}

size_t hl_csv_check_column(lua_State *L, int index, const struct hl_csv_table *table) {
  const char *name = luaL_checkstring(L, index);
  size_t column = hl_csv_column(table, name);
  luaL_argcheck(L, column < table->columns, index, lua_pushfstring(L, "no column '%s'", name));
  return column;
}

size_t hl_csv_check_number(lua_State *L, int index, size_t count, const char *what) {
  lua_Integer number = luaL_checkinteger(L, index);
  luaL_argcheck(L, number >= 1 && (lua_Unsigned)number <= count, index, what);
  return (size_t)number - 1;
}

size_t hl_csv_check_row(lua_State *L, int index, const struct hl_csv_table *table) {
  return hl_csv_check_number(L, index, table->row_count, "no such row");
}

const struct hl_csv_groups *hl_csv_check_key(lua_State *L, int index) {
  const struct hl_csv_groups *groups = luaL_checkudata(L, index, HL_CSV_GROUPS);
  luaL_argcheck(L, groups->column_count == 1, index, "groups by one column expected");
  return groups;
}

HL_MODULE int luaopen_hilum_csv(lua_State *L) {
  static const luaL_Reg functions[] = {{"rows", l_rows}, {"parse", l_parse}, {"load", l_load}, {NULL, NULL}};
  hl_csv_new_rows_type(L);
  hl_csv_new_table_type(L);
  hl_csv_new_groups_type(L);
  hl_csv_new_match_type(L);
  luaL_newlib(L, functions);
  return 1;
}

/* SPDX-License-Identifier: MIT
 *
 * Table:match, and Match: for each row of one table a row of another.
 */
#include <stdlib.h>

#include "csv/csv_lua.h"

int l_table_match(lua_State *L) {
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  size_t column = hl_csv_check_column(L, 2, table);
  const struct hl_csv_groups *groups = hl_csv_check_key(L, 3);
  struct hl_csv_match *match = hl_new_object(L, HL_CSV_MATCH, sizeof *match);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, 3);
  lua_rawseti(L, -2, 2);
  lua_setiuservalue(L, -2, 1);
  match->rows = malloc((table->row_count + 1) * sizeof *match->rows);
  if (!match->rows) luaL_error(L, "not enough memory");
  match->count = table->row_count;
  match->from = table;
  match->to = groups->table;
  for (size_t row = 0; row < table->row_count; row++) {
    uint32_t group = hl_csv_find(groups, hl_csv_cell(table, row, column));
    match->rows[row] = group == HL_CSV_NONE ? HL_CSV_NONE : groups->groups[group].first;
  }
  return 1;
}

static struct hl_csv_match *check_match(lua_State *L, int index) { return luaL_checkudata(L, index, HL_CSV_MATCH); }

static int l_match_gc(lua_State *L) {
  struct hl_csv_match *match = check_match(L, 1);
  free(match->rows);
  match->rows = NULL;
  return 0;
}

static int l_match_row(lua_State *L) {
  const struct hl_csv_match *match = check_match(L, 1);
  uint32_t row = match->rows[hl_csv_check_number(L, 2, match->count, "no such row")];
  if (row == HL_CSV_NONE) return 0;
  lua_pushinteger(L, (lua_Integer)row + 1);
  return 1;
}

static int l_match_missing(lua_State *L) {
  const struct hl_csv_match *match = check_match(L, 1);
  lua_Integer missing = 0;
  for (size_t i = 0; i < match->count; i++) missing += match->rows[i] == HL_CSV_NONE;
  lua_pushinteger(L, missing);
  return 1;
}

void hl_csv_new_match_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"row", l_match_row}, {"missing", l_match_missing}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_match_gc}, {NULL, NULL}};
  hl_new_type(L, HL_CSV_MATCH, methods, meta);
}

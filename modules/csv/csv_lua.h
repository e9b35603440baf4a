/* SPDX-License-Identifier: MIT
 *
 * What the parts of the csv binding share.
 */
#ifndef HILUM_CSV_CSV_LUA_H
#define HILUM_CSV_CSV_LUA_H

#include "core/bind.h"
#include "csv/csv.h"
#include "csv/groups.h"

#define HL_CSV_TABLE "hilum.csv.Table"
#define HL_CSV_GROUPS "hilum.csv.Groups"
#define HL_CSV_MATCH "hilum.csv.Match"

/* For each row of one table a row of another. Both are kept by the user value. */
struct hl_csv_match {
  uint32_t *rows;
  size_t count;
  const struct hl_csv_table *from, *to;
};

/* Register the types. */
void hl_csv_new_rows_type(lua_State *L);
void hl_csv_new_table_type(lua_State *L);
void hl_csv_new_groups_type(lua_State *L);
void hl_csv_new_match_type(lua_State *L);

/* The module's functions, and the methods of Table that have a file of their own. */
int l_rows(lua_State *L);
int l_parse(lua_State *L);
int l_load(lua_State *L);
int l_table_distinct(lua_State *L);
int l_table_match(lua_State *L);
int l_table_write(lua_State *L);

/* Arguments; they raise. [-0, +0, e] */
struct hl_csv_table *hl_csv_check_table(lua_State *L, int index);
size_t hl_csv_check_column(lua_State *L, int index, const struct hl_csv_table *table);
size_t hl_csv_check_row(lua_State *L, int index, const struct hl_csv_table *table);
char hl_csv_check_separator(lua_State *L, int options);

/* Groups by one column, which identifies their rows. [-0, +0, e] */
const struct hl_csv_groups *hl_csv_check_key(lua_State *L, int index);

/* A number from 1 to count, as an index from 0; what is the message if it is not. */
size_t hl_csv_check_number(lua_State *L, int index, size_t count, const char *what);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Table:distinct, and Groups.
 */
#include <stdlib.h>

#include "csv/csv_lua.h"
#include "task/op.h"

/* Table:distinct: each argument's grouping is a work item. */

struct distinct_op {
  struct hl_op op;
  const struct hl_csv_table *table; /* pinned */
  size_t **columns;                 /* an array for each item */
  size_t *column_counts;
  struct hl_csv_groups *groups;
};

static void destroy_distinct(struct hl_op *op) {
  struct distinct_op *self = (struct distinct_op *)op;
  for (size_t i = 0; i < op->items; i++) {
    if (self->columns) free(self->columns[i]);
    if (self->groups) hl_csv_groups_free(&self->groups[i]);
  }
  free(self->columns);
  free(self->column_counts);
  free(self->groups);
}

static void work_distinct(struct hl_op *op, size_t item) {
  struct distinct_op *self = (struct distinct_op *)op;
  hl_csv_distinct(self->table, self->columns[item], self->column_counts[item], &self->groups[item]);
}

static int push_distinct(lua_State *L, struct hl_op *op) {
  struct distinct_op *self = (struct distinct_op *)op;
  luaL_checkstack(L, (int)op->items + 4, "too many groupings");
  for (size_t i = 0; i < op->items; i++) {
    if (!self->groups[i].table) luaL_error(L, "not enough memory");
    struct hl_csv_groups *groups = hl_new_object(L, HL_CSV_GROUPS, sizeof *groups);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    *groups = self->groups[i];
    self->groups[i] = (struct hl_csv_groups){0};
  }
  return (int)op->items;
}

/* The columns named by the array (or the one name) at index. */
static void take_columns(lua_State *L, int index, struct distinct_op *self, size_t item) {
  bool many = lua_istable(L, index);
  size_t count = many ? lua_rawlen(L, index) : 1;
  luaL_argcheck(L, count > 0, index, "no columns");
  self->columns[item] = calloc(count, sizeof **self->columns);
  self->column_counts[item] = count;
  if (!self->columns[item]) luaL_error(L, "not enough memory");
  for (size_t i = 0; i < count; i++) {
    if (many)
      lua_rawgeti(L, index, (lua_Integer)i + 1);
    else
      lua_pushvalue(L, index);
    const char *name = lua_tostring(L, -1);
    size_t column = name ? hl_csv_column(self->table, name) : self->table->columns;
    luaL_argcheck(L, column < self->table->columns, index, lua_pushfstring(L, "no column '%s'", name ? name : "?"));
    self->columns[item][i] = column;
    lua_pop(L, 1);
  }
}

int l_table_distinct(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "csv.Table:distinct", .work = work_distinct, .push = push_distinct, .destroy = destroy_distinct};
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  int arguments = lua_gettop(L);
  luaL_argcheck(L, arguments > 1, 2, "columns expected");
  struct distinct_op *self = hl_op_new(L, &cls, sizeof *self);
  self->table = table;
  self->op.items = (size_t)arguments - 1;
  self->columns = calloc(self->op.items, sizeof *self->columns);
  self->column_counts = calloc(self->op.items, sizeof *self->column_counts);
  self->groups = calloc(self->op.items, sizeof *self->groups);
  if (!self->columns || !self->column_counts || !self->groups) luaL_error(L, "not enough memory");
  hl_op_pin(L, &self->op, 1);
  for (int i = 2; i <= arguments; i++) take_columns(L, i, self, (size_t)i - 2);
  return hl_op_await(L, &self->op);
}

/* Groups. Their table is the user value. */

static struct hl_csv_groups *check_groups(lua_State *L, int index) { return luaL_checkudata(L, index, HL_CSV_GROUPS); }

static struct hl_csv_group *check_group(lua_State *L) {
  const struct hl_csv_groups *groups = check_groups(L, 1);
  return &groups->groups[hl_csv_check_number(L, 2, groups->group_count, "no such group")];
}

static int l_groups_gc(lua_State *L) {
  hl_csv_groups_free(check_groups(L, 1));
  return 0;
}

static int l_groups_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_groups(L, 1)->group_count);
  return 1;
}

static int l_groups_count(lua_State *L) {
  lua_pushinteger(L, check_group(L)->rows);
  return 1;
}

static int l_groups_row(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_group(L)->first + 1);
  return 1;
}

static int l_groups_cells(lua_State *L) {
  const struct hl_csv_groups *groups = check_groups(L, 1);
  uint32_t row = check_group(L)->first;
  lua_createtable(L, (int)groups->column_count, 0);
  for (size_t i = 0; i < groups->column_count; i++) {
    lua_pushstring(L, hl_csv_cell(groups->table, row, groups->columns[i]));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int l_groups_of(lua_State *L) {
  const struct hl_csv_groups *groups = check_groups(L, 1);
  lua_pushinteger(L, (lua_Integer)groups->of_row[hl_csv_check_row(L, 2, groups->table)] + 1);
  return 1;
}

static int l_groups_find(lua_State *L) {
  const struct hl_csv_groups *groups = hl_csv_check_key(L, 1);
  uint32_t group = hl_csv_find(groups, luaL_checkstring(L, 2));
  if (group == HL_CSV_NONE) return 0;
  lua_pushinteger(L, (lua_Integer)group + 1);
  return 1;
}

void hl_csv_new_groups_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"count", l_groups_count}, {"row", l_groups_row},   {"cells", l_groups_cells},
                                     {"of", l_groups_of},       {"find", l_groups_find}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__len", l_groups_len}, {"__gc", l_groups_gc}, {NULL, NULL}};
  hl_new_type(L, HL_CSV_GROUPS, methods, meta);
}

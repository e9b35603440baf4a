/* SPDX-License-Identifier: MIT
 *
 * csv.load and what a table tells of itself.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_lua.h"
#include "task/op.h"

struct hl_csv_table *hl_csv_check_table(lua_State *L, int index) {
  return luaL_checkudata(L, index, HL_CSV_TABLE);
}

size_t hl_csv_check_column(lua_State *L, int index, const struct hl_csv_table *table) {
  const char *name = luaL_checkstring(L, index);
  size_t column = hl_csv_column(table, name);
  luaL_argcheck(L, column < table->columns, index, lua_pushfstring(L, "no column '%s'", name));
  return column;
}

/* A number from 1 to count, as an index from 0. */
size_t hl_csv_check_number(lua_State *L, int index, size_t count, const char *what) {
  lua_Integer number = luaL_checkinteger(L, index);
  luaL_argcheck(L, number >= 1 && (lua_Unsigned)number <= count, index, what);
  return (size_t)number - 1;
}

size_t hl_csv_check_row(lua_State *L, int index, const struct hl_csv_table *table) {
  return hl_csv_check_number(L, index, table->row_count, "no such row");
}

/* csv.load: each file is parsed by a worker, then their rows are put together. */

struct load_op {
  struct hl_op op;
  struct hl_csv_options options;
  char *file_column;
  char **paths;
  struct hl_csv_table *parts;
  struct hl_error *errors; /* kind HL_OK: loaded */
};

static void destroy_load(struct hl_op *op) {
  struct load_op *self = (struct load_op *)op;
  for (size_t i = 0; i < op->items; i++) {
    if (self->paths) free(self->paths[i]);
    if (self->parts) hl_csv_free(&self->parts[i]);
  }
  free(self->paths);
  free(self->parts);
  free(self->errors);
  free(self->file_column);
}

static void work_load(struct hl_op *op, size_t item) {
  struct load_op *self = (struct load_op *)op;
  hl_csv_load(op->cls->name, self->paths[item], &self->options, &self->parts[item], &self->errors[item]);
}

/* The first file that could not be read or that has other columns than the first; NULL: none. */
static const struct hl_error *find_failure(struct load_op *self) {
  for (size_t i = 0; i < self->op.items; i++)
    if (self->errors[i].kind != HL_OK) return &self->errors[i];
  for (size_t i = 1; i < self->op.items; i++) {
    if (hl_csv_same_names(&self->parts[0], &self->parts[i])) continue;
    hl_fail(&self->errors[i], HL_PARSE, self->op.cls->name, "%s: other columns than in %s: load it as a table of its own",
            self->paths[i], self->paths[0]);
    return &self->errors[i];
  }
  return NULL;
}

/* The collector sees only the userdata: it is told what hangs on it. */
static void step_collector(lua_State *L, const struct hl_csv_table *table) {
  size_t bytes = table->row_count * sizeof *table->rows;
  for (size_t i = 0; i < table->block_count; i++)
    bytes += table->blocks[i].text_size + table->blocks[i].cell_count * sizeof *table->blocks[i].cells;
  size_t kilobytes = bytes / 1024;
  if (kilobytes) lua_gc(L, LUA_GCSTEP, kilobytes < INT_MAX ? (int)kilobytes : INT_MAX);
}

static int push_load(lua_State *L, struct hl_op *op) {
  struct load_op *self = (struct load_op *)op;
  const struct hl_error *failure = find_failure(self);
  if (failure) return hl_push_error(L, failure);
  struct hl_csv_table *table = hl_new_object(L, HL_CSV_TABLE, sizeof *table);
  if (!hl_csv_join(self->parts, op->items, table)) luaL_error(L, "not enough memory");
  step_collector(L, table);
  return 1;
}

static void copy_paths(lua_State *L, struct load_op *self) {
  bool many = lua_istable(L, 1);
  size_t count = many ? lua_rawlen(L, 1) : 1;
  self->op.items = 0;
  self->paths = calloc(count, sizeof *self->paths);
  self->parts = calloc(count, sizeof *self->parts);
  self->errors = calloc(count, sizeof *self->errors);
  if (!self->paths || !self->parts || !self->errors) luaL_error(L, "not enough memory");
  for (self->op.items = 0; self->op.items < count; self->op.items++) {
    if (many)
      lua_rawgeti(L, 1, (lua_Integer)self->op.items + 1);
    else
      lua_pushvalue(L, 1);
    self->paths[self->op.items] = strdup(hl_check_path(L, -1));
    if (!self->paths[self->op.items]) luaL_error(L, "not enough memory");
    lua_pop(L, 1);
  }
}

int l_load(lua_State *L) {
  static const struct hl_op_class cls = {.name = "csv.load", .work = work_load, .push = push_load, .destroy = destroy_load};
  static const char *const names[] = {"separator", "ragged", "file_column", NULL};
  if (!lua_istable(L, 1)) hl_check_path(L, 1);
  luaL_argcheck(L, !lua_istable(L, 1) || lua_rawlen(L, 1) > 0, 1, "no files");
  hl_check_options(L, 2, names);
  struct hl_csv_options options = {.separator = hl_csv_check_separator(L, 2), .ragged = hl_opt_bool(L, 2, "ragged", false)};
  const char *file_column = hl_opt_string(L, 2, "file_column", NULL);
  struct load_op *self = hl_op_new(L, &cls, sizeof *self);
  self->options = options;
  copy_paths(L, self);
  if (file_column && !(self->options.file_column = self->file_column = strdup(file_column))) luaL_error(L, "not enough memory");
  return hl_op_await(L, &self->op);
}

/* Table. A table of selected rows keeps the one it was selected from as its user value. */

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

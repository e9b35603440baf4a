/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "csv/csv.h"
#include "csv/groups.h"
#include "csv/write.h"
#include "task/op.h"

#define ROWS "hilum.csv.Rows"
#define TABLE "hilum.csv.Table"
#define GROUPS "hilum.csv.Groups"
#define MATCH "hilum.csv.Match"

/* For each row of one table a row of another. Both are kept by the user value. */
struct match {
  uint32_t *rows;
  size_t count;
  const struct hl_csv_table *from, *to;
};

static struct hl_csv_table *check_table(lua_State *L, int index) { return luaL_checkudata(L, index, TABLE); }

static size_t check_column(lua_State *L, int index, const struct hl_csv_table *table) {
  const char *name = luaL_checkstring(L, index);
  size_t column = hl_csv_column(table, name);
  luaL_argcheck(L, column < table->columns, index, lua_pushfstring(L, "no column '%s'", name));
  return column;
}

/* A number from 1 to count, as an index from 0. */
static size_t check_number(lua_State *L, int index, size_t count, const char *what) {
  lua_Integer number = luaL_checkinteger(L, index);
  luaL_argcheck(L, number >= 1 && (lua_Unsigned)number <= count, index, what);
  return (size_t)number - 1;
}

static size_t check_row(lua_State *L, int index, const struct hl_csv_table *table) {
  return check_number(L, index, table->row_count, "no such row");
}

static void out_of_memory(lua_State *L) { luaL_error(L, "not enough memory"); }

static char check_separator(lua_State *L, int options) {
  const char *separator = hl_opt_string(L, options, "separator", ",");
  luaL_argcheck(L, separator[0] && !separator[1], options, "option 'separator': one byte expected");
  return separator[0];
}

/* Rows: reading a file, or text that the user value keeps, a row at a time. */

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
  return (struct hl_csv_options){.separator = check_separator(L, index),
                                 .headless = !hl_opt_bool(L, index, "header", true),
                                 .ragged = hl_opt_bool(L, index, "ragged", false)};
}

static int l_rows(lua_State *L) {
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

static int l_parse(lua_State *L) {
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

static int push_load(lua_State *L, struct hl_op *op) {
  struct load_op *self = (struct load_op *)op;
  const struct hl_error *failure = find_failure(self);
  if (failure) return hl_push_error(L, failure);
  struct hl_csv_table *table = hl_new_object(L, TABLE, sizeof *table);
  if (!hl_csv_join(self->parts, op->items, table)) out_of_memory(L);
  return 1;
}

static void copy_paths(lua_State *L, struct load_op *self) {
  bool many = lua_istable(L, 1);
  size_t count = many ? lua_rawlen(L, 1) : 1;
  self->op.items = 0;
  self->paths = calloc(count, sizeof *self->paths);
  self->parts = calloc(count, sizeof *self->parts);
  self->errors = calloc(count, sizeof *self->errors);
  if (!self->paths || !self->parts || !self->errors) out_of_memory(L);
  for (self->op.items = 0; self->op.items < count; self->op.items++) {
    if (many)
      lua_rawgeti(L, 1, (lua_Integer)self->op.items + 1);
    else
      lua_pushvalue(L, 1);
    self->paths[self->op.items] = strdup(hl_check_path(L, -1));
    if (!self->paths[self->op.items]) out_of_memory(L);
    lua_pop(L, 1);
  }
}

static int l_load(lua_State *L) {
  static const struct hl_op_class cls = {.name = "csv.load", .work = work_load, .push = push_load, .destroy = destroy_load};
  static const char *const names[] = {"separator", "ragged", "file_column", NULL};
  if (!lua_istable(L, 1)) hl_check_path(L, 1);
  luaL_argcheck(L, !lua_istable(L, 1) || lua_rawlen(L, 1) > 0, 1, "no files");
  hl_check_options(L, 2, names);
  struct hl_csv_options options = {.separator = check_separator(L, 2), .ragged = hl_opt_bool(L, 2, "ragged", false)};
  const char *file_column = hl_opt_string(L, 2, "file_column", NULL);
  struct load_op *self = hl_op_new(L, &cls, sizeof *self);
  self->options = options;
  copy_paths(L, self);
  if (file_column && !(self->options.file_column = self->file_column = strdup(file_column))) out_of_memory(L);
  return hl_op_await(L, &self->op);
}

/* Table. A table of selected rows keeps the one it was selected from as its user value. */

static int l_table_gc(lua_State *L) {
  hl_csv_free(check_table(L, 1));
  return 0;
}

static int l_table_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_table(L, 1)->row_count);
  return 1;
}

static int l_table_columns(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  lua_createtable(L, table->columns < INT_MAX ? (int)table->columns : 0, 0);
  for (size_t i = 0; i < table->columns; i++) {
    lua_pushstring(L, table->names[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int l_table_cell(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  size_t row = check_row(L, 2, table), column = check_column(L, 3, table);
  lua_pushstring(L, hl_csv_cell(table, row, column));
  return 1;
}

static int l_table_column(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  size_t column = check_column(L, 2, table);
  lua_createtable(L, table->row_count < INT_MAX ? (int)table->row_count : 0, 0);
  for (size_t row = 0; row < table->row_count; row++) {
    lua_pushstring(L, hl_csv_cell(table, row, column));
    lua_rawseti(L, -2, (lua_Integer)row + 1);
  }
  return 1;
}

static int l_table_line(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  lua_pushinteger(L, table->rows[check_row(L, 2, table)].line);
  return 1;
}

static int l_table_select(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  size_t column = check_column(L, 2, table), count = 0;
  luaL_checktype(L, 3, LUA_TTABLE);
  uint32_t *chosen = lua_newuserdatauv(L, (table->row_count + 1) * sizeof *chosen, 0);
  for (size_t row = 0; row < table->row_count; row++) {
    lua_pushstring(L, hl_csv_cell(table, row, column));
    lua_rawget(L, 3);
    if (lua_toboolean(L, -1)) chosen[count++] = (uint32_t)row;
    lua_pop(L, 1);
  }
  struct hl_csv_table *part = hl_new_object(L, TABLE, sizeof *part);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  if (!hl_csv_select(table, chosen, count, part)) out_of_memory(L);
  return 1;
}

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
    if (!self->groups[i].table) out_of_memory(L);
    struct hl_csv_groups *groups = hl_new_object(L, GROUPS, sizeof *groups);
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
  if (!self->columns[item]) out_of_memory(L);
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

static int l_table_distinct(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "csv.Table:distinct", .work = work_distinct, .push = push_distinct, .destroy = destroy_distinct};
  const struct hl_csv_table *table = check_table(L, 1);
  int arguments = lua_gettop(L);
  luaL_argcheck(L, arguments > 1, 2, "columns expected");
  struct distinct_op *self = hl_op_new(L, &cls, sizeof *self);
  self->table = table;
  self->op.items = (size_t)arguments - 1;
  self->columns = calloc(self->op.items, sizeof *self->columns);
  self->column_counts = calloc(self->op.items, sizeof *self->column_counts);
  self->groups = calloc(self->op.items, sizeof *self->groups);
  if (!self->columns || !self->column_counts || !self->groups) out_of_memory(L);
  hl_op_pin(L, &self->op, 1);
  for (int i = 2; i <= arguments; i++) take_columns(L, i, self, (size_t)i - 2);
  return hl_op_await(L, &self->op);
}

/* Groups. Their table is the user value. */

static struct hl_csv_groups *check_groups(lua_State *L, int index) { return luaL_checkudata(L, index, GROUPS); }

static struct hl_csv_group *check_group(lua_State *L) {
  const struct hl_csv_groups *groups = check_groups(L, 1);
  return &groups->groups[check_number(L, 2, groups->group_count, "no such group")];
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
  lua_pushinteger(L, (lua_Integer)groups->of_row[check_row(L, 2, groups->table)] + 1);
  return 1;
}

static const struct hl_csv_groups *check_single(lua_State *L, int index) {
  const struct hl_csv_groups *groups = check_groups(L, index);
  luaL_argcheck(L, groups->column_count == 1, index, "groups by one column expected");
  return groups;
}

static int l_groups_find(lua_State *L) {
  const struct hl_csv_groups *groups = check_single(L, 1);
  uint32_t group = hl_csv_find(groups, luaL_checkstring(L, 2));
  if (group == HL_CSV_NONE) return 0;
  lua_pushinteger(L, (lua_Integer)group + 1);
  return 1;
}

/* Match. */

static int l_table_match(lua_State *L) {
  const struct hl_csv_table *table = check_table(L, 1);
  size_t column = check_column(L, 2, table);
  const struct hl_csv_groups *groups = check_single(L, 3);
  struct match *match = hl_new_object(L, MATCH, sizeof *match);
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, 3);
  lua_rawseti(L, -2, 2);
  lua_setiuservalue(L, -2, 1);
  match->rows = malloc((table->row_count + 1) * sizeof *match->rows);
  if (!match->rows) out_of_memory(L);
  match->count = table->row_count;
  match->from = table;
  match->to = groups->table;
  for (size_t row = 0; row < table->row_count; row++) {
    uint32_t group = hl_csv_find(groups, hl_csv_cell(table, row, column));
    match->rows[row] = group == HL_CSV_NONE ? HL_CSV_NONE : groups->groups[group].first;
  }
  return 1;
}

static struct match *check_match(lua_State *L, int index) { return luaL_checkudata(L, index, MATCH); }

static int l_match_gc(lua_State *L) {
  struct match *match = check_match(L, 1);
  free(match->rows);
  match->rows = NULL;
  return 0;
}

static int l_match_row(lua_State *L) {
  const struct match *match = check_match(L, 1);
  uint32_t row = match->rows[check_number(L, 2, match->count, "no such row")];
  if (row == HL_CSV_NONE) return 0;
  lua_pushinteger(L, (lua_Integer)row + 1);
  return 1;
}

static int l_match_missing(lua_State *L) {
  const struct match *match = check_match(L, 1);
  lua_Integer missing = 0;
  for (size_t i = 0; i < match->count; i++) missing += match->rows[i] == HL_CSV_NONE;
  lua_pushinteger(L, missing);
  return 1;
}

/* Table:write. */

struct write_op {
  struct hl_op op;
  char *path;
  size_t row_count, piece_count;
  struct hl_csv_piece *pieces; /* what they point to is pinned */
  struct hl_csv_layout layout;
  bool done;
  struct hl_error err;
};

static void destroy_write(struct hl_op *op) {
  struct write_op *self = (struct write_op *)op;
  for (size_t i = 0; self->pieces && i < self->piece_count; i++) free((void *)self->pieces[i].texts);
  free(self->pieces);
  free(self->path);
}

static void work_write(struct hl_op *op, size_t item) {
  (void)item;
  struct write_op *self = (struct write_op *)op;
  self->done =
      hl_csv_write(op->cls->name, self->path, self->row_count, self->pieces, self->piece_count, &self->layout, &self->err);
}

static int push_write(lua_State *L, struct hl_op *op) {
  struct write_op *self = (struct write_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  lua_pushboolean(L, true);
  return 1;
}

static int bad_piece(lua_State *L, size_t number, const char *what) {
  return luaL_argerror(L, 3, lua_pushfstring(L, "piece %d: %s", (int)number + 1, what));
}

/* Pins the string on top of the stack, pops it, and points text to it. */
static void take_text(lua_State *L, struct hl_op *op, struct hl_csv_text *text) {
  hl_op_pin(L, op, -1);
  text->data = lua_tolstring(L, -1, &text->size);
  lua_pop(L, 1);
}

/* The texts in the array on top of the stack, one for each group. */
static void take_texts(lua_State *L, struct write_op *self, size_t number, size_t count) {
  if (!lua_istable(L, -1) || lua_rawlen(L, -1) != count)
    bad_piece(L, number, "texts: an array with a string for each group expected");
  struct hl_csv_text *texts = calloc(count + 1, sizeof *texts);
  if (!texts) out_of_memory(L);
  self->pieces[number].texts = texts;
  for (size_t i = 0; i < count; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING) bad_piece(L, number, "texts: strings expected");
    take_text(L, &self->op, &texts[i]);
  }
}

/* The groups or the column that the piece on top of the stack is made of; returns the table they are of. */
static const struct hl_csv_table *take_source(lua_State *L, struct write_op *self, size_t number) {
  struct hl_csv_piece *piece = &self->pieces[number];
  int at = lua_gettop(L);
  if (lua_getfield(L, at, "groups") != LUA_TNIL) {
    piece->kind = HL_CSV_GROUP;
    piece->groups = luaL_testudata(L, -1, GROUPS);
    if (!piece->groups) bad_piece(L, number, "groups: " GROUPS " expected");
    hl_op_pin(L, &self->op, -1);
    lua_getfield(L, at, "texts");
    take_texts(L, self, number, piece->groups->group_count);
    return piece->groups->table;
  }
  piece->kind = HL_CSV_CELL;
  piece->table = lua_getfield(L, at, "table") == LUA_TNIL ? check_table(L, 1) : luaL_testudata(L, -1, TABLE);
  if (!piece->table) bad_piece(L, number, "table: " TABLE " expected");
  hl_op_pin(L, &self->op, -1);
  const char *column = lua_getfield(L, at, "column") == LUA_TSTRING ? lua_tostring(L, -1) : "";
  piece->column = hl_csv_column(piece->table, column);
  if (piece->column == piece->table->columns) bad_piece(L, number, "a text, groups and texts, or a column of the table expected");
  return piece->table;
}

/* The piece on top of the stack. */
static void take_piece(lua_State *L, struct write_op *self, size_t number) {
  static const char *const names[] = {"column", "table", "groups", "texts", "match", NULL};
  struct hl_csv_piece *piece = &self->pieces[number];
  int at = lua_gettop(L);
  if (lua_type(L, at) == LUA_TSTRING) {
    lua_pushvalue(L, at);
    take_text(L, &self->op, &piece->text);
    return;
  }
  hl_check_options(L, at, names);
  const struct hl_csv_table *source = take_source(L, self, number), *wanted = check_table(L, 1);
  if (lua_getfield(L, at, "match") != LUA_TNIL) {
    const struct match *match = luaL_testudata(L, -1, MATCH);
    if (!match || match->from != wanted) bad_piece(L, number, "match: a " MATCH " of this table expected");
    hl_op_pin(L, &self->op, -1);
    piece->rows = match->rows;
    wanted = match->to;
  }
  if (source != wanted) bad_piece(L, number, "of another table: a match with it expected");
  lua_settop(L, at);
}

static void take_layout(lua_State *L, struct write_op *self) {
  static const char *const names[] = {"before", "between", "after", NULL};
  struct hl_csv_text *const texts[] = {&self->layout.before, &self->layout.between, &self->layout.after};
  for (int i = 0; names[i]; i++) {
    lua_pushstring(L, hl_opt_string(L, 4, names[i], ""));
    take_text(L, &self->op, texts[i]);
  }
}

static int l_table_write(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "csv.Table:write", .work = work_write, .push = push_write, .destroy = destroy_write};
  static const char *const names[] = {"before", "between", "after", NULL};
  const struct hl_csv_table *table = check_table(L, 1);
  const char *path = hl_check_path(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  hl_check_options(L, 4, names);
  lua_settop(L, 4);
  struct write_op *self = hl_op_new(L, &cls, sizeof *self);
  self->row_count = table->row_count;
  self->path = strdup(path);
  self->pieces = calloc(lua_rawlen(L, 3) + 1, sizeof *self->pieces);
  if (!self->path || !self->pieces) out_of_memory(L);
  self->piece_count = lua_rawlen(L, 3);
  hl_op_pin(L, &self->op, 1);
  take_layout(L, self);
  for (size_t i = 0; i < self->piece_count; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    take_piece(L, self, i);
    lua_pop(L, 1);
  }
  return hl_op_await(L, &self->op);
}

HL_MODULE int luaopen_hilum_csv(lua_State *L) {
  static const luaL_Reg rows_methods[] = {{"close", l_rows_close}, {NULL, NULL}};
  static const luaL_Reg rows_meta[] = {{"__call", l_rows_next}, {"__gc", l_rows_close}, {"__close", l_rows_close}, {NULL, NULL}};
  static const luaL_Reg table_methods[] = {{"columns", l_table_columns},   {"cell", l_table_cell},     {"column", l_table_column},
                                           {"line", l_table_line},         {"select", l_table_select}, {"match", l_table_match},
                                           {"distinct", l_table_distinct}, {"write", l_table_write},   {NULL, NULL}};
  static const luaL_Reg table_meta[] = {{"__len", l_table_len}, {"__gc", l_table_gc}, {NULL, NULL}};
  static const luaL_Reg groups_methods[] = {{"count", l_groups_count}, {"row", l_groups_row},   {"cells", l_groups_cells},
                                            {"of", l_groups_of},       {"find", l_groups_find}, {NULL, NULL}};
  static const luaL_Reg groups_meta[] = {{"__len", l_groups_len}, {"__gc", l_groups_gc}, {NULL, NULL}};
  static const luaL_Reg match_methods[] = {{"row", l_match_row}, {"missing", l_match_missing}, {NULL, NULL}};
  static const luaL_Reg match_meta[] = {{"__gc", l_match_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"rows", l_rows}, {"parse", l_parse}, {"load", l_load}, {NULL, NULL}};
  hl_new_type(L, ROWS, rows_methods, rows_meta);
  hl_new_type(L, TABLE, table_methods, table_meta);
  hl_new_type(L, GROUPS, groups_methods, groups_meta);
  hl_new_type(L, MATCH, match_methods, match_meta);
  luaL_newlib(L, functions);
  return 1;
}

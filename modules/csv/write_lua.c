/* SPDX-License-Identifier: MIT
 *
 * Table:write: the pieces of a row, from Lua's tables to those of csv/write.h.
 */
#include "csv/write.h"

#include <stdlib.h>
#include <string.h>

#include "csv/csv_lua.h"
#include "task/op.h"

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
  if (!texts) luaL_error(L, "not enough memory");
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
    piece->groups = luaL_testudata(L, -1, HL_CSV_GROUPS);
    if (!piece->groups) bad_piece(L, number, "groups: " HL_CSV_GROUPS " expected");
    hl_op_pin(L, &self->op, -1);
    lua_getfield(L, at, "texts");
    take_texts(L, self, number, piece->groups->group_count);
    return piece->groups->table;
  }
  piece->kind = HL_CSV_CELL;
  piece->table = lua_getfield(L, at, "table") == LUA_TNIL ? hl_csv_check_table(L, 1) : luaL_testudata(L, -1, HL_CSV_TABLE);
  if (!piece->table) bad_piece(L, number, "table: " HL_CSV_TABLE " expected");
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
  const struct hl_csv_table *source = take_source(L, self, number), *wanted = hl_csv_check_table(L, 1);
  if (lua_getfield(L, at, "match") != LUA_TNIL) {
    const struct hl_csv_match *match = luaL_testudata(L, -1, HL_CSV_MATCH);
    if (!match || match->from != wanted) bad_piece(L, number, "match: a " HL_CSV_MATCH " of this table expected");
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

int l_table_write(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "csv.Table:write", .work = work_write, .push = push_write, .destroy = destroy_write};
  static const char *const names[] = {"before", "between", "after", NULL};
  const struct hl_csv_table *table = hl_csv_check_table(L, 1);
  const char *path = hl_check_path(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  hl_check_options(L, 4, names);
  lua_settop(L, 4);
  struct write_op *self = hl_op_new(L, &cls, sizeof *self);
  self->row_count = table->row_count;
  self->path = strdup(path);
  self->pieces = calloc(lua_rawlen(L, 3) + 1, sizeof *self->pieces);
  if (!self->path || !self->pieces) luaL_error(L, "not enough memory");
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

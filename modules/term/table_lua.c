/* SPDX-License-Identifier: MIT
 *
 * term.table. Arguments are rows (1), columns (2) and options (3); the texts of the cells are made first and kept in an array
 * (4), line after line.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "term/term_lua.h"
#include "term/text.h"

enum { ROWS = 1, COLUMNS, OPTIONS, TEXTS };

enum { GAP = 2, NARROWEST = 4 };

struct column {
  size_t width;
  bool left;
};

/* The value of a cell is at the top of the stack; its text takes its place in TEXTS. */
static void take_cell(lua_State *L, struct column *column, lua_Integer at, bool heading) {
  size_t size;
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  } else if (!heading && lua_type(L, -1) != LUA_TNUMBER) {
    column->left = true;
  }
  const char *text = luaL_tolstring(L, -1, &size);
  size_t width = hl_text_width(text, size);
  if (width > column->width) column->width = width;
  lua_rawseti(L, TEXTS, at);
  lua_pop(L, 1);
}

static void take_cells(lua_State *L, struct column *columns, lua_Integer width, lua_Integer rows) {
  for (lua_Integer c = 1; c <= width; c++) {
    lua_geti(L, COLUMNS, c);
    take_cell(L, &columns[c - 1], c, true);
  }
  for (lua_Integer r = 1; r <= rows; r++) {
    lua_geti(L, ROWS, r);
    luaL_argcheck(L, lua_istable(L, -1), ROWS, "an array of records expected");
    for (lua_Integer c = 1; c <= width; c++) {
      lua_geti(L, COLUMNS, c);
      lua_gettable(L, -2);
      take_cell(L, &columns[c - 1], r * width + c, false);
    }
    lua_pop(L, 1);
  }
}

/* Narrows the widest columns of text until the table fits, or none can be narrowed. */
static void fit(struct column *columns, size_t count, size_t limit) {
  for (;;) {
    size_t total = GAP * (count - 1);
    struct column *widest = NULL;
    for (size_t c = 0; c < count; c++) {
      total += columns[c].width;
      if (columns[c].left && columns[c].width > NARROWEST && (!widest || columns[c].width > widest->width)) widest = &columns[c];
    }
    if (total <= limit || !widest) return;
    widest->width--;
  }
}

static void add_blanks(luaL_Buffer *b, size_t count) {
  while (count-- > 0) luaL_addchar(b, ' ');
}

/* What does not fit ends in an ellipsis. Returns the columns it took. */
static size_t add_text(luaL_Buffer *b, const char *text, size_t size, size_t room) {
  size_t width = hl_text_width(text, size);
  if (width <= room) {
    luaL_addlstring(b, text, size);
    return width;
  }
  size_t fitting = hl_text_fit(text, size, room - 1);
  luaL_addlstring(b, text, fitting);
  luaL_addstring(b, "…");
  return hl_text_width(text, fitting) + 1;
}

static void add_cell(lua_State *L, luaL_Buffer *b, const struct column *column, lua_Integer at, bool last) {
  size_t size;
  lua_rawgeti(L, TEXTS, at);
  const char *text = lua_tolstring(L, -1, &size);
  lua_pop(L, 1); /* TEXTS keeps it */
  if (!column->left) add_blanks(b, column->width - hl_text_width(text, size));
  size_t width = add_text(b, text, size, column->width);
  if (column->left && !last) add_blanks(b, column->width - width);
  if (!last) add_blanks(b, GAP);
}

static size_t width_limit(lua_State *L) {
  static const char *const names[] = {"width", NULL};
  hl_check_options(L, OPTIONS, names);
  lua_Integer usual = isatty(STDOUT_FILENO) ? (lua_Integer)hl_term_width() : 0;
  lua_Integer limit = hl_opt_integer(L, OPTIONS, "width", usual, 0, 100000);
  return limit > 0 ? (size_t)limit : SIZE_MAX;
}

int l_table(lua_State *L) {
  luaL_checktype(L, ROWS, LUA_TTABLE);
  luaL_checktype(L, COLUMNS, LUA_TTABLE);
  lua_settop(L, OPTIONS);
  size_t limit = width_limit(L);
  lua_Integer rows = luaL_len(L, ROWS), width = luaL_len(L, COLUMNS);
  luaL_argcheck(L, width > 0, COLUMNS, "no columns");
  lua_newtable(L);
  struct column *columns = lua_newuserdatauv(L, (size_t)width * sizeof *columns, 0);
  memset(columns, 0, (size_t)width * sizeof *columns);
  take_cells(L, columns, width, rows);
  fit(columns, (size_t)width, limit);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (lua_Integer at = 1; at <= (rows + 1) * width; at++) {
    lua_Integer c = (at - 1) % width;
    if (c == 0 && at > 1) luaL_addchar(&b, '\n');
    add_cell(L, &b, &columns[c], at, c == width - 1);
  }
  luaL_pushresult(&b);
  return 1;
}

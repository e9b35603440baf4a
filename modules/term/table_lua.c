/* SPDX-License-Identifier: MIT
 *
 * term.table. Arguments are rows (1) and columns (2); the texts of the cells are made first and kept in an array (3), line after
 * line.
 */
#include <string.h>

#include "term/term_lua.h"
#include "term/text.h"

enum { ROWS = 1, COLUMNS, TEXTS };

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

static void add_blanks(luaL_Buffer *b, size_t count) {
  while (count-- > 0) luaL_addchar(b, ' ');
}

static void add_cell(lua_State *L, luaL_Buffer *b, const struct column *column, lua_Integer at, bool last) {
  size_t size;
  lua_rawgeti(L, TEXTS, at);
  const char *text = lua_tolstring(L, -1, &size);
  size_t blanks = column->width - hl_text_width(text, size);
  lua_pop(L, 1); /* TEXTS keeps it */
  if (!column->left) add_blanks(b, blanks);
  luaL_addlstring(b, text, size);
  if (column->left && !last) add_blanks(b, blanks);
  if (!last) add_blanks(b, 2);
}

int l_table(lua_State *L) {
  luaL_checktype(L, ROWS, LUA_TTABLE);
  luaL_checktype(L, COLUMNS, LUA_TTABLE);
  lua_settop(L, 2);
  lua_Integer rows = luaL_len(L, ROWS), width = luaL_len(L, COLUMNS);
  luaL_argcheck(L, width > 0, COLUMNS, "no columns");
  lua_newtable(L);
  struct column *columns = lua_newuserdatauv(L, (size_t)width * sizeof *columns, 0);
  memset(columns, 0, (size_t)width * sizeof *columns);
  take_cells(L, columns, width, rows);
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

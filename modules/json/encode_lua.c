/* SPDX-License-Identifier: MIT */
#include "json/encode.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/escape.h"

enum { DEEPEST = 200, NUMBER_SIZE = 32 };

struct encoder {
  lua_State *L;
  const struct hl_json_style *style;
  struct hl_buffer *buffer;
  int depth;
};

struct key {
  const char *text;
  size_t size;
  lua_Integer rank;
};

static void encode_value(struct encoder *e, int index);

static void add(struct encoder *e, const char *text, size_t size) {
  if (!hl_buffer_add(e->buffer, text, size)) luaL_error(e->L, "not enough memory");
}

static void add_string(struct encoder *e, const char *text, size_t size) {
  if (size > PTRDIFF_MAX / 8 || !hl_buffer_reserve(e->buffer, HL_JSON_ESCAPED(size))) luaL_error(e->L, "not enough memory");
  e->buffer->size += hl_json_escape(e->buffer->data + e->buffer->size, text, size, NULL);
}

static void add_break(struct encoder *e) {
  if (!e->style->indent) return;
  size_t blanks = (size_t)(e->style->indent * e->depth);
  add(e, "\n", 1);
  if (!hl_buffer_reserve(e->buffer, blanks)) luaL_error(e->L, "not enough memory");
  memset(e->buffer->data + e->buffer->size, ' ', blanks);
  e->buffer->size += blanks;
}

static void encode_number(struct encoder *e, int index) {
  char text[NUMBER_SIZE];
  lua_Number number = lua_tonumber(e->L, index);
  int is_integer;
  lua_Integer integer = lua_tointegerx(e->L, index, &is_integer);
  if (!isfinite(number)) luaL_error(e->L, "JSON has no %s", isnan(number) ? "NaN" : "infinity");
  if (is_integer) {
    add(e, text, (size_t)snprintf(text, sizeof text, LUA_INTEGER_FMT, integer));
    return;
  }
  int size = 0;
  for (int digits = 15; digits <= 17; digits++) {
    size = snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  add(e, text, (size_t)size);
}

/* Arrays. */

static bool is_array(lua_State *L, int index) {
  if (lua_rawlen(L, index) > 0) return true;
  if (!lua_getmetatable(L, index)) return false;
  bool marked = luaL_getmetatable(L, HL_JSON_ARRAY_TYPE) == LUA_TTABLE && lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return marked;
}

static void check_array(lua_State *L, int index, size_t count) {
  size_t keys = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), keys++)
    if (!lua_isinteger(L, -2))
      luaL_error(L, "a table with both array items and the key '%s' is no JSON", luaL_tolstring(L, -2, NULL));
  if (keys != count) luaL_error(L, "an array with holes is no JSON");
}

static void encode_array(struct encoder *e, int index) {
  size_t count = lua_rawlen(e->L, index);
  check_array(e->L, index, count);
  add(e, "[", 1);
  e->depth++;
  for (size_t i = 1; i <= count; i++) {
    if (i > 1) add(e, ",", 1);
    add_break(e);
    lua_rawgeti(e->L, index, (lua_Integer)i);
    encode_value(e, lua_gettop(e->L));
    lua_pop(e->L, 1);
  }
  e->depth--;
  if (count) add_break(e);
  add(e, "]", 1);
}

/* Objects. */

static int compare_keys(const void *left, const void *right) {
  const struct key *a = left, *b = right;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
  return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* The rank of the key on top of the stack. */
static lua_Integer find_rank(struct encoder *e) {
  if (!e->style->order) return 0;
  lua_pushvalue(e->L, -1);
  lua_Integer rank = lua_rawget(e->L, e->style->order) == LUA_TNUMBER ? lua_tointeger(e->L, -1) : LUA_MAXINTEGER;
  lua_pop(e->L, 1);
  return rank;
}

/* Pushes memory with the sorted keys of the object, whose strings the object holds. */
static struct key *push_keys(struct encoder *e, int index, size_t *count) {
  lua_State *L = e->L;
  *count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "an object with the key %s, no string, is no JSON", luaL_tolstring(L, -2, NULL));
    ++*count;
  }
  struct key *keys = lua_newuserdatauv(L, (*count + 1) * sizeof *keys, 0);
  size_t i = 0;
  for (lua_pushnil(L); lua_next(L, index); i++) {
    lua_pop(L, 1);
    keys[i].text = lua_tolstring(L, -1, &keys[i].size);
    keys[i].rank = find_rank(e);
  }
  qsort(keys, *count, sizeof *keys, compare_keys);
  return keys;
}

static void encode_object(struct encoder *e, int index) {
  size_t count;
  const struct key *keys = push_keys(e, index, &count);
  add(e, "{", 1);
  e->depth++;
  for (size_t i = 0; i < count; i++) {
    if (i > 0) add(e, ",", 1);
    add_break(e);
    add_string(e, keys[i].text, keys[i].size);
    add(e, ": ", e->style->indent ? 2 : 1);
    lua_pushlstring(e->L, keys[i].text, keys[i].size);
    lua_rawget(e->L, index);
    encode_value(e, lua_gettop(e->L));
    lua_pop(e->L, 1);
  }
  e->depth--;
  if (count) add_break(e);
  add(e, "}", 1);
  lua_pop(e->L, 1);
}

static void encode_table(struct encoder *e, int index) {
  if (e->depth == DEEPEST) luaL_error(e->L, "tables nested more than %d deep (a table that contains itself?)", DEEPEST);
  luaL_checkstack(e->L, 8, "JSON");
  if (is_array(e->L, index))
    encode_array(e, index);
  else
    encode_object(e, index);
}

static void encode_value(struct encoder *e, int index) {
  size_t size;
  const char *text;
  switch (lua_type(e->L, index)) {
  case LUA_TBOOLEAN:
    text = lua_toboolean(e->L, index) ? "true" : "false";
    add(e, text, strlen(text));
    return;
  case LUA_TNUMBER: encode_number(e, index); return;
  case LUA_TSTRING:
    text = lua_tolstring(e->L, index, &size);
    add_string(e, text, size);
    return;
  case LUA_TTABLE: encode_table(e, index); return;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(e->L, index)) break;
    add(e, "null", 4);
    return;
  default: break;
  }
  luaL_error(e->L, "a %s is no JSON", luaL_typename(e->L, index));
}

void hl_json_encode(lua_State *L, int index, const struct hl_json_style *style, struct hl_buffer *buffer) {
  struct encoder e = {L, style, buffer, 0};
  encode_value(&e, lua_absindex(L, index));
}

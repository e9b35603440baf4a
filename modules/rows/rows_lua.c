/* SPDX-License-Identifier: MIT
 *
 * hilum.rows: mapped files and sets of rows. All calls are quick: none waits, but for pages that are not in memory yet.
 */
#include <limits.h>
#include <string.h>

#include "core/bind.h"
#include "rows/mapped.h"
#include "rows/set.h"

#define FILE_TYPE "hilum.rows.File"
#define SET_TYPE "hilum.rows.Set"

/* File. */

static struct hl_mapped *check_file(lua_State *L, int index) {
  struct hl_mapped *file = luaL_checkudata(L, index, FILE_TYPE);
  luaL_argcheck(L, file->data, index, "file is closed");
  return file;
}

static int l_map(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  lua_Integer size = luaL_checkinteger(L, 2);
  luaL_argcheck(L, size >= 0, 2, "size is negative");
  struct hl_mapped *file = hl_new_object(L, FILE_TYPE, sizeof *file);
  struct hl_error err;
  return hl_mapped_open(file, "rows.map", path, (size_t)size, &err) ? 1 : hl_push_error(L, &err);
}

static int l_file_close(lua_State *L) {
  hl_mapped_close(luaL_checkudata(L, 1, FILE_TYPE));
  return 0;
}

static int l_file_size(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_file(L, 1)->size);
  return 1;
}

static int l_file_text(lua_State *L) {
  const struct hl_mapped *file = check_file(L, 1);
  lua_Integer size = (lua_Integer)file->size, first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, size);
  luaL_argcheck(L, first >= 1 && first <= size + 1, 2, "outside the file");
  luaL_argcheck(L, last >= first - 1 && last <= size, 3, "outside the file");
  lua_pushlstring(L, (const char *)file->data + first - 1, (size_t)(last - first + 1));
  return 1;
}

static int l_file_find(lua_State *L) {
  const struct hl_mapped *file = check_file(L, 1);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  lua_Integer width = luaL_checkinteger(L, 3), from = luaL_checkinteger(L, 4), found = 0;
  luaL_argcheck(L, width >= 1, 3, "not positive");
  luaL_argcheck(L, from >= 1 && from <= width && (size_t)(width - from + 1) >= size, 4, "outside the record");
  lua_newtable(L);
  const uint8_t *at = file->data + from - 1;
  for (size_t i = 0; i < file->size / (size_t)width; i++) {
    if (memcmp(at + i * (size_t)width, bytes, size) != 0) continue;
    lua_pushinteger(L, (lua_Integer)i + 1);
    lua_rawseti(L, -2, ++found);
  }
  return 1;
}

/* Set. */

struct range {
  size_t from, end;
};

static struct hl_row_set *check_set(lua_State *L, int index) { return luaL_checkudata(L, index, SET_TYPE); }

static const struct hl_row_set *check_other(lua_State *L, const struct hl_row_set *set) {
  const struct hl_row_set *other = check_set(L, 2);
  luaL_argcheck(L, other->count == set->count, 2, "a set of another number of rows");
  return other;
}

static int push_self(lua_State *L) {
  lua_settop(L, 1);
  return 1;
}

static int l_set(lua_State *L) {
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 0 && count <= UINT32_MAX, 1, "not a number of rows");
  size_t bytes = sizeof(struct hl_row_set) + hl_row_set_words((size_t)count) * sizeof(uint64_t);
  struct hl_row_set *set = hl_new_object(L, SET_TYPE, bytes);
  set->count = (size_t)count;
  return 1;
}

static int l_set_add(lua_State *L) {
  struct hl_row_set *set = check_set(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
    lua_Integer row = lua_tointeger(L, -1);
    if (row < 1 || (size_t)row > set->count)
      luaL_argerror(L, 2, lua_pushfstring(L, "entry %I is not a number from 1 to %I", (LUAI_UACINT)i, (LUAI_UACINT)set->count));
    hl_row_set_add(set, (size_t)row - 1);
    lua_pop(L, 1);
  }
  return push_self(L);
}

static uint32_t check_value(lua_State *L, int index) {
  int is_integer;
  lua_Integer value = lua_tointegerx(L, index, &is_integer);
  luaL_argcheck(L, is_integer && value >= 0 && value <= UINT32_MAX, 3, "not a number of 32 bits");
  return (uint32_t)value;
}

/* The list at index 3 as a set of values, which it pushes. */
static const struct hl_row_set *push_values(lua_State *L) {
  size_t count = 0;
  for (lua_Integer i = 1; lua_rawgeti(L, 3, i) != LUA_TNIL; i++, lua_pop(L, 1))
    if (check_value(L, -1) >= count) count = (size_t)check_value(L, -1) + 1;
  struct hl_row_set *values = hl_new_object(L, SET_TYPE, sizeof *values + hl_row_set_words(count) * sizeof(uint64_t));
  values->count = count;
  for (lua_Integer i = 1; lua_rawgeti(L, 3, i) != LUA_TNIL; i++, lua_pop(L, 1)) hl_row_set_add(values, check_value(L, -1));
  return values;
}

static int l_set_add_tagged(lua_State *L) {
  struct hl_row_set *set = check_set(L, 1);
  const struct hl_mapped *tags = check_file(L, 2);
  lua_settop(L, 3);
  bool all_in = lua_istable(L, 3) ? hl_row_set_add_tagged_any(set, tags->data, tags->size, push_values(L))
                                  : hl_row_set_add_tagged(set, tags->data, tags->size, check_value(L, 3));
  struct hl_error err;
  if (all_in) return push_self(L);
  hl_fail(&err, HL_INTEGRITY, "Set:add_tagged", "a tag names a row beyond the last (%zu)", set->count);
  return hl_push_error(L, &err);
}

static int l_set_keep(lua_State *L) {
  struct hl_row_set *set = check_set(L, 1);
  hl_row_set_keep(set, check_other(L, set));
  return push_self(L);
}

static int l_set_remove(lua_State *L) {
  struct hl_row_set *set = check_set(L, 1);
  hl_row_set_remove(set, check_other(L, set));
  return push_self(L);
}

static int l_set_invert(lua_State *L) {
  hl_row_set_invert(check_set(L, 1));
  return push_self(L);
}

static int l_set_size(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_row_set_size(check_set(L, 1)));
  return 1;
}

static int l_set_has(lua_State *L) {
  const struct hl_row_set *set = check_set(L, 1);
  lua_Integer row = luaL_checkinteger(L, 2);
  luaL_argcheck(L, row >= 1 && (size_t)row <= set->count, 2, "no such row");
  lua_pushboolean(L, hl_row_set_has(set, (size_t)row - 1));
  return 1;
}

/* The arguments first and last; last may be first - 1. */
static struct range check_range(lua_State *L, const struct hl_row_set *set) {
  lua_Integer count = (lua_Integer)set->count, first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, count);
  luaL_argcheck(L, first >= 1 && first <= count + 1, 2, "no such row");
  luaL_argcheck(L, last >= first - 1 && last <= count, 3, "no such row");
  return (struct range){.from = (size_t)first - 1, .end = (size_t)last};
}

static int l_set_bits(lua_State *L) {
  const struct hl_row_set *set = check_set(L, 1);
  struct range range = check_range(L, set);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (size_t word = 0; word < hl_row_set_words(range.end); word++) {
    uint64_t bits = hl_row_set_word(set, word, range.from, range.end);
    luaL_addlstring(&buffer, (const char *)&bits, sizeof bits);
  }
  luaL_pushresult(&buffer);
  return 1;
}

static int l_set_list(lua_State *L) {
  const struct hl_row_set *set = check_set(L, 1);
  struct range range = check_range(L, set);
  size_t size = hl_row_set_size(set), span = range.end - range.from, room = size < span ? size : span;
  uint32_t *numbers = lua_newuserdatauv(L, room * sizeof *numbers + 1, 0);
  size_t count = hl_row_set_list(set, range.from, range.end, numbers);
  lua_createtable(L, count < INT_MAX ? (int)count : 0, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushinteger(L, (lua_Integer)numbers[i] + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

HL_MODULE int luaopen_hilum_rows(lua_State *L);

int luaopen_hilum_rows(lua_State *L) {
  static const luaL_Reg functions[] = {{"map", l_map}, {"set", l_set}, {NULL, NULL}};
  static const luaL_Reg file_methods[] = {{"text", l_file_text}, {"find", l_file_find}, {"close", l_file_close}, {NULL, NULL}};
  static const luaL_Reg file_meta[] = {{"__gc", l_file_close}, {"__close", l_file_close}, {"__len", l_file_size}, {NULL, NULL}};
  static const luaL_Reg set_methods[] = {{"add", l_set_add},       {"add_tagged", l_set_add_tagged},
                                         {"keep", l_set_keep},     {"remove", l_set_remove},
                                         {"invert", l_set_invert}, {"size", l_set_size},
                                         {"has", l_set_has},       {"list", l_set_list},
                                         {"bits", l_set_bits},     {NULL, NULL}};
  static const luaL_Reg set_meta[] = {{NULL, NULL}};
  hl_new_type(L, FILE_TYPE, file_methods, file_meta);
  hl_new_type(L, SET_TYPE, set_methods, set_meta);
  luaL_newlib(L, functions);
  return 1;
}

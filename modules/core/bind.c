/* SPDX-License-Identifier: MIT */
#include "core/bind.h"

#include <limits.h>
#include <string.h>

/* Errors. */

static int error_tostring(lua_State *L) {
  lua_getfield(L, 1, "op");
  lua_getfield(L, 1, "message");
  const char *op = lua_tostring(L, -2), *message = lua_tostring(L, -1);
  if (op && *op)
    lua_pushfstring(L, "%s: %s", op, message ? message : "failed");
  else
    lua_pushstring(L, message ? message : "failed");
  return 1;
}

static void set_string(lua_State *L, const char *key, const char *value) {
  if (!*value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

void hl_push_error_value(lua_State *L, const struct hl_error *err) {
  lua_createtable(L, 0, 6);
  set_string(L, "kind", hl_kind_name(err->kind));
  set_string(L, "op", err->op);
  set_string(L, "code", err->code);
  set_string(L, "message", err->message);
  lua_pushboolean(L, err->retryable);
  lua_setfield(L, -2, "retryable");
  if (err->status) {
    lua_pushinteger(L, err->status);
    lua_setfield(L, -2, "status");
  }
  if (luaL_newmetatable(L, "hilum.Error")) {
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
  }
  lua_setmetatable(L, -2);
}

int hl_push_error(lua_State *L, const struct hl_error *err) {
  lua_pushnil(L);
  hl_push_error_value(L, err);
  return 2;
}

static int l_tostring(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

const char *hl_push_message(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushcfunction(L, l_tostring);
  lua_pushvalue(L, index);
  return lua_pcall(L, 1, 1, 0) == LUA_OK ? lua_tostring(L, -1) : "an error object that cannot say what it is";
}

/* Types and objects. */

void hl_new_type(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta) {
  if (luaL_newmetatable(L, name)) {
    luaL_setfuncs(L, meta, 0);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
  }
  lua_pop(L, 1);
}

void *hl_new_object(lua_State *L, const char *name, size_t size) {
  void *object = lua_newuserdatauv(L, size, 1);
  memset(object, 0, size);
  luaL_setmetatable(L, name);
  return object;
}

/* Options. */

static bool is_known(const char *key, const char *const names[]) {
  for (; *names; names++)
    if (strcmp(key, *names) == 0) return true;
  return false;
}

void hl_check_options(lua_State *L, int index, const char *const names[]) {
  if (lua_isnoneornil(L, index)) return;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    if (!key || !is_known(key, names))
      luaL_argerror(L, index, lua_pushfstring(L, "unknown option '%s'", key ? key : luaL_tolstring(L, -2, NULL)));
  }
}

/* Pushes the option; true if it is there, else pops it again. */
static bool push_option(lua_State *L, int index, const char *name) {
  if (!lua_istable(L, index)) return false;
  if (lua_getfield(L, index, name) != LUA_TNIL) return true;
  lua_pop(L, 1);
  return false;
}

static int bad_option(lua_State *L, int index, const char *name, const char *expected) {
  return luaL_argerror(L, index, lua_pushfstring(L, "option '%s': %s expected, got %s", name, expected, luaL_typename(L, -1)));
}

lua_Integer hl_opt_integer(lua_State *L, int index, const char *name, lua_Integer fallback, lua_Integer min, lua_Integer max) {
  if (!push_option(L, index, name)) return fallback;
  int is_integer;
  lua_Integer value = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer) bad_option(L, index, name, "integer");
  if (value < min || value > max)
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "option '%s': %I is not in %I..%I", name, (LUAI_UACINT)value, (LUAI_UACINT)min, (LUAI_UACINT)max));
  lua_pop(L, 1);
  return value;
}

lua_Number hl_opt_number(lua_State *L, int index, const char *name, lua_Number fallback) {
  if (!push_option(L, index, name)) return fallback;
  int is_number;
  lua_Number value = lua_tonumberx(L, -1, &is_number);
  if (!is_number) bad_option(L, index, name, "number");
  lua_pop(L, 1);
  return value;
}

bool hl_opt_bool(lua_State *L, int index, const char *name, bool fallback) {
  if (!push_option(L, index, name)) return fallback;
  if (!lua_isboolean(L, -1)) bad_option(L, index, name, "boolean");
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

const char *hl_opt_string(lua_State *L, int index, const char *name, const char *fallback) {
  if (!push_option(L, index, name)) return fallback;
  if (lua_type(L, -1) != LUA_TSTRING) bad_option(L, index, name, "string");
  const char *value = lua_tostring(L, -1);
  lua_pop(L, 1);
  return value;
}

int hl_opt_choice(lua_State *L, int index, const char *name, int fallback, const char *const choices[]) {
  const char *value = hl_opt_string(L, index, name, NULL);
  if (!value) return fallback;
  for (int i = 0; choices[i]; i++)
    if (strcmp(value, choices[i]) == 0) return i;
  return luaL_argerror(L, index, lua_pushfstring(L, "option '%s': unknown choice '%s'", name, value));
}

const char *hl_check_path(lua_State *L, int index) {
  size_t size;
  const char *path = luaL_checklstring(L, index, &size);
  luaL_argcheck(L, size > 0, index, "empty path");
  luaL_argcheck(L, strlen(path) == size, index, "path with a NUL in it");
  return path;
}

size_t hl_count_paths(lua_State *L, int index) {
  if (lua_istable(L, index)) return lua_rawlen(L, index);
  hl_check_path(L, index);
  return 1;
}

char *hl_copy_path(lua_State *L, int index, size_t item) {
  if (lua_istable(L, index))
    lua_rawgeti(L, index, (lua_Integer)item + 1);
  else
    lua_pushvalue(L, index);
  char *path = strdup(hl_check_path(L, -1));
  lua_pop(L, 1);
  if (!path) luaL_error(L, "not enough memory");
  return path;
}

/* Matrices and images. Their methods are vec's and image's; the types are here because several modules make them. */

static void require_module(lua_State *L, const char *module) {
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  lua_call(L, 1, 0);
}

/* A zeroed object whose type the module registers, which is loaded if need be. */
static void *push_object_of(lua_State *L, const char *module, const char *type, size_t size) {
  if (luaL_getmetatable(L, type) == LUA_TNIL) require_module(L, module);
  lua_pop(L, 1);
  return hl_new_object(L, type, size);
}

static void collect_for(lua_State *L, size_t bytes) {
  size_t kilobytes = bytes / 1024;
  if (kilobytes) lua_gc(L, LUA_GCSTEP, kilobytes > INT_MAX ? INT_MAX : (int)kilobytes);
}

struct hl_matrix *hl_push_matrix_object(lua_State *L) {
  return push_object_of(L, "hilum.vec", HL_MATRIX, sizeof(struct hl_matrix));
}

struct hl_matrix *hl_push_matrix(lua_State *L, size_t rows, size_t cols) {
  struct hl_matrix *m = hl_push_matrix_object(L);
  if (!hl_matrix_alloc(m, rows, cols))
    luaL_error(L, "not enough memory for a %I x %I matrix", (LUAI_UACINT)rows, (LUAI_UACINT)cols);
  collect_for(L, rows * cols * sizeof(float));
  return m;
}

struct hl_matrix *hl_check_matrix(lua_State *L, int index) {
  struct hl_matrix *m = luaL_checkudata(L, index, HL_MATRIX);
  luaL_argcheck(L, m->data, index, "matrix is closed");
  return m;
}

struct hl_matrix *hl_check_writable_matrix(lua_State *L, int index) {
  struct hl_matrix *m = hl_check_matrix(L, index);
  luaL_argcheck(L, !m->readonly, index, "matrix is read-only (mapped from a file)");
  luaL_argcheck(L, m->borrows == 0, index, "matrix is in use by an operation that has not finished");
  return m;
}

struct hl_image *hl_push_image(lua_State *L, struct hl_image *from) {
  struct hl_image *image = push_object_of(L, "hilum.image", HL_IMAGE, sizeof *image);
  *image = *from;
  *from = (struct hl_image){0};
  collect_for(L, hl_image_size(image));
  return image;
}

struct hl_image *hl_check_image(lua_State *L, int index) {
  return luaL_checkudata(L, index, HL_IMAGE);
}

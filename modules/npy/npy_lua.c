/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "npy/npy.h"
#include "task/op.h"

/* All functions are operations on one file. */
struct npy_op {
  struct hl_op op;
  char *path;
  struct hl_matrix made;      /* by read and map */
  struct hl_matrix *borrowed; /* by write and append */
  size_t rows;                /* of map and append */
  bool few;                   /* of map */
  struct hl_npy_info info;
  bool done;
  struct hl_error err;
};

static void destroy(struct hl_op *op) {
  struct npy_op *self = (struct npy_op *)op;
  hl_op_return(self->borrowed);
  hl_matrix_free(&self->made);
  free(self->path);
}

static struct npy_op *new_op(lua_State *L, const struct hl_op_class *cls) {
  const char *path = hl_check_path(L, 1);
  struct npy_op *self = hl_op_new(L, cls, sizeof *self);
  self->path = strdup(path);
  if (!self->path) luaL_error(L, "not enough memory");
  return self;
}

static int push_matrix(lua_State *L, struct hl_op *op) {
  struct npy_op *self = (struct npy_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  struct hl_matrix *m = hl_push_matrix_object(L);
  *m = self->made;
  self->made = (struct hl_matrix){0};
  return 1;
}

static int push_done(lua_State *L, struct hl_op *op) {
  struct npy_op *self = (struct npy_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  lua_pushboolean(L, true);
  return 1;
}

static void work_read(struct hl_op *op, size_t item) {
  (void)item;
  struct npy_op *self = (struct npy_op *)op;
  self->done = hl_npy_read(op->cls->name, self->path, &self->made, &self->err);
}

static int l_read(lua_State *L) {
  static const struct hl_op_class cls = {.name = "npy.read", .work = work_read, .push = push_matrix, .destroy = destroy};
  return hl_op_await(L, &new_op(L, &cls)->op);
}

static void work_map(struct hl_op *op, size_t item) {
  (void)item;
  struct npy_op *self = (struct npy_op *)op;
  self->done = hl_npy_map(op->cls->name, self->path, self->rows, &self->made, &self->err);
  if (self->done && self->few) hl_npy_expect_few(&self->made);
}

/* The option `name` in the table at index: a number of rows. */
static size_t rows_option(lua_State *L, int index, const char *name) {
  lua_Integer rows = hl_opt_integer(L, index, name, -1, 0, LUA_MAXINTEGER);
  return rows < 0 ? HL_NPY_ALL : (size_t)rows;
}

static int l_map(lua_State *L) {
  static const struct hl_op_class cls = {.name = "npy.map", .work = work_map, .push = push_matrix, .destroy = destroy};
  static const char *const names[] = {"rows", "few", NULL};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  size_t rows = rows_option(L, 2, "rows");
  bool few = hl_opt_bool(L, 2, "few", false);
  struct npy_op *self = new_op(L, &cls);
  self->rows = rows;
  self->few = few;
  return hl_op_await(L, &self->op);
}

static void work_write(struct hl_op *op, size_t item) {
  (void)item;
  struct npy_op *self = (struct npy_op *)op;
  self->done = hl_npy_write(op->cls->name, self->path, self->borrowed, &self->err);
}

static void work_append(struct hl_op *op, size_t item) {
  (void)item;
  struct npy_op *self = (struct npy_op *)op;
  self->done = hl_npy_append(op->cls->name, self->path, self->rows, self->borrowed, &self->err);
}

static int write_matrix(lua_State *L, const struct hl_op_class *cls, size_t rows) {
  hl_check_matrix(L, 2);
  struct npy_op *self = new_op(L, cls);
  self->rows = rows;
  self->borrowed = hl_op_borrow(L, &self->op, 2);
  return hl_op_await(L, &self->op);
}

static int l_write(lua_State *L) {
  static const struct hl_op_class cls = {.name = "npy.write", .work = work_write, .push = push_done, .destroy = destroy};
  lua_settop(L, 2);
  return write_matrix(L, &cls, HL_NPY_ALL);
}

static int l_append(lua_State *L) {
  static const struct hl_op_class cls = {.name = "npy.append", .work = work_append, .push = push_done, .destroy = destroy};
  static const char *const names[] = {"at", NULL};
  lua_settop(L, 3);
  hl_check_options(L, 3, names);
  return write_matrix(L, &cls, rows_option(L, 3, "at"));
}

static void work_info(struct hl_op *op, size_t item) {
  (void)item;
  struct npy_op *self = (struct npy_op *)op;
  self->done = hl_npy_info(op->cls->name, self->path, &self->info, &self->err);
}

static int push_info(lua_State *L, struct hl_op *op) {
  struct npy_op *self = (struct npy_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  lua_createtable(L, 0, 5);
  lua_pushfstring(L, "%c%d", self->info.type, self->info.width);
  lua_setfield(L, -2, "type");
  lua_pushboolean(L, self->info.big_endian);
  lua_setfield(L, -2, "big_endian");
  lua_pushboolean(L, self->info.fortran);
  lua_setfield(L, -2, "fortran");
  lua_pushinteger(L, (lua_Integer)self->info.rows);
  lua_setfield(L, -2, "rows");
  lua_pushinteger(L, (lua_Integer)self->info.cols);
  lua_setfield(L, -2, "cols");
  return 1;
}

static int l_info(lua_State *L) {
  static const struct hl_op_class cls = {.name = "npy.info", .work = work_info, .push = push_info, .destroy = destroy};
  return hl_op_await(L, &new_op(L, &cls)->op);
}

HL_MODULE int luaopen_hilum_npy(lua_State *L) {
  static const luaL_Reg functions[] = {{"read", l_read},     {"map", l_map},   {"write", l_write},
                                       {"append", l_append}, {"info", l_info}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

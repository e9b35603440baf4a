/* SPDX-License-Identifier: MIT
 *
 * hilum.vec: the entry point, and what the binding's files share.
 */
#include "vec/vec_lua.h"

#include <limits.h>
#include <stdlib.h>

#include "task/loop.h"

/* Operations. */

/* Nanoseconds. Below the first, work costs less than handing it to a thread and back; below the second, one job with no task that
 * could run meanwhile does it where it is asked for, and Ctrl-C still comes soon enough. */
enum { WORTH_A_THREAD = 100000, WORTH_A_WAIT = 50000000 };

enum { BLOCK_ELEMENTS = 1 << 16 };

void *vec_op_new(lua_State *L, const struct hl_op_class *cls, size_t size) { return hl_op_new(L, cls, size); }

void vec_op_destroy(struct hl_op *op) {
  struct vec_op *own = (struct vec_op *)op;
  for (size_t i = 0; i < own->holds; i++) hl_op_return(own->held[i]);
  for (size_t i = 0; i < own->memories; i++) free(own->memory[i]);
}

struct hl_matrix *vec_op_hold(lua_State *L, struct vec_op *op, int index) {
  struct hl_matrix *m = hl_op_borrow(L, &op->op, index);
  op->held[op->holds++] = m;
  return m;
}

void *vec_op_memory(lua_State *L, struct vec_op *op, size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) luaL_error(L, "not enough memory");
  op->memory[op->memories++] = memory;
  return memory;
}

int vec_op_push_result(lua_State *L, struct hl_op *op) {
  lua_pushvalue(L, ((struct vec_op *)op)->result);
  return 1;
}

int vec_op_run(lua_State *L, struct vec_op *op, double nanoseconds) {
  struct hl_loop *loop = op->op.loop;
  bool nothing_gained = hl_loop_jobs(loop) == 1 && !hl_loop_has_tasks(loop);
  return nanoseconds < (nothing_gained ? WORTH_A_WAIT : WORTH_A_THREAD) ? hl_op_run_here(L, &op->op) : hl_op_await(L, &op->op);
}

/* Ranges of rows. */

static void run_range(struct hl_op *op, size_t item) {
  const struct rows_op *own = (const struct rows_op *)op;
  size_t from = item * own->block, left = own->rows - from;
  own->run(own, from, left < own->block ? left : own->block);
}

static const struct hl_op_class rows_class = {
    .name = "vec", .work = run_range, .push = vec_op_push_result, .destroy = vec_op_destroy};

struct rows_op *rows_op_new(lua_State *L, void (*run)(const struct rows_op *op, size_t from, size_t count)) {
  struct rows_op *op = vec_op_new(L, &rows_class, sizeof *op);
  op->run = run;
  return op;
}

int rows_op_run(lua_State *L, struct rows_op *op, int result, size_t rows, size_t cols, double cost) {
  op->base.result = result;
  op->rows = rows;
  op->block = cols < BLOCK_ELEMENTS ? BLOCK_ELEMENTS / (cols ? cols : 1) : 1;
  op->base.op.items = (rows + op->block - 1) / op->block;
  return vec_op_run(L, &op->base, cost * (double)rows * (double)cols);
}

/* Arguments. */

int shape_error(lua_State *L, int index, const struct hl_matrix *m, const char *wanted) {
  return luaL_argerror(L, index,
                       lua_pushfstring(L, "matrix is %I x %I, not %s", (LUAI_UACINT)m->rows, (LUAI_UACINT)m->cols, wanted));
}

void check_same_shape(lua_State *L, const struct hl_matrix *a, const struct hl_matrix *b, int index) {
  if (a->rows != b->rows || a->cols != b->cols)
    shape_error(L, index, b, lua_pushfstring(L, "%I x %I", (LUAI_UACINT)a->rows, (LUAI_UACINT)a->cols));
}

size_t check_size(lua_State *L, int index) {
  lua_Integer size = luaL_checkinteger(L, index);
  luaL_argcheck(L, size >= 0 && size <= INT_MAX, index, "size is negative or too large");
  return (size_t)size;
}

const uint32_t *check_numbers(lua_State *L, struct vec_op *op, int index, size_t limit, size_t *count) {
  luaL_checktype(L, index, LUA_TTABLE);
  *count = (size_t)luaL_len(L, index);
  uint32_t *numbers = vec_op_memory(L, op, *count, sizeof *numbers);
  for (size_t i = 0; i < *count; i++) {
    int is_integer;
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    lua_Integer number = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || number < 1 || (size_t)number > limit)
      luaL_argerror(L, index,
                    lua_pushfstring(L, "entry %I is not a number from 1 to %I", (LUAI_UACINT)i + 1, (LUAI_UACINT)limit));
    lua_pop(L, 1);
    numbers[i] = (uint32_t)(number - 1);
  }
  return numbers;
}

const int64_t *option_integers(lua_State *L, struct vec_op *op, int index, const char *name, size_t count) {
  if (!lua_istable(L, index) || lua_getfield(L, index, name) == LUA_TNIL) return NULL;
  if (!lua_istable(L, -1) || (size_t)luaL_len(L, -1) != count)
    luaL_argerror(L, index, lua_pushfstring(L, "option '%s': an array of %I integers expected", name, (LUAI_UACINT)count));
  int64_t *integers = vec_op_memory(L, op, count, sizeof *integers);
  for (size_t i = 0; i < count; i++) {
    int is_integer;
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    integers[i] = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer) luaL_argerror(L, index, lua_pushfstring(L, "option '%s': entry %I is no integer", name, (LUAI_UACINT)i + 1));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return integers;
}

HL_MODULE int luaopen_hilum_vec(lua_State *L);

int luaopen_hilum_vec(lua_State *L) {
  matrix_register(L);
  quantized_register(L);
  lua_newtable(L);
  luaL_setfuncs(L, matrix_functions, 0);
  luaL_setfuncs(L, algebra_functions, 0);
  luaL_setfuncs(L, train_functions, 0);
  luaL_setfuncs(L, search_functions, 0);
  luaL_setfuncs(L, retrieval_functions, 0);
  luaL_setfuncs(L, resample_functions, 0);
  luaL_setfuncs(L, quantized_functions, 0);
  return 1;
}

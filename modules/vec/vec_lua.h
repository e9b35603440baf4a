/* SPDX-License-Identifier: MIT
 *
 * What the binding's files share: operations on matrices, lists of numbers out of Lua, and the functions each file adds.
 */
#ifndef HILUM_VEC_LUA_H
#define HILUM_VEC_LUA_H

#include <stdint.h>

#include "core/bind.h"
#include "task/op.h"
#include "vec/vec.h"

/* The first member of each operation here. */
struct vec_op {
  struct hl_op op;
  struct hl_matrix *held[6]; /* borrowed until the operation is destroyed */
  size_t holds;
  void *memory[8]; /* freed with the operation */
  size_t memories;
  int result; /* the stack index that push_result returns */
};

/* Zeroed; class->destroy must be vec_op_destroy. Borrow (hold) last, when nothing can raise any more. [-0, +1, m] */
void *vec_op_new(lua_State *L, const struct hl_op_class *cls, size_t size);
void vec_op_destroy(struct hl_op *op);
struct hl_matrix *vec_op_hold(lua_State *L, struct vec_op *op, int index);

/* Zeroed memory that lives as long as the operation; raises when there is none. [-0, +0, m] */
void *vec_op_memory(lua_State *L, struct vec_op *op, size_t count, size_t size);

/* class->push for operations whose result was made before they began. */
int vec_op_push_result(lua_State *L, struct hl_op *op);

/* Ends a binding: here if the work takes about less than a thread's waking, else on the pool. */
int vec_op_run(lua_State *L, struct vec_op *op, double nanoseconds);

/* Work on ranges of rows: run is called for disjoint ranges that cover all rows, several at a time. */
struct rows_op {
  struct vec_op base;
  void (*run)(const struct rows_op *op, size_t from, size_t count);
  size_t rows, block;
  float numbers[3];
  const uint32_t *lists[2];
  size_t list_sizes[2];
  uint64_t seed;
};

struct rows_op *rows_op_new(lua_State *L, void (*run)(const struct rows_op *op, size_t from, size_t count));

/* result: the stack index of what is returned. cost: nanoseconds per element. */
int rows_op_run(lua_State *L, struct rows_op *op, int result, size_t rows, size_t cols, double cost);

/* Raises unless both matrices have the same shape; the message names both. */
void check_same_shape(lua_State *L, const struct hl_matrix *a, const struct hl_matrix *b, int index);

/* Raises with a message that names the shape of the matrix at index and what is wanted. */
int shape_error(lua_State *L, int index, const struct hl_matrix *m, const char *wanted);

/* A positive size argument below 2^31. */
size_t check_size(lua_State *L, int index);

/* The array at index as 0-based row (or column) numbers below limit, in the operation's memory. */
const uint32_t *check_numbers(lua_State *L, struct vec_op *op, int index, size_t limit, size_t *count);

/* options[name] as an array of count integers in the operation's memory; NULL if it is not there. */
const int64_t *option_integers(lua_State *L, struct vec_op *op, int index, const char *name, size_t count);

/* Reads data, queries, k and options (their names are checked already) from stack index first on. Raises. [-0, +a few, e] */
void check_search(lua_State *L, struct vec_op *op, struct hl_search *job, int first);

/* Pushes {rows, scores}. [-0, +1, m] */
void push_hits(lua_State *L, const struct hl_hit *hits, size_t count);

extern const luaL_Reg matrix_functions[], algebra_functions[], train_functions[], search_functions[], retrieval_functions[],
    resample_functions[], quantized_functions[];

/* Registers the type Matrix. */
void matrix_register(lua_State *L);

/* Registers the type Quantized. */
void quantized_register(lua_State *L);

#endif

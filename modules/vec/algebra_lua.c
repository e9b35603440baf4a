/* SPDX-License-Identifier: MIT
 *
 * Products, sums, lengths, standardising, principal components.
 */
#include <math.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/vec_lua.h"

/* Products. */

struct matmul_op {
  struct vec_op base;
  struct hl_matmul job;
};

static void multiply_part(struct hl_op *op, size_t item) { hl_matmul_part(&((struct matmul_op *)op)->job, item); }

static const struct hl_op_class matmul_class = {
    .name = "vec.matmul", .work = multiply_part, .push = vec_op_push_result, .destroy = vec_op_destroy};

/* Leaves the result at index 4: options.out, or a new matrix. */
static void push_product(lua_State *L, const struct hl_matrix *a, const struct hl_matrix *b, size_t rows, size_t cols) {
  if (!lua_istable(L, 3) || lua_getfield(L, 3, "out") == LUA_TNIL) {
    lua_settop(L, 3);
    hl_push_matrix(L, rows, cols);
    return;
  }
  struct hl_matrix *c = hl_check_writable_matrix(L, 4);
  luaL_argcheck(L, c != a && c != b, 3, "option 'out' is one of the factors");
  if (c->rows != rows || c->cols != cols)
    shape_error(L, 3, c, lua_pushfstring(L, "%I x %I (option 'out')", (LUAI_UACINT)rows, (LUAI_UACINT)cols));
}

static int l_matmul(lua_State *L) {
  static const char *const names[] = {"ta", "tb", "alpha", "beta", "out", NULL};
  const struct hl_matrix *a = hl_check_matrix(L, 1), *b = hl_check_matrix(L, 2);
  hl_check_options(L, 3, names);
  lua_settop(L, 3);
  struct hl_matmul job = {.a_turned = hl_opt_bool(L, 3, "ta", false), .b_turned = hl_opt_bool(L, 3, "tb", false)};
  job.alpha = (float)hl_opt_number(L, 3, "alpha", 1);
  job.beta = (float)hl_opt_number(L, 3, "beta", 0);
  size_t rows = job.a_turned ? a->cols : a->rows, inner = job.a_turned ? a->rows : a->cols;
  size_t cols = job.b_turned ? b->rows : b->cols, b_inner = job.b_turned ? b->cols : b->rows;
  if (inner != b_inner)
    luaL_error(L, "cannot multiply %I x %I%s by %I x %I%s", (LUAI_UACINT)a->rows, (LUAI_UACINT)a->cols,
               job.a_turned ? " turned" : "", (LUAI_UACINT)b->rows, (LUAI_UACINT)b->cols, job.b_turned ? " turned" : "");
  push_product(L, a, b, rows, cols);
  struct matmul_op *op = vec_op_new(L, &matmul_class, sizeof *op);
  op->base.result = 4;
  op->job = job;
  op->job.a = vec_op_hold(L, &op->base, 1);
  op->job.b = vec_op_hold(L, &op->base, 2);
  op->job.c = vec_op_hold(L, &op->base, 4);
  op->base.op.items = hl_matmul_parts(&op->job);
  return vec_op_run(L, &op->base, (double)rows * (double)cols * (double)inner / 64);
}

/* Sums. */

static void add_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *a = op->base.held[0];
  const struct hl_matrix *b = op->base.held[1];
  for (size_t row = from; row < from + count; row++)
    hl_kernels()->add(a->data + row * a->cols, b->data + (b->rows == 1 ? 0 : row * b->cols), op->numbers[0], a->cols);
}

static int l_add(lua_State *L) {
  const struct hl_matrix *a = hl_check_writable_matrix(L, 1), *b = hl_check_matrix(L, 2);
  luaL_argcheck(L, a != b, 2, "the two matrices are the same");
  if (b->cols != a->cols || b->rows != 1) check_same_shape(L, a, b, 2);
  float alpha = (float)luaL_optnumber(L, 3, 1);
  struct rows_op *op = rows_op_new(L, add_rows);
  op->numbers[0] = alpha;
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return rows_op_run(L, op, 1, a->rows, a->cols, 0.2);
}

static void scale_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *m = op->base.held[0];
  hl_kernels()->scale(m->data + from * m->cols, op->numbers[0], count * m->cols);
}

static int l_scale(lua_State *L) {
  const struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  float alpha = (float)luaL_checknumber(L, 2);
  struct rows_op *op = rows_op_new(L, scale_rows);
  op->numbers[0] = alpha;
  vec_op_hold(L, &op->base, 1);
  return rows_op_run(L, op, 1, m->rows, m->cols, 0.15);
}

/* Lengths. */

static void normalize_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *m = op->base.held[0];
  hl_normalize(m->data + from * m->cols, count, m->cols, op->numbers[0], op->numbers[1], op->base.held[1]->data + from);
}

static int l_normalize(lua_State *L) {
  static const char *const names[] = {"floor", "epsilon", NULL};
  const struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  hl_check_options(L, 2, names);
  float floor = (float)hl_opt_number(L, 2, "floor", 1e-12), epsilon = (float)hl_opt_number(L, 2, "epsilon", 0);
  lua_settop(L, 2);
  hl_push_matrix(L, m->rows, 1);
  struct rows_op *op = rows_op_new(L, normalize_rows);
  op->numbers[0] = floor;
  op->numbers[1] = epsilon;
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 3);
  return rows_op_run(L, op, 3, m->rows, m->cols, 0.2);
}

static void measure_rows(const struct rows_op *op, size_t from, size_t count) {
  const struct hl_matrix *m = op->base.held[0];
  for (size_t i = from; i < from + count; i++) {
    const float *row = m->data + i * m->cols;
    op->base.held[1]->data[i] = sqrtf(hl_kernels()->dot(row, row, m->cols));
  }
}

static int l_norms(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  lua_settop(L, 1);
  hl_push_matrix(L, m->rows, 1);
  struct rows_op *op = rows_op_new(L, measure_rows);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return rows_op_run(L, op, 2, m->rows, m->cols, 0.15);
}

/* Standardising. */

static void standardize_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *const *m = op->base.held;
  size_t cols = m[0]->cols;
  for (size_t i = from; i < from + count; i++)
    hl_kernels()->standardize(m[4]->data + i * cols, m[0]->data + i * cols, m[1]->data, m[2]->data, m[3]->data, op->numbers[0],
                              cols);
}

static void check_row_of(lua_State *L, int index, size_t cols) {
  const struct hl_matrix *m = hl_check_matrix(L, index);
  if (m->rows != 1 || m->cols != cols) shape_error(L, index, m, lua_pushfstring(L, "1 x %I", (LUAI_UACINT)cols));
}

static int l_standardize(lua_State *L) {
  const struct hl_matrix *x = hl_check_matrix(L, 1);
  check_row_of(L, 2, x->cols);
  check_row_of(L, 3, x->cols);
  check_row_of(L, 4, x->cols);
  float limit = (float)luaL_optnumber(L, 5, HUGE_VAL);
  lua_settop(L, 5);
  hl_push_matrix(L, x->rows, x->cols);
  struct rows_op *op = rows_op_new(L, standardize_rows);
  op->numbers[0] = limit;
  for (int i = 1; i <= 4; i++) vec_op_hold(L, &op->base, i);
  vec_op_hold(L, &op->base, 6);
  return rows_op_run(L, op, 6, x->rows, x->cols, 0.4);
}

/* Choosing rows and columns at once. */

static void take_rows(const struct rows_op *op, size_t from, size_t count) {
  const struct hl_matrix *m = op->base.held[0];
  struct hl_matrix *out = op->base.held[1];
  for (size_t i = from; i < from + count; i++) {
    const float *row = m->data + op->lists[0][i] * m->cols;
    for (size_t j = 0; j < out->cols; j++) out->data[i * out->cols + j] = row[op->lists[1][j]];
  }
}

static int l_take(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  hl_push_matrix(L, (size_t)luaL_len(L, 2), (size_t)luaL_len(L, 3));
  struct rows_op *op = rows_op_new(L, take_rows);
  op->lists[0] = check_numbers(L, &op->base, 2, m->rows, &op->list_sizes[0]);
  op->lists[1] = check_numbers(L, &op->base, 3, m->cols, &op->list_sizes[1]);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 4);
  return rows_op_run(L, op, 4, op->list_sizes[0], op->list_sizes[1], 1);
}

/* Principal components. */

struct pca_op {
  struct vec_op base;
  struct hl_pca job;
  bool done;
};

static void find_components(struct hl_op *op, size_t item) {
  (void)item;
  ((struct pca_op *)op)->done = hl_pca(&((struct pca_op *)op)->job);
}

static int push_components(lua_State *L, struct hl_op *op) {
  struct hl_error err;
  if (!((struct pca_op *)op)->done) {
    hl_fail(&err, HL_INTEGRITY, "vec.pca", "no components: the matrix has values that are not finite, or memory ran out");
    return hl_push_error(L, &err);
  }
  for (int i = 3; i <= 5; i++) lua_pushvalue(L, i);
  return 3;
}

static const struct hl_op_class pca_class = {
    .name = "vec.pca", .work = find_components, .push = push_components, .destroy = vec_op_destroy};

static int l_pca(lua_State *L) {
  const struct hl_matrix *x = hl_check_matrix(L, 1);
  size_t count = check_size(L, 2), cols = x->cols;
  luaL_argcheck(L, x->rows > 0, 1, "matrix has no rows");
  luaL_argcheck(L, count >= 1 && count <= cols, 2, "not between 1 and the number of columns");
  lua_settop(L, 2);
  hl_push_matrix(L, cols, count);
  hl_push_matrix(L, 1, count);
  hl_push_matrix(L, 1, cols);
  struct pca_op *op = vec_op_new(L, &pca_class, sizeof *op);
  op->job.count = count;
  op->job.x = vec_op_hold(L, &op->base, 1);
  op->job.components = vec_op_hold(L, &op->base, 3);
  op->job.variances = vec_op_hold(L, &op->base, 4);
  op->job.mean = vec_op_hold(L, &op->base, 5);
  return hl_op_await(L, &op->base.op);
}

const luaL_Reg algebra_functions[] = {{"matmul", l_matmul},           {"add", l_add},     {"scale", l_scale},
                                      {"normalize", l_normalize},     {"norms", l_norms}, {"take", l_take},
                                      {"standardize", l_standardize}, {"pca", l_pca},     {NULL, NULL}};

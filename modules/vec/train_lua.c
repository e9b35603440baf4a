/* SPDX-License-Identifier: MIT
 *
 * Training steps.
 */
#include <math.h>

#include "vec/kernels.h"
#include "vec/vec_lua.h"

/* Cross-entropy. */

struct cross_entropy_op {
  struct vec_op base;
  struct hl_cross_entropy job;
  double loss;
};

static void compute_loss(struct hl_op *op, size_t item) {
  (void)item;
  struct cross_entropy_op *own = (struct cross_entropy_op *)op;
  own->loss = hl_cross_entropy(&own->job);
}

static int push_loss(lua_State *L, struct hl_op *op) {
  lua_pushnumber(L, ((struct cross_entropy_op *)op)->loss);
  return 1;
}

static const struct hl_op_class cross_entropy_class = {
    .name = "vec.cross_entropy", .work = compute_loss, .push = push_loss, .destroy = vec_op_destroy};

static int l_cross_entropy(lua_State *L) {
  static const char *const names[] = {"axis", "weight", "diagonal", NULL}, *const axes[] = {"rows", "columns", NULL};
  const struct hl_matrix *logits = hl_check_matrix(L, 1), *targets = hl_check_matrix(L, 2),
                         *gradient = hl_check_writable_matrix(L, 3);
  check_same_shape(L, logits, targets, 2);
  check_same_shape(L, logits, gradient, 3);
  luaL_argcheck(L, gradient != logits && gradient != targets, 3, "the gradient is one of the other matrices");
  hl_check_options(L, 4, names);
  struct hl_cross_entropy job = {.by_columns = hl_opt_choice(L, 4, "axis", 0, axes) == 1,
                                 .skip_diagonal = !hl_opt_bool(L, 4, "diagonal", true)};
  job.weight = (float)hl_opt_number(L, 4, "weight", 1);
  luaL_argcheck(L, !job.skip_diagonal || (!job.by_columns && logits->rows <= logits->cols), 4,
                "option 'diagonal' = false needs axis \"rows\" and no more rows than columns");
  struct cross_entropy_op *op = vec_op_new(L, &cross_entropy_class, sizeof *op);
  op->job = job;
  op->job.logits = logits;
  op->job.scratch = vec_op_memory(L, &op->base, hl_cross_entropy_scratch(&op->job), sizeof(float));
  vec_op_hold(L, &op->base, 1);
  op->job.targets = vec_op_hold(L, &op->base, 2);
  op->job.gradient = vec_op_hold(L, &op->base, 3);
  return vec_op_run(L, &op->base, (double)logits->rows * (double)logits->cols);
}

/* Back through the normalisation. */

static void backward_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *gradient = op->base.held[0];
  size_t cols = gradient->cols;
  hl_normalize_backward(gradient->data + from * cols, op->base.held[1]->data + from * cols, op->base.held[2]->data + from, count,
                        cols);
}

static int l_normalize_backward(lua_State *L) {
  const struct hl_matrix *gradient = hl_check_writable_matrix(L, 1), *rows = hl_check_matrix(L, 2),
                         *divisors = hl_check_matrix(L, 3);
  check_same_shape(L, gradient, rows, 2);
  luaL_argcheck(L, gradient != rows, 2, "the two matrices are the same");
  if (divisors->rows != gradient->rows || divisors->cols != 1)
    shape_error(L, 3, divisors, lua_pushfstring(L, "%I x 1", (LUAI_UACINT)gradient->rows));
  struct rows_op *op = rows_op_new(L, backward_rows);
  for (int i = 1; i <= 3; i++) vec_op_hold(L, &op->base, i);
  return rows_op_run(L, op, 1, gradient->rows, gradient->cols, 0.3);
}

/* Adam. */

static void adam_rows(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *const *m = op->base.held;
  size_t cols = m[0]->cols, first = from * cols;
  hl_kernels()->adam(m[0]->data + first, m[1]->data + first, m[2]->data + first, m[3]->data + first,
                     (struct hl_adam_rates){.step = op->numbers[0], .keep = op->numbers[1]}, count * cols);
}

static int l_adam(lua_State *L) {
  const struct hl_matrix *m[4] = {hl_check_writable_matrix(L, 1), hl_check_matrix(L, 2), hl_check_writable_matrix(L, 3),
                                  hl_check_writable_matrix(L, 4)};
  for (int i = 1; i < 4; i++) {
    check_same_shape(L, m[0], m[i], i + 1);
    for (int j = 0; j < i; j++) luaL_argcheck(L, m[i] != m[j], i + 1, "the same matrix twice");
  }
  lua_Integer step = luaL_checkinteger(L, 5);
  luaL_argcheck(L, step >= 1, 5, "the first step is 1");
  double rate = luaL_checknumber(L, 6);
  struct rows_op *op = rows_op_new(L, adam_rows);
  op->numbers[0] = (float)(rate / (1 - pow(0.9, (double)step)));
  op->numbers[1] = (float)(1 / (1 - pow(0.999, (double)step)));
  for (int i = 1; i <= 4; i++) vec_op_hold(L, &op->base, i);
  return rows_op_run(L, op, 1, m[0]->rows, m[0]->cols, 0.8);
}

/* A matrix plus its transpose. */

static void add_turned(const struct rows_op *op, size_t from, size_t count) {
  (void)from, (void)count;
  hl_symmetrize(op->base.held[0]);
}

static int l_symmetrize(lua_State *L) {
  const struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  if (m->rows != m->cols) shape_error(L, 1, m, "square");
  struct rows_op *op = rows_op_new(L, add_turned);
  vec_op_hold(L, &op->base, 1);
  return rows_op_run(L, op, 1, m->rows > 0, m->rows * m->cols, 1);
}

/* Noise: in runs of as many numbers as a stream may begin at, whatever the shape. */

enum { NOISE_RUN = 4096 };

static void add_noise(const struct rows_op *op, size_t from, size_t count) {
  struct hl_matrix *m = op->base.held[0];
  size_t first = from * NOISE_RUN, left = m->rows * m->cols - first, wanted = count * NOISE_RUN;
  hl_add_noise(op->seed, first, op->numbers[0], m->data + first, left < wanted ? left : wanted);
}

static int l_add_noise(lua_State *L) {
  const struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 2);
  float scale = (float)luaL_checknumber(L, 3);
  struct rows_op *op = rows_op_new(L, add_noise);
  op->seed = seed;
  op->numbers[0] = scale;
  vec_op_hold(L, &op->base, 1);
  return rows_op_run(L, op, 1, (m->rows * m->cols + NOISE_RUN - 1) / NOISE_RUN, NOISE_RUN, 4);
}

const luaL_Reg train_functions[] = {{"cross_entropy", l_cross_entropy},
                                    {"normalize_backward", l_normalize_backward},
                                    {"symmetrize", l_symmetrize},
                                    {"add_noise", l_add_noise},
                                    {"adam", l_adam},
                                    {NULL, NULL}};

/* SPDX-License-Identifier: MIT
 *
 * Rankings under the draws of a bootstrap.
 */
#include "vec/resample.h"
#include "vec/vec_lua.h"

struct resample_op {
  struct vec_op base;
  struct hl_resample job;
};

static void resample_part(struct hl_op *op, size_t item) { hl_resample_part(&((struct resample_op *)op)->job, item); }

/* The results stand where l_resample has put them: at 5 and 6. */
static int push_results(lua_State *L, struct hl_op *op) {
  const struct hl_resample *job = &((struct resample_op *)op)->job;
  for (size_t ranking = 0; ranking < op->items; ranking++)
    if (job->failed[ranking]) return luaL_error(L, "not enough memory");
  lua_pushvalue(L, 5);
  lua_pushvalue(L, 6);
  return 2;
}

static const struct hl_op_class resample_class = {
    .name = "vec.resample", .work = resample_part, .push = push_results, .destroy = vec_op_destroy};

static int l_resample(lua_State *L) {
  const struct hl_matrix *scores = hl_check_matrix(L, 1), *relevant = hl_check_matrix(L, 2), *weights = hl_check_matrix(L, 3);
  check_same_shape(L, scores, relevant, 2);
  luaL_argcheck(L, scores->cols < UINT32_MAX, 1, "too many rows to rank");
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 4);
  struct hl_matrix *precisions = hl_push_matrix(L, weights->rows, scores->rows);
  struct hl_matrix *areas = hl_push_matrix(L, weights->rows, scores->rows);
  struct resample_op *op = vec_op_new(L, &resample_class, sizeof *op);
  size_t count;
  const uint32_t *groups = check_numbers(L, &op->base, 4, weights->cols, &count);
  luaL_argcheck(L, count == scores->cols, 4, "one group for each ranked row expected");
  op->job = (struct hl_resample){.scores = scores,
                                 .relevant = relevant,
                                 .weights = weights,
                                 .groups = groups,
                                 .precisions = precisions,
                                 .areas = areas,
                                 .failed = vec_op_memory(L, &op->base, scores->rows, sizeof(bool))};
  op->base.op.items = scores->rows;
  for (int index = 1; index <= 6; index++)
    if (index != 4) vec_op_hold(L, &op->base, index);
  return hl_op_await(L, &op->base.op);
}

const luaL_Reg resample_functions[] = {{"resample", l_resample}, {NULL, NULL}};

/* SPDX-License-Identifier: MIT
 *
 * Orders and retrieval metrics.
 */
#include <limits.h>

#include "vec/vec_lua.h"

/* One ranking. */

/* A matrix of one row or one column, as a list. */
static const struct hl_matrix *check_list(lua_State *L, int index, size_t *count) {
  const struct hl_matrix *m = hl_check_matrix(L, index);
  if (m->rows != 1 && m->cols != 1) shape_error(L, index, m, "one row or one column");
  *count = m->rows * m->cols;
  luaL_argcheck(L, *count < INT_MAX, index, "too many values");
  return m;
}

static int l_order(lua_State *L) {
  size_t n;
  const struct hl_matrix *m = check_list(L, 1, &n);
  uint32_t *order = lua_newuserdatauv(L, (n + 1) * sizeof *order, 0);
  uint64_t *scratch = lua_newuserdatauv(L, (2 * n + 1) * sizeof *scratch, 0);
  hl_order(m->data, n, order, scratch);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, (lua_Integer)order[i] + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static bool *check_relevant(lua_State *L, int index, size_t count) {
  luaL_checktype(L, index, LUA_TTABLE);
  if ((size_t)luaL_len(L, index) != count)
    luaL_argerror(L, index, lua_pushfstring(L, "%I entries for %I scores", (LUAI_UACINT)luaL_len(L, index), (LUAI_UACINT)count));
  bool *relevant = lua_newuserdatauv(L, count + 1, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_isboolean(L, -1), index, "an array of booleans expected");
    relevant[i] = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return relevant;
}

static int judge_list(lua_State *L, double (*judge)(const float *, const bool *, size_t, uint32_t *, uint64_t *)) {
  size_t n;
  const struct hl_matrix *scores = check_list(L, 1, &n);
  const bool *relevant = check_relevant(L, 2, n);
  uint32_t *order = lua_newuserdatauv(L, (n + 1) * sizeof *order, 0);
  uint64_t *scratch = lua_newuserdatauv(L, (2 * n + 1) * sizeof *scratch, 0);
  lua_pushnumber(L, judge(scores->data, relevant, n, order, scratch));
  return 1;
}

static int l_average_precision(lua_State *L) { return judge_list(L, hl_average_precision); }
static int l_area_under_curve(lua_State *L) { return judge_list(L, hl_area_under_curve); }

/* All queries against the gallery. */

struct retrieval_op {
  struct vec_op base;
  struct hl_retrieval job;
};

static void judge_part(struct hl_op *op, size_t item) { hl_retrieval_part(&((struct retrieval_op *)op)->job, item); }

static const struct column {
  const char *name;
  size_t offset;
} columns[] = {
    {"candidates", offsetof(struct hl_retrieval_row, candidates)},
    {"relevant", offsetof(struct hl_retrieval_row, relevant)},
    {"identical", offsetof(struct hl_retrieval_row, identical)},
    {"average_precision", offsetof(struct hl_retrieval_row, average_precision)},
    {"precision", offsetof(struct hl_retrieval_row, precision)},
    {"r_precision", offsetof(struct hl_retrieval_row, r_precision)},
    {"identical_average_precision", offsetof(struct hl_retrieval_row, identical_average_precision)},
    {"identical_precision", offsetof(struct hl_retrieval_row, identical_precision)},
    {"ndcg", offsetof(struct hl_retrieval_row, ndcg)},
    {"chance_ndcg", offsetof(struct hl_retrieval_row, chance_ndcg)},
};

static void push_column(lua_State *L, const struct hl_retrieval *job, size_t offset) {
  size_t queries = job->asked;
  lua_createtable(L, (int)queries, 0);
  for (size_t query = 0; query < queries; query++) {
    lua_pushnumber(L, *(const double *)((const char *)&job->rows[query] + offset));
    lua_rawseti(L, -2, (lua_Integer)query + 1);
  }
}

static int push_judgement(lua_State *L, struct hl_op *op) {
  const struct hl_retrieval *job = &((struct retrieval_op *)op)->job;
  for (size_t part = 0; part < op->items; part++)
    if (job->failed[part]) return luaL_error(L, "not enough memory");
  lua_createtable(L, 0, (int)(sizeof columns / sizeof *columns));
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    push_column(L, job, columns[i].offset);
    lua_setfield(L, -2, columns[i].name);
  }
  return 1;
}

static void destroy_retrieval(struct hl_op *op) {
  hl_gallery_free(&((struct retrieval_op *)op)->job.gallery);
  vec_op_destroy(op);
}

static const uint64_t *check_labels(lua_State *L, struct vec_op *op, int index, const char *name, size_t count) {
  const int64_t *labels = option_integers(L, op, index, name, count);
  if (!labels) luaL_argerror(L, index, lua_pushfstring(L, "option '%s' is missing", name));
  return (const uint64_t *)labels;
}

static lua_Integer count_option(lua_State *L, int index, const char *name) {
  lua_Integer count = lua_getfield(L, index, name) == LUA_TTABLE ? luaL_len(L, -1) : 0;
  lua_pop(L, 1);
  return count;
}

/* The options at index, for a gallery of so many rows. */
static void read_options(lua_State *L, struct retrieval_op *op, int index, size_t rows) {
  struct hl_retrieval *job = &op->job;
  job->depth = (size_t)hl_opt_integer(L, index, "depth", 10, 1, INT_MAX);
  job->labels = check_labels(L, &op->base, index, "labels", rows);
  job->query_labels = check_labels(L, &op->base, index, "query_labels", job->asked);
  job->groups = option_integers(L, &op->base, index, "groups", rows);
  job->query_groups = option_integers(L, &op->base, index, "query_groups", job->asked);
  luaL_argcheck(L, !job->groups == !job->query_groups, index, "options 'groups' and 'query_groups' come together");
  op->base.op.items = hl_retrieval_parts(job);
  job->rows = vec_op_memory(L, &op->base, job->asked, sizeof *job->rows);
  job->failed = vec_op_memory(L, &op->base, op->base.op.items, sizeof *job->failed);
  if (!hl_gallery_make(&job->gallery, job->labels, job->groups, rows)) luaL_error(L, "not enough memory");
}

static const char *const option_names[] = {"labels", "query_labels", "groups", "query_groups", "depth", NULL};

static int l_retrieval(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "vec.retrieval", .work = judge_part, .push = push_judgement, .destroy = destroy_retrieval};
  const struct hl_matrix *data = hl_check_matrix(L, 1), *queries = hl_check_matrix(L, 2);
  if (data->cols != queries->cols) shape_error(L, 2, queries, lua_pushfstring(L, "N x %I", (LUAI_UACINT)data->cols));
  luaL_argcheck(L, data->rows < INT_MAX, 1, "too many rows");
  luaL_checktype(L, 3, LUA_TTABLE);
  hl_check_options(L, 3, option_names);
  lua_settop(L, 3);
  struct retrieval_op *op = vec_op_new(L, &cls, sizeof *op);
  op->job.data = data;
  op->job.queries = queries;
  op->job.asked = queries->rows;
  read_options(L, op, 3, data->rows);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return hl_op_await(L, &op->base.op);
}

/* Pushes the array `rows` of result number query. Returns its length. [-0, +1, e] */
static size_t push_result_rows(lua_State *L, size_t query) {
  if (lua_rawgeti(L, 1, (lua_Integer)query + 1) != LUA_TTABLE || lua_getfield(L, -1, "rows") != LUA_TTABLE)
    luaL_argerror(L, 1, "results of a search expected");
  lua_remove(L, -2);
  return (size_t)luaL_len(L, -1);
}

static void read_rows(lua_State *L, size_t rows, size_t count, uint32_t *ranked) {
  for (size_t rank = 0; rank < count; rank++) {
    lua_rawgeti(L, -1, (lua_Integer)rank + 1);
    lua_Integer row = lua_tointeger(L, -1);
    luaL_argcheck(L, row >= 1 && (size_t)row <= rows, 1, "a row is not in the gallery");
    ranked[rank] = (uint32_t)(row - 1);
    lua_pop(L, 1);
  }
}

/* The rows of all results, and where those of each end. */
static void read_results(lua_State *L, struct retrieval_op *op, size_t rows) {
  struct hl_retrieval *job = &op->job;
  size_t *ends = vec_op_memory(L, &op->base, job->asked, sizeof *ends), all = 0;
  for (size_t query = 0; query < job->asked; query++) {
    ends[query] = all += push_result_rows(L, query);
    lua_pop(L, 1);
  }
  uint32_t *ranked = vec_op_memory(L, &op->base, all, sizeof *ranked);
  for (size_t query = 0, first = 0; query < job->asked; first = ends[query++]) {
    push_result_rows(L, query);
    read_rows(L, rows, ends[query] - first, ranked + first);
    lua_pop(L, 1);
  }
  job->ends = ends;
  job->ranked = ranked;
}

static int l_judge(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "vec.judge", .work = judge_part, .push = push_judgement, .destroy = destroy_retrieval};
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  hl_check_options(L, 2, option_names);
  lua_settop(L, 2);
  lua_Integer rows = count_option(L, 2, "labels"), asked = luaL_len(L, 1);
  luaL_argcheck(L, rows < INT_MAX && asked < INT_MAX, 1, "too many rows");
  struct retrieval_op *op = vec_op_new(L, &cls, sizeof *op);
  op->job.asked = (size_t)asked;
  read_results(L, op, (size_t)rows);
  read_options(L, op, 2, (size_t)rows);
  return hl_op_await(L, &op->base.op);
}

const luaL_Reg retrieval_functions[] = {{"order", l_order},
                                        {"average_precision", l_average_precision},
                                        {"area_under_curve", l_area_under_curve},
                                        {"retrieval", l_retrieval},
                                        {"judge", l_judge},
                                        {NULL, NULL}};

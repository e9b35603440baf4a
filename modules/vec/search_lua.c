/* SPDX-License-Identifier: MIT
 *
 * Exact search.
 */
#include <limits.h>

#include "vec/vec_lua.h"

struct search_op {
  struct vec_op base;
  struct hl_search job;
  struct hl_hit *result; /* room for k */
};

static void search_part(struct hl_op *op, size_t item) { hl_search_part(&((struct search_op *)op)->job, item); }

static void push_hits(lua_State *L, const struct hl_hit *hits, size_t count) {
  lua_createtable(L, 0, 2);
  lua_createtable(L, (int)count, 0);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushinteger(L, (lua_Integer)hits[i].row + 1);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushnumber(L, (lua_Number)hits[i].score);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -3, "scores");
  lua_setfield(L, -2, "rows");
}

static int push_found(lua_State *L, struct hl_op *op) {
  struct search_op *own = (struct search_op *)op;
  size_t queries = own->job.queries->rows;
  lua_createtable(L, (int)queries, 0);
  for (size_t query = 0; query < queries; query++) {
    push_hits(L, own->result, hl_search_result(&own->job, query, own->result));
    lua_rawseti(L, -2, (lua_Integer)query + 1);
  }
  return 1;
}

static const struct hl_op_class search_class = {
    .name = "vec.search", .work = search_part, .push = push_found, .destroy = vec_op_destroy};

static void read_only(lua_State *L, struct search_op *op) {
  if (!lua_istable(L, 4) || lua_getfield(L, 4, "only") == LUA_TNIL) return;
  op->job.only = check_numbers(L, &op->base, lua_gettop(L), op->job.data->rows, &op->job.only_count);
}

static int l_search(lua_State *L) {
  static const char *const names[] = {"groups", "query_groups", "only", NULL};
  const struct hl_matrix *data = hl_check_matrix(L, 1), *queries = hl_check_matrix(L, 2);
  if (data->cols != queries->cols) shape_error(L, 2, queries, lua_pushfstring(L, "N x %I", (LUAI_UACINT)data->cols));
  lua_Integer k = luaL_checkinteger(L, 3);
  luaL_argcheck(L, k >= 1 && k <= INT_MAX, 3, "at least 1 row must be asked for");
  luaL_argcheck(L, data->rows < UINT32_MAX, 1, "too many rows");
  hl_check_options(L, 4, names);
  lua_settop(L, 4);
  struct search_op *op = vec_op_new(L, &search_class, sizeof *op);
  struct hl_search *job = &op->job;
  job->data = data;
  job->queries = queries;
  job->k = (size_t)k < data->rows ? (size_t)k : data->rows ? data->rows : 1;
  job->groups = option_integers(L, &op->base, 4, "groups", data->rows);
  job->query_groups = option_integers(L, &op->base, 4, "query_groups", queries->rows);
  luaL_argcheck(L, !job->groups == !job->query_groups, 4, "options 'groups' and 'query_groups' come together");
  read_only(L, op);
  job->hits = vec_op_memory(L, &op->base, hl_search_room(job), sizeof *job->hits);
  job->found = vec_op_memory(L, &op->base, hl_search_parts(job) * queries->rows, sizeof *job->found);
  op->result = vec_op_memory(L, &op->base, job->k, sizeof *op->result);
  op->base.op.items = hl_search_parts(job);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return vec_op_run(L, &op->base, (double)data->rows * (double)data->cols * (double)queries->rows / 16);
}

const luaL_Reg search_functions[] = {{"search", l_search}, {NULL, NULL}};

/* SPDX-License-Identifier: MIT
 *
 * Exact search.
 */
#include <string.h>

#include "vec/vec_lua.h"

struct search_op {
  struct vec_op base;
  struct hl_search job;
  struct hl_hit *result; /* room for k */
};

static void search_part(struct hl_op *op, size_t item) { hl_search_part(&((struct search_op *)op)->job, item); }

void push_hits(lua_State *L, const struct hl_hit *hits, size_t count) {
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

/* The words of a bitmap as Set:bits (hilum.rows) gives it, and how many bits are set. */
static const uint64_t *check_bits(lua_State *L, struct vec_op *op, int index, size_t rows, size_t *count) {
  size_t size, words = rows / 64 + (rows % 64 != 0);
  const char *bytes = lua_tolstring(L, index, &size);
  luaL_argcheck(L, size == words * sizeof(uint64_t), index, "the bits are not as many as the rows");
  uint64_t *bits = vec_op_memory(L, op, words, sizeof *bits);
  memcpy(bits, bytes, size);
  luaL_argcheck(L, rows % 64 == 0 || bits[words - 1] >> rows % 64 == 0, index, "a bit is beyond the last row");
  *count = 0;
  for (size_t i = 0; i < words; i++) *count += (size_t)__builtin_popcountll(bits[i]);
  return bits;
}

static const uint32_t *list_bits(lua_State *L, struct vec_op *op, const uint64_t *words, size_t rows, size_t count) {
  uint32_t *list = vec_op_memory(L, op, count, sizeof *list), *next = list;
  for (size_t first = 0; first < rows; first += 64)
    for (uint64_t bits = words[first / 64]; bits; bits &= bits - 1) *next++ = (uint32_t)(first + (size_t)__builtin_ctzll(bits));
  return list;
}

/* Where nearly all rows may be found, looking at the others too costs less than going round them. */
static void read_bits(lua_State *L, struct vec_op *op, struct hl_search *job, int index) {
  size_t rows = job->data->rows, count;
  const uint64_t *bits = check_bits(L, op, index, rows, &count);
  if (count > rows - rows / 4) {
    job->allowed = bits;
    return;
  }
  job->only = list_bits(L, op, bits, rows, count);
  job->only_count = count;
}

static void read_only(lua_State *L, struct vec_op *op, struct hl_search *job, int options) {
  if (!lua_istable(L, options) || lua_getfield(L, options, "only") == LUA_TNIL) return;
  lua_replace(L, options); /* so that messages name the argument */
  if (lua_type(L, options) == LUA_TSTRING)
    read_bits(L, op, job, options);
  else
    job->only = check_numbers(L, op, options, job->data->rows, &job->only_count);
}

void check_search(lua_State *L, struct vec_op *op, struct hl_search *job, int first) {
  const struct hl_matrix *data = hl_check_matrix(L, first), *queries = hl_check_matrix(L, first + 1);
  int options = first + 3;
  if (data->cols != queries->cols) shape_error(L, first + 1, queries, lua_pushfstring(L, "N x %I", (LUAI_UACINT)data->cols));
  lua_Integer k = luaL_checkinteger(L, first + 2);
  luaL_argcheck(L, k >= 1, first + 2, "at least 1 row must be asked for");
  luaL_argcheck(L, data->rows < UINT32_MAX, first, "too many rows");
  job->data = data;
  job->queries = queries;
  job->k = (size_t)k < data->rows ? (size_t)k : data->rows ? data->rows : 1;
  job->groups = option_integers(L, op, options, "groups", data->rows);
  job->query_groups = option_integers(L, op, options, "query_groups", queries->rows);
  luaL_argcheck(L, !job->groups == !job->query_groups, options, "options 'groups' and 'query_groups' come together");
  read_only(L, op, job, options);
}

static int l_search(lua_State *L) {
  static const char *const names[] = {"groups", "query_groups", "only", NULL};
  hl_check_options(L, 4, names);
  lua_settop(L, 4);
  struct search_op *op = vec_op_new(L, &search_class, sizeof *op);
  struct hl_search *job = &op->job;
  check_search(L, &op->base, job, 1);
  job->hits = vec_op_memory(L, &op->base, hl_search_room(job), sizeof *job->hits);
  job->found = vec_op_memory(L, &op->base, hl_search_parts(job) * job->queries->rows, sizeof *job->found);
  op->result = vec_op_memory(L, &op->base, job->k, sizeof *op->result);
  op->base.op.items = hl_search_parts(job);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return vec_op_run(L, &op->base, (double)job->data->rows * (double)job->data->cols * (double)job->queries->rows / 16);
}

const luaL_Reg search_functions[] = {{"search", l_search}, {NULL, NULL}};

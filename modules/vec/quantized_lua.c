/* SPDX-License-Identifier: MIT
 *
 * The type Quantized: making it, searching in it, its file.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "vec/certified.h"
#include "vec/vec_lua.h"

#define QUANTIZED "hilum.vec.Quantized"

static struct hl_quantized *check_quantized(lua_State *L, int index) {
  struct hl_quantized *q = luaL_checkudata(L, index, QUANTIZED);
  if (!q->digits) luaL_argerror(L, index, "the quantised rows are closed");
  return q;
}

/* The first member of each operation here but search's: they make or use one object, or fail. */
struct quantized_op {
  struct vec_op base;
  struct hl_quantized made, *used;
  struct hl_quantize job;
  char *path;
  const struct hl_matrix *matrix;
  bool done;
  struct hl_error err;
};

static void destroy(struct hl_op *op) {
  struct quantized_op *own = (struct quantized_op *)op;
  if (own->used) own->used->borrows--;
  hl_quantized_free(&own->made);
  free(own->path);
  vec_op_destroy(op);
}

static int push_made(lua_State *L, struct hl_op *op) {
  struct quantized_op *own = (struct quantized_op *)op;
  if (!own->done) return hl_push_error(L, &own->err);
  struct hl_quantized *q = hl_new_object(L, QUANTIZED, sizeof *q);
  *q = own->made;
  own->made = (struct hl_quantized){0};
  return 1;
}

static void use(lua_State *L, struct quantized_op *op, int index) {
  hl_op_pin(L, &op->base.op, index);
  op->used = check_quantized(L, index);
  op->used->borrows++;
}

/* Making. */

/* Item 0 allocates, which takes long enough not to be done by the main thread; the others come after it. */
static void quantize_part(struct hl_op *op, size_t item) {
  struct quantized_op *own = (struct quantized_op *)op;
  if (item == 0)
    own->done = hl_quantized_alloc(&own->made, own->job.data->rows, own->job.data->cols);
  else if (own->done)
    hl_quantize_part(&own->job, item - 1);
}

static int push_quantized(lua_State *L, struct hl_op *op) {
  struct quantized_op *own = (struct quantized_op *)op;
  if (!own->done) return luaL_error(L, "not enough memory");
  for (size_t part = 0; part < hl_quantize_parts(&own->job) && own->done; part++)
    if (own->job.refused[part])
      own->done = hl_fail(&own->err, HL_INTEGRITY, op->cls->name,
                          "row %zu has a value that is not finite, or is longer than float32 can say: it cannot be searched for",
                          own->job.refused[part]);
  return push_made(L, op);
}

static int l_quantize(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "vec.quantize", .work = quantize_part, .push = push_quantized, .destroy = destroy};
  const struct hl_matrix *data = hl_check_matrix(L, 1);
  luaL_argcheck(L, data->cols <= HL_QUANTIZED_COLS, 1, "too many columns");
  lua_settop(L, 1);
  struct quantized_op *op = vec_op_new(L, &cls, sizeof *op);
  op->job = (struct hl_quantize){.data = data, .out = &op->made};
  op->job.refused = vec_op_memory(L, &op->base, hl_quantize_parts(&op->job), sizeof *op->job.refused);
  op->base.op.items = 1 + hl_quantize_parts(&op->job);
  op->base.op.first_items = 1;
  vec_op_hold(L, &op->base, 1);
  return vec_op_run(L, &op->base, (double)data->rows * (double)data->cols / 2);
}

/* Files. */

static char *copy_path(lua_State *L, int index) {
  char *path = strdup(hl_check_path(L, index));
  if (!path) luaL_error(L, "not enough memory");
  return path;
}

static void work_load(struct hl_op *op, size_t item) {
  struct quantized_op *own = (struct quantized_op *)op;
  (void)item;
  own->done = hl_quantized_map(op->cls->name, own->path, own->matrix, &own->made, &own->err);
}

static int l_load_quantized(lua_State *L) {
  static const struct hl_op_class cls = {.name = "vec.load_quantized", .work = work_load, .push = push_made, .destroy = destroy};
  hl_check_path(L, 1);
  luaL_argcheck(L, hl_check_matrix(L, 2)->cols <= HL_QUANTIZED_COLS, 2, "too many columns");
  lua_settop(L, 2);
  struct quantized_op *op = vec_op_new(L, &cls, sizeof *op);
  op->path = copy_path(L, 1);
  op->matrix = vec_op_hold(L, &op->base, 2);
  return hl_op_await(L, &op->base.op);
}

static void work_save(struct hl_op *op, size_t item) {
  struct quantized_op *own = (struct quantized_op *)op;
  (void)item;
  own->done = hl_quantized_save(op->cls->name, own->path, own->used, &own->err);
}

static int push_saved(lua_State *L, struct hl_op *op) {
  struct quantized_op *own = (struct quantized_op *)op;
  if (!own->done) return hl_push_error(L, &own->err);
  lua_pushboolean(L, true);
  return 1;
}

static int l_quantized_save(lua_State *L) {
  static const struct hl_op_class cls = {.name = "vec.save", .work = work_save, .push = push_saved, .destroy = destroy};
  check_quantized(L, 1);
  hl_check_path(L, 2);
  lua_settop(L, 2);
  struct quantized_op *op = vec_op_new(L, &cls, sizeof *op);
  op->path = copy_path(L, 2);
  use(L, op, 1);
  return hl_op_await(L, &op->base.op);
}

/* Searching. */

struct certified_op {
  struct vec_op base;
  struct hl_certified job;
  struct hl_quantized *used;
  size_t scans, checks; /* of the first items: scans, and blocks of a file that has not been checked yet */
  atomic_bool damaged;
};

static void search_part(struct hl_op *op, size_t item) {
  struct certified_op *own = (struct certified_op *)op;
  if (item < own->scans)
    hl_certified_scan(&own->job, item);
  else if (item >= op->first_items)
    hl_certified_settle(&own->job, item - op->first_items);
  else if (!hl_quantized_is_sound(own->used, item - own->scans))
    atomic_store_explicit(&own->damaged, true, memory_order_relaxed);
}

static int push_damage(lua_State *L, const struct hl_op *op) {
  struct hl_error err;
  hl_fail(&err, HL_INTEGRITY, op->cls->name,
          "the file of the quantised rows is damaged: make it again with vec.quantize and save");
  return hl_push_error(L, &err);
}

static int push_found(lua_State *L, struct hl_op *op) {
  struct certified_op *own = (struct certified_op *)op;
  const struct hl_certified *job = &own->job;
  if (atomic_load_explicit(&own->damaged, memory_order_relaxed)) return push_damage(L, op);
  if (own->checks) own->used->unchecked = false;
  size_t queries = job->search.queries->rows;
  lua_createtable(L, (int)queries, 0);
  for (size_t query = 0; query < queries; query++) {
    push_hits(L, job->search.hits + query * job->search.k, job->search.found[query]);
    lua_pushinteger(L, (lua_Integer)job->rescored[query]);
    lua_setfield(L, -2, "rescored");
    lua_rawseti(L, -2, (lua_Integer)query + 1);
  }
  return 1;
}

static void destroy_search(struct hl_op *op) {
  struct certified_op *own = (struct certified_op *)op;
  if (own->used) own->used->borrows--;
  hl_certified_free(&own->job);
  vec_op_destroy(op);
}

static void check_belongs(lua_State *L, const struct hl_quantized *q, int index) {
  const struct hl_matrix *m = hl_check_matrix(L, index);
  if (m->rows != q->rows || m->cols != q->cols)
    shape_error(L, index, m, lua_pushfstring(L, "%I x %I", (LUAI_UACINT)q->rows, (LUAI_UACINT)q->cols));
}

static int l_quantized_search(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "vec.search", .work = search_part, .push = push_found, .destroy = destroy_search};
  static const char *const names[] = {"metric", "groups", "query_groups", "only", NULL};
  static const char *const metrics[] = {"dot", "cosine", "l2", NULL};
  struct hl_quantized *q = check_quantized(L, 1);
  check_belongs(L, q, 2);
  hl_check_options(L, 5, names);
  lua_settop(L, 5);
  struct certified_op *op = vec_op_new(L, &cls, sizeof *op);
  struct hl_certified *job = &op->job;
  job->rows = q;
  job->metric = (enum hl_metric)hl_opt_choice(L, 5, "metric", HL_METRIC_DOT, metrics);
  check_search(L, &op->base, &job->search, 2);
  if (!hl_certified_start(job)) luaL_error(L, "not enough memory");
  op->scans = hl_certified_scans(job);
  op->checks = q->unchecked ? hl_quantized_blocks(q) : 0;
  op->base.op.first_items = op->scans + op->checks;
  op->base.op.items = op->base.op.first_items + hl_certified_settlings(job);
  hl_op_pin(L, &op->base.op, 1);
  vec_op_hold(L, &op->base, 2);
  vec_op_hold(L, &op->base, 3);
  op->used = q;
  q->borrows++;
  double passes = (double)job->search.queries->rows + (op->checks ? 1 : 0);
  return vec_op_run(L, &op->base, (double)q->rows * (double)q->cols * passes / 32);
}

/* The object. */

static int l_quantized_rows(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_quantized(L, 1)->rows);
  return 1;
}

static int l_quantized_cols(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_quantized(L, 1)->cols);
  return 1;
}

static int l_quantized_close(lua_State *L) {
  struct hl_quantized *q = luaL_checkudata(L, 1, QUANTIZED);
  luaL_argcheck(L, q->borrows == 0, 1, "quantised rows are in use by an operation that has not finished");
  hl_quantized_free(q);
  return 0;
}

static int l_quantized_tostring(lua_State *L) {
  const struct hl_quantized *q = luaL_checkudata(L, 1, QUANTIZED);
  if (q->digits)
    lua_pushfstring(L, "Quantized %I x %I", (LUAI_UACINT)q->rows, (LUAI_UACINT)q->cols);
  else
    lua_pushliteral(L, "Quantized (closed)");
  return 1;
}

const luaL_Reg quantized_functions[] = {{"quantize", l_quantize}, {"load_quantized", l_load_quantized}, {NULL, NULL}};

void quantized_register(lua_State *L) {
  static const luaL_Reg methods[] = {{"rows", l_quantized_rows}, {"cols", l_quantized_cols},   {"search", l_quantized_search},
                                     {"save", l_quantized_save}, {"close", l_quantized_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__len", l_quantized_rows},
                                  {"__gc", l_quantized_close},
                                  {"__close", l_quantized_close},
                                  {"__tostring", l_quantized_tostring},
                                  {NULL, NULL}};
  hl_new_type(L, QUANTIZED, methods, meta);
}

/* SPDX-License-Identifier: MIT
 *
 * The type Matrix, and how matrices are made.
 */
#include <limits.h>
#include <string.h>

#include "vec/vec_lua.h"

/* Making. */

static int l_new(lua_State *L) {
  size_t rows = check_size(L, 1), cols = check_size(L, 2);
  hl_push_matrix(L, rows, cols);
  return 1;
}

/* Reads count numbers of the array at index. */
static void read_numbers(lua_State *L, int index, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int is_number;
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    out[i] = (float)lua_tonumberx(L, -1, &is_number);
    if (!is_number) luaL_error(L, "entry %I is no number", (LUAI_UACINT)i + 1);
    lua_pop(L, 1);
  }
}

static int from_rows(lua_State *L) {
  size_t rows = (size_t)luaL_len(L, 1), cols = 0;
  if (rows) {
    lua_rawgeti(L, 1, 1);
    luaL_argcheck(L, lua_istable(L, -1), 1, "an array of rows expected (or give rows and cols)");
    cols = (size_t)luaL_len(L, -1);
    lua_pop(L, 1);
  }
  struct hl_matrix *m = hl_push_matrix(L, rows, cols);
  for (size_t row = 0; row < rows; row++) {
    lua_rawgeti(L, 1, (lua_Integer)row + 1);
    if (!lua_istable(L, -1) || (size_t)luaL_len(L, -1) != cols)
      luaL_argerror(L, 1, lua_pushfstring(L, "row %I has not %I numbers as row 1 has", (LUAI_UACINT)row + 1, (LUAI_UACINT)cols));
    read_numbers(L, lua_gettop(L), m->data + row * cols, cols);
    lua_pop(L, 1);
  }
  return 1;
}

static int from_bytes(lua_State *L, size_t rows, size_t cols) {
  size_t size;
  const char *bytes = lua_tolstring(L, 1, &size);
  if (size % sizeof(float) || size / sizeof(float) != rows * cols)
    luaL_argerror(
        L, 1, lua_pushfstring(L, "%I bytes are not %I x %I float32", (LUAI_UACINT)size, (LUAI_UACINT)rows, (LUAI_UACINT)cols));
  memcpy(hl_push_matrix(L, rows, cols)->data, bytes, size);
  return 1;
}

static int l_from(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_istable(L, 1) && lua_isnoneornil(L, 2)) return from_rows(L);
  size_t rows = check_size(L, 2), cols = check_size(L, 3);
  if (lua_type(L, 1) == LUA_TSTRING) return from_bytes(L, rows, cols);
  size_t count = (size_t)luaL_len(L, 1);
  if (count != rows * cols)
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "%I numbers are not %I x %I", (LUAI_UACINT)count, (LUAI_UACINT)rows, (LUAI_UACINT)cols));
  read_numbers(L, 1, hl_push_matrix(L, rows, cols)->data, count);
  return 1;
}

static void fill_gauss(const struct rows_op *op, size_t from, size_t count) {
  hl_gauss(op->seed, from * 2, op->numbers[0], op->base.held[0]->data + from * 2, count * 2);
}

/* The rows of the operation are pairs of numbers, of which an odd count leaves one for here. */
static int l_gauss(lua_State *L) {
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 1);
  size_t rows = check_size(L, 2), cols = check_size(L, 3), count = rows * cols;
  float scale = (float)luaL_optnumber(L, 4, 1);
  lua_settop(L, 4);
  struct hl_matrix *m = hl_push_matrix(L, rows, cols);
  if (count % 2) hl_gauss(seed, count - 1, scale, m->data + count - 1, 1);
  struct rows_op *op = rows_op_new(L, fill_gauss);
  op->seed = seed;
  op->numbers[0] = scale;
  vec_op_hold(L, &op->base, 5);
  return rows_op_run(L, op, 5, count / 2, 2, 25);
}

static int l_permutation(lua_State *L) {
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 1);
  size_t n = check_size(L, 2);
  uint32_t *order = lua_newuserdatauv(L, (n + 1) * sizeof *order, 0);
  hl_permutation(seed, order, n);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushinteger(L, (lua_Integer)order[i] + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

const luaL_Reg matrix_functions[] = {
    {"new", l_new}, {"from", l_from}, {"gauss", l_gauss}, {"permutation", l_permutation}, {NULL, NULL}};

/* Elements. */

static size_t check_place(lua_State *L, int index, size_t limit, const char *what) {
  lua_Integer place = luaL_checkinteger(L, index);
  if (place < 1 || (size_t)place > limit)
    luaL_argerror(L, index, lua_pushfstring(L, "%s %I is not in 1..%I", what, (LUAI_UACINT)place, (LUAI_UACINT)limit));
  return (size_t)place - 1;
}

static int l_matrix_rows(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_check_matrix(L, 1)->rows);
  return 1;
}

static int l_matrix_cols(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_check_matrix(L, 1)->cols);
  return 1;
}

static int l_matrix_get(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  size_t row = check_place(L, 2, m->rows, "row"), col = check_place(L, 3, m->cols, "column");
  lua_pushnumber(L, (lua_Number)m->data[row * m->cols + col]);
  return 1;
}

static int l_matrix_set(lua_State *L) {
  struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  size_t row = check_place(L, 2, m->rows, "row"), col = check_place(L, 3, m->cols, "column");
  m->data[row * m->cols + col] = (float)luaL_checknumber(L, 4);
  return 0;
}

static void push_row(lua_State *L, const struct hl_matrix *m, size_t row) {
  lua_createtable(L, (int)m->cols, 0);
  for (size_t i = 0; i < m->cols; i++) {
    lua_pushnumber(L, (lua_Number)m->data[row * m->cols + i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static int l_matrix_row(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  push_row(L, m, check_place(L, 2, m->rows, "row"));
  return 1;
}

static int l_matrix_table(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  lua_createtable(L, (int)m->rows, 0);
  for (size_t row = 0; row < m->rows; row++) {
    push_row(L, m, row);
    lua_rawseti(L, -2, (lua_Integer)row + 1);
  }
  return 1;
}

static int l_matrix_bytes(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  lua_pushlstring(L, (const char *)m->data, m->rows * m->cols * sizeof(float));
  return 1;
}

static int l_matrix_fill(lua_State *L) {
  struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  float value = (float)luaL_checknumber(L, 2);
  for (size_t i = 0; i < m->rows * m->cols; i++) m->data[i] = value;
  lua_settop(L, 1);
  return 1;
}

/* Parts. first and last as string.sub has them, but in range. */

static int l_matrix_copy(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  memcpy(hl_push_matrix(L, m->rows, m->cols)->data, m->data, m->rows * m->cols * sizeof(float));
  return 1;
}

/* first at index, last after it; last may be first - 1. Returns how many. */
static size_t check_range(lua_State *L, int index, size_t limit, const char *what, size_t *first) {
  *first = check_place(L, index, limit + 1, what);
  lua_Integer last = luaL_checkinteger(L, index + 1);
  if (last < (lua_Integer)*first || last > (lua_Integer)limit)
    luaL_argerror(L, index + 1,
                  lua_pushfstring(L, "%s %I is not in %I..%I", what, (LUAI_UACINT)last, (LUAI_UACINT)*first, (LUAI_UACINT)limit));
  return (size_t)last - *first;
}

static int l_matrix_slice(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  size_t first, count = check_range(L, 2, m->rows, "row", &first);
  memcpy(hl_push_matrix(L, count, m->cols)->data, m->data + first * m->cols, count * m->cols * sizeof(float));
  return 1;
}

static int l_matrix_columns(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  size_t first, count = check_range(L, 2, m->cols, "column", &first);
  float *out = hl_push_matrix(L, m->rows, count)->data;
  for (size_t row = 0; row < m->rows; row++) memcpy(out + row * count, m->data + row * m->cols + first, count * sizeof *out);
  return 1;
}

static void put_range(lua_State *L, struct hl_matrix *m, size_t first, const struct hl_matrix *other) {
  if (other->cols != m->cols || other->rows > m->rows - first)
    shape_error(L, 3, other, lua_pushfstring(L, "at most %I x %I", (LUAI_UACINT)(m->rows - first), (LUAI_UACINT)m->cols));
  memmove(m->data + first * m->cols, other->data, other->rows * other->cols * sizeof(float));
}

/* The numbers are checked before the first row is copied. */
static void put_rows(lua_State *L, struct hl_matrix *m, const struct hl_matrix *other) {
  size_t count = (size_t)luaL_len(L, 2);
  if (other->cols != m->cols || other->rows != count)
    shape_error(L, 3, other, lua_pushfstring(L, "%I x %I", (LUAI_UACINT)count, (LUAI_UACINT)m->cols));
  size_t *rows = lua_newuserdatauv(L, (count + 1) * sizeof *rows, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    rows[i] = check_place(L, -1, m->rows, "row");
    lua_pop(L, 1);
  }
  for (size_t i = 0; i < count; i++) memmove(m->data + rows[i] * m->cols, other->data + i * m->cols, m->cols * sizeof(float));
}

static int l_matrix_put(lua_State *L) {
  struct hl_matrix *m = hl_check_writable_matrix(L, 1);
  const struct hl_matrix *other = hl_check_matrix(L, 3);
  lua_settop(L, 3);
  if (lua_istable(L, 2))
    put_rows(L, m, other);
  else
    put_range(L, m, check_place(L, 2, m->rows + 1, "row"), other);
  lua_settop(L, 1);
  return 1;
}

static void gather_rows(const struct rows_op *op, size_t from, size_t count) {
  const struct hl_matrix *m = op->base.held[0];
  float *out = op->base.held[1]->data + from * m->cols;
  for (size_t i = 0; i < count; i++) memcpy(out + i * m->cols, m->data + op->lists[0][from + i] * m->cols, m->cols * sizeof *out);
}

static int l_matrix_gather(lua_State *L) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  hl_push_matrix(L, (size_t)luaL_len(L, 2), m->cols);
  struct rows_op *op = rows_op_new(L, gather_rows);
  op->lists[0] = check_numbers(L, &op->base, 2, m->rows, &op->list_sizes[0]);
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 3);
  return rows_op_run(L, op, 3, op->list_sizes[0], m->cols, 0.3);
}

/* Columns summed up. Items: one, since the sums are taken in one order. */

struct columns_op {
  struct vec_op base;
  void (*run)(const struct hl_matrix *m, float *out, float *scratch);
  float *scratch; /* a row */
};

static void run_columns(struct hl_op *op, size_t item) {
  (void)item;
  const struct columns_op *own = (const struct columns_op *)op;
  own->run(own->base.held[0], own->base.held[1]->data, own->scratch);
}

static const struct hl_op_class columns_class = {
    .name = "vec.Matrix", .work = run_columns, .push = vec_op_push_result, .destroy = vec_op_destroy};

static int sum_up(lua_State *L, void (*run)(const struct hl_matrix *m, float *out, float *scratch)) {
  const struct hl_matrix *m = hl_check_matrix(L, 1);
  lua_settop(L, 1);
  hl_push_matrix(L, 1, m->cols);
  struct columns_op *op = vec_op_new(L, &columns_class, sizeof *op);
  op->run = run;
  op->scratch = vec_op_memory(L, &op->base, m->cols, sizeof(float));
  op->base.result = 2;
  vec_op_hold(L, &op->base, 1);
  vec_op_hold(L, &op->base, 2);
  return vec_op_run(L, &op->base, 0.5 * (double)m->rows * (double)m->cols);
}

static void means(const struct hl_matrix *m, float *out, float *scratch) {
  (void)scratch;
  hl_column_means(m, out);
}

static void sums(const struct hl_matrix *m, float *out, float *scratch) {
  (void)scratch;
  hl_column_sums(m, out);
}

static void deviations(const struct hl_matrix *m, float *out, float *scratch) {
  hl_column_means(m, scratch);
  hl_column_deviations(m, scratch, out);
}

static int l_matrix_mean(lua_State *L) { return sum_up(L, means); }
static int l_matrix_sum(lua_State *L) { return sum_up(L, sums); }
static int l_matrix_deviation(lua_State *L) { return sum_up(L, deviations); }

/* Life. */

static int l_matrix_close(lua_State *L) {
  struct hl_matrix *m = luaL_checkudata(L, 1, HL_MATRIX);
  luaL_argcheck(L, m->borrows == 0, 1, "matrix is in use by an operation that has not finished");
  hl_matrix_free(m);
  return 0;
}

static int l_matrix_tostring(lua_State *L) {
  const struct hl_matrix *m = luaL_checkudata(L, 1, HL_MATRIX);
  if (m->data)
    lua_pushfstring(L, "Matrix %I x %I", (LUAI_UACINT)m->rows, (LUAI_UACINT)m->cols);
  else
    lua_pushliteral(L, "Matrix (closed)");
  return 1;
}

void matrix_register(lua_State *L) {
  static const luaL_Reg methods[] = {{"rows", l_matrix_rows},
                                     {"cols", l_matrix_cols},
                                     {"get", l_matrix_get},
                                     {"set", l_matrix_set},
                                     {"row", l_matrix_row},
                                     {"table", l_matrix_table},
                                     {"bytes", l_matrix_bytes},
                                     {"fill", l_matrix_fill},
                                     {"copy", l_matrix_copy},
                                     {"slice", l_matrix_slice},
                                     {"columns", l_matrix_columns},
                                     {"put", l_matrix_put},
                                     {"gather", l_matrix_gather},

                                     {"mean", l_matrix_mean},
                                     {"sum", l_matrix_sum},
                                     {"deviation", l_matrix_deviation},
                                     {"close", l_matrix_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__len", l_matrix_rows},
                                  {"__gc", l_matrix_close},
                                  {"__close", l_matrix_close},
                                  {"__tostring", l_matrix_tostring},
                                  {NULL, NULL}};
  hl_new_type(L, HL_MATRIX, methods, meta);
}

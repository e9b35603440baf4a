/* SPDX-License-Identifier: MIT
 *
 * csv.load: each file is parsed by a worker, then their rows are put together.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv_lua.h"
#include "task/op.h"

struct load_op {
  struct hl_op op;
  struct hl_csv_options options;
  char *file_column;
  char **paths;
  struct hl_csv_table *parts;
  struct hl_error *errors; /* kind HL_OK: loaded */
};

static void destroy_load(struct hl_op *op) {
  struct load_op *self = (struct load_op *)op;
  for (size_t i = 0; self->errors && i < op->items; i++) {
    free(self->paths[i]);
    hl_csv_free(&self->parts[i]);
  }
  free(self->paths);
  free(self->parts);
  free(self->errors);
  free(self->file_column);
}

static void work_load(struct hl_op *op, size_t item) {
  struct load_op *self = (struct load_op *)op;
  hl_csv_load(op->cls->name, self->paths[item], &self->options, &self->parts[item], &self->errors[item]);
}

/* The first file that could not be read or that has other columns than the first; NULL: none. */
static const struct hl_error *find_failure(struct load_op *self) {
  for (size_t i = 0; i < self->op.items; i++)
    if (self->errors[i].kind != HL_OK) return &self->errors[i];
  for (size_t i = 1; i < self->op.items; i++) {
    if (hl_csv_same_names(&self->parts[0], &self->parts[i])) continue;
    hl_fail(&self->errors[i], HL_PARSE, self->op.cls->name, "%s: other columns than in %s: load it as a table of its own",
            self->paths[i], self->paths[0]);
    return &self->errors[i];
  }
  return NULL;
}

/* The collector sees only the userdata: it is told what hangs on it. */
static void step_collector(lua_State *L, const struct hl_csv_table *table) {
  size_t bytes = table->row_count * sizeof *table->rows;
  for (size_t i = 0; i < table->block_count; i++)
    bytes += table->blocks[i].text_size + table->blocks[i].cell_count * sizeof *table->blocks[i].cells;
  size_t kilobytes = bytes / 1024;
  if (kilobytes) lua_gc(L, LUA_GCSTEP, kilobytes < INT_MAX ? (int)kilobytes : INT_MAX);
}

static int push_load(lua_State *L, struct hl_op *op) {
  struct load_op *self = (struct load_op *)op;
  const struct hl_error *failure = find_failure(self);
  if (failure) return hl_push_error(L, failure);
  struct hl_csv_table *table = hl_new_object(L, HL_CSV_TABLE, sizeof *table);
  if (!hl_csv_join(self->parts, op->items, table)) luaL_error(L, "not enough memory");
  step_collector(L, table);
  return 1;
}

static void copy_paths(lua_State *L, struct load_op *self, size_t count) {
  self->op.items = 0;
  self->paths = calloc(count, sizeof *self->paths);
  self->parts = calloc(count, sizeof *self->parts);
  self->errors = calloc(count, sizeof *self->errors);
  if (!self->paths || !self->parts || !self->errors) luaL_error(L, "not enough memory");
  self->op.items = count;
  for (size_t i = 0; i < count; i++) self->paths[i] = hl_copy_path(L, 1, i);
}

int l_load(lua_State *L) {
  static const struct hl_op_class cls = {.name = "csv.load", .work = work_load, .push = push_load, .destroy = destroy_load};
  static const char *const names[] = {"separator", "ragged", "file_column", NULL};
  size_t count = hl_count_paths(L, 1);
  luaL_argcheck(L, count > 0, 1, "no files");
  hl_check_options(L, 2, names);
  struct hl_csv_options options = {.separator = hl_csv_check_separator(L, 2), .ragged = hl_opt_bool(L, 2, "ragged", false)};
  const char *file_column = hl_opt_string(L, 2, "file_column", NULL);
  struct load_op *self = hl_op_new(L, &cls, sizeof *self);
  self->options = options;
  copy_paths(L, self, count);
  if (file_column && !(self->options.file_column = self->file_column = strdup(file_column))) luaL_error(L, "not enough memory");
  return hl_op_await(L, &self->op);
}

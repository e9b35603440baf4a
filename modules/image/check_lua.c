/* SPDX-License-Identifier: MIT
 *
 * image.check and image.info: reports.
 */
#include <stdlib.h>

#include "core/bind.h"
#include "image/batch.h"
#include "image/check.h"
#include "image/report.h"

struct check_op {
  struct hl_batch batch;
  struct hl_limits limits;
  struct hl_report *reports;
};

static void destroy(struct hl_op *op) {
  struct check_op *check = (struct check_op *)op;
  for (size_t item = 0; check->reports && item < op->items; item++) hl_report_free(&check->reports[item]);
  free(check->reports);
  hl_batch_free(&check->batch);
}

static void work_check(struct hl_op *op, size_t item) {
  struct check_op *check = (struct check_op *)op;
  const struct hl_input *input = &check->batch.inputs[item];
  struct hl_report *report = &check->reports[item];
  struct hl_scratch *scratch = hl_scratch_take(&check->batch.scratches);
  struct hl_error err;
  if (scratch) {
    if (!input->bytes)
      hl_image_check(input->name, &check->limits, scratch, report);
    else
      hl_image_check_bytes(input->name, input->bytes, input->size, &check->limits, scratch, report);
    hl_batch_give(&check->batch, scratch);
  }
  if (!scratch || report->out_of_memory) {
    hl_no_memory(&err);
    hl_batch_fail(&check->batch, item, &err);
  }
  hl_batch_count(&check->batch, report->bytes, hl_report_has_problem(report));
}

static void work_info(struct hl_op *op, size_t item) {
  struct check_op *check = (struct check_op *)op;
  struct hl_report *report = &check->reports[item];
  struct hl_scratch *scratch = hl_scratch_take(&check->batch.scratches);
  struct hl_error err;
  const uint8_t *bytes;
  size_t size;
  bool is_read =
      scratch ? hl_batch_read(&check->batch, item, scratch, &bytes, &size, &err) && hl_image_info(bytes, size, report, &err)
              : hl_no_memory(&err);
  if (scratch) hl_batch_give(&check->batch, scratch);
  if (!is_read) hl_batch_fail(&check->batch, item, &err);
  hl_batch_count(&check->batch, report->bytes, !is_read);
}

static void set_string(lua_State *L, const char *key, const char *value) {
  if (!value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, uint64_t value) {
  if (!value) return;
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, key);
}

static void set_findings(lua_State *L, const char *key, const struct hl_report *report, bool warnings) {
  lua_newtable(L);
  for (size_t i = 0; i < report->count; i++) {
    const struct hl_finding *finding = &report->findings[i];
    if (finding->is_warning != warnings) continue;
    lua_createtable(L, 0, 2);
    set_string(L, "code", finding->code);
    set_string(L, "message", finding->message);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
  lua_setfield(L, -2, key);
}

static void push_info(lua_State *L, struct hl_batch *batch, size_t item) {
  const struct hl_report *report = &((struct check_op *)batch)->reports[item];
  lua_createtable(L, 0, 10);
  set_string(L, "path", batch->inputs[item].name);
  set_string(L, "format", report->format);
  set_string(L, "mode", report->mode);
  set_integer(L, "width", report->width);
  set_integer(L, "height", report->height);
  set_integer(L, "bits", report->bits);
  set_integer(L, "channels", report->channels);
  lua_pushinteger(L, (lua_Integer)report->bytes);
  lua_setfield(L, -2, "bytes");
}

static void push_report(lua_State *L, struct hl_batch *batch, size_t item) {
  const struct hl_report *report = &((struct check_op *)batch)->reports[item];
  push_info(L, batch, item);
  set_findings(L, "problems", report, false);
  set_findings(L, "warnings", report, true);
}

static int push_reports(lua_State *L, struct hl_op *op) { return hl_batch_push(L, (struct hl_batch *)op, push_report); }

static int push_infos(lua_State *L, struct hl_op *op) { return hl_batch_push(L, (struct hl_batch *)op, push_info); }

/* Limits. */

struct limit {
  const char *name;
  size_t offset;
};

static const struct limit limits[] = {
    {"bytes", offsetof(struct hl_limits, bytes)},
    {"min_side", offsetof(struct hl_limits, min_side)},
    {"max_side", offsetof(struct hl_limits, max_side)},
    {"pixels", offsetof(struct hl_limits, pixels)},
    {"inference_pixels", offsetof(struct hl_limits, inference_pixels)},
};
enum { LIMITS = sizeof limits / sizeof *limits };

static uint64_t *limit_of(struct hl_limits *of, size_t i) { return (uint64_t *)(void *)((char *)of + limits[i].offset); }

void hl_push_image_limits(lua_State *L) {
  struct hl_limits titan = hl_titan_limits;
  lua_createtable(L, 0, LIMITS + 1);
  for (size_t i = 0; i < LIMITS; i++) set_integer(L, limits[i].name, *limit_of(&titan, i));
  lua_pushnumber(L, titan.aspect);
  lua_setfield(L, -2, "aspect");
}

/* options.limits: absent for Titan's, false for none, or a table of those that differ. */
static struct hl_limits check_limits(lua_State *L, int options) {
  static const char *const names[] = {"bytes", "min_side", "max_side", "pixels", "inference_pixels", "aspect", NULL};
  struct hl_limits chosen = hl_titan_limits;
  if (!lua_istable(L, options)) return chosen;
  int kind = lua_getfield(L, options, "limits"), at = lua_gettop(L);
  if (kind == LUA_TBOOLEAN && !lua_toboolean(L, at)) {
    chosen = (struct hl_limits){0};
  } else if (kind != LUA_TNIL) {
    hl_check_options(L, at, names);
    for (size_t i = 0; i < LIMITS; i++) {
      uint64_t *limit = limit_of(&chosen, i);
      *limit = (uint64_t)hl_opt_integer(L, at, limits[i].name, (lua_Integer)*limit, 0, LUA_MAXINTEGER);
    }
    chosen.aspect = hl_opt_number(L, at, "aspect", chosen.aspect);
  }
  lua_pop(L, 1);
  return chosen;
}

/* options.depth */
static bool check_depth(lua_State *L, int options) {
  static const char *const depths[] = {"full", "container", NULL};
  return hl_opt_choice(L, options, "depth", 0, depths) == 1;
}

static int await_reports(lua_State *L, const struct hl_op_class *cls, struct hl_limits chosen) {
  struct check_op *check = hl_batch_new(L, cls, sizeof *check, HL_TAKES_FILES);
  check->limits = chosen;
  hl_batch_items(L, &check->batch, &check->reports, sizeof *check->reports);
  hl_op_progress(L, &check->batch.op, 2);
  return hl_op_await(L, &check->batch.op);
}

int hl_l_image_check(lua_State *L) {
  static const char *const names[] = {"limits", "depth", "progress", NULL};
  static const struct hl_op_class cls = {.name = "image.check", .work = work_check, .push = push_reports, .destroy = destroy};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  struct hl_limits chosen = check_limits(L, 2);
  chosen.container_only = check_depth(L, 2);
  return await_reports(L, &cls, chosen);
}

int hl_l_image_info(lua_State *L) {
  static const char *const names[] = {"progress", NULL};
  static const struct hl_op_class cls = {.name = "image.info", .work = work_info, .push = push_infos, .destroy = destroy};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  return await_reports(L, &cls, hl_titan_limits);
}

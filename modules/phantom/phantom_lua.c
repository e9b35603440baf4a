/* SPDX-License-Identifier: MIT
 *
 * hilum.phantom. Labels are computed at once; pictures on the worker pool.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "core/file.h"
#include "image/encode.h"
#include "phantom/phantom.h"
#include "task/op.h"

enum { DEFAULT_SIZE = 256, DEFAULT_SEED = 1, MAX_FOLLOWUP = 999 };
enum { PNG_LEVEL = 1 }; /* more takes longer than the drawing and saves little */

/* Arguments. */

static int check_followup(lua_State *L, int index) {
  lua_Integer followup = luaL_checkinteger(L, index);
  luaL_argcheck(L, followup >= 0 && followup <= MAX_FOLLOWUP, index, "a follow-up is numbered from 0 to 999");
  return (int)followup;
}

static size_t opt_size(lua_State *L, int index) {
  lua_Integer size = hl_opt_integer(L, index, "size", DEFAULT_SIZE, HL_PHANTOM_MIN_SIZE, HL_PHANTOM_MAX_SIZE);
  luaL_argcheck(L, hl_phantom_size_ok((size_t)size), index, "option 'size': not a multiple of 8");
  return (size_t)size;
}

static lua_Integer opt_seed(lua_State *L, int index) {
  return hl_opt_integer(L, index, "seed", DEFAULT_SEED, LLONG_MIN, LLONG_MAX);
}

/* Labels. */

static void push_findings(lua_State *L, uint32_t findings) {
  lua_newtable(L);
  for (int f = 0; f < HL_FINDINGS; f++) {
    if (!(findings >> f & 1)) continue;
    lua_pushstring(L, hl_finding_names[f]);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

static int l_findings(lua_State *L) {
  lua_Integer patient = luaL_checkinteger(L, 1);
  int followup = check_followup(L, 2);
  push_findings(L, hl_phantom_findings(patient, followup, luaL_optinteger(L, 3, DEFAULT_SEED)));
  return 1;
}

static int l_followups(lua_State *L) {
  lua_Integer patient = luaL_checkinteger(L, 1);
  lua_pushinteger(L, hl_phantom_followups(patient, luaL_optinteger(L, 2, DEFAULT_SEED)));
  return 1;
}

static int l_info(lua_State *L) {
  lua_Integer patient = luaL_checkinteger(L, 1);
  int followup = check_followup(L, 2);
  struct hl_phantom_info info = hl_phantom_info(patient, followup, luaL_optinteger(L, 3, DEFAULT_SEED));
  lua_createtable(L, 0, 3);
  lua_pushstring(L, info.ap ? "AP" : "PA");
  lua_setfield(L, -2, "view");
  lua_pushstring(L, info.female ? "F" : "M");
  lua_setfield(L, -2, "sex");
  lua_pushinteger(L, info.age);
  lua_setfield(L, -2, "age");
  return 1;
}

/* Pictures: phantom.render and phantom.write are one operation, with and without paths. */

struct picture {
  int64_t patient;
  int followup;
  uint32_t findings;
  char *path; /* phantom.write */
  struct hl_image image;
  struct hl_error err;
};

struct draw_op {
  struct hl_op op;
  size_t size;
  int64_t seed;
  bool single;
  atomic_bool failed; /* the rest need not be drawn */
  struct picture *pictures;
};

static bool draw(const struct draw_op *draw, struct picture *p) {
  bool ap;
  if (!hl_image_alloc(&p->image, draw->size, draw->size, 1))
    return hl_fail(&p->err, HL_IO, draw->op.cls->name, "not enough memory");
  return hl_phantom_render(p->patient, p->followup, p->findings, draw->size, draw->seed, p->image.pixels, &ap, &p->err);
}

static bool save(struct picture *p) {
  struct hl_file file = {0};
  uint8_t *png = NULL;
  size_t size;
  bool saved = hl_png_encode(&p->image, PNG_LEVEL, &png, &size, &p->err) &&
               hl_file_create(&file, "phantom.write", p->path, &p->err) && hl_file_write(&file, png, size, &p->err) &&
               hl_file_commit(&file, &p->err);
  hl_file_abort(&file);
  hl_image_free(&p->image);
  free(png);
  return saved;
}

static void draw_item(struct hl_op *op, size_t item) {
  struct draw_op *d = (struct draw_op *)op;
  struct picture *p = &d->pictures[item];
  if (atomic_load(&d->failed)) return;
  if (draw(d, p) && (!p->path || save(p))) return;
  atomic_store(&d->failed, true);
  if (op->progress) atomic_fetch_add(&op->progress->failed, 1);
}

static void destroy_draw(struct hl_op *op) {
  struct draw_op *d = (struct draw_op *)op;
  for (size_t i = 0; d->pictures && i < op->items; i++) {
    free(d->pictures[i].path);
    hl_image_free(&d->pictures[i].image);
  }
  free(d->pictures);
}

/* NULL if all went well. */
static const struct hl_error *first_error(const struct draw_op *d) {
  if (!atomic_load(&d->failed)) return NULL;
  size_t i = 0;
  while (d->pictures[i].err.kind == HL_OK) i++;
  return &d->pictures[i].err;
}

/* Drawing fails only for lack of memory. */
static int push_images(lua_State *L, struct hl_op *op) {
  struct draw_op *d = (struct draw_op *)op;
  const struct hl_error *err = first_error(d);
  if (err) return luaL_error(L, "%s", err->message);
  if (d->single) {
    hl_push_image(L, &d->pictures[0].image);
    return 1;
  }
  lua_createtable(L, op->items < INT_MAX ? (int)op->items : 0, 0);
  for (size_t i = 0; i < op->items; i++) {
    hl_push_image(L, &d->pictures[i].image);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int push_written(lua_State *L, struct hl_op *op) {
  const struct hl_error *err = first_error((struct draw_op *)op);
  if (err) return hl_push_error(L, err);
  lua_pushboolean(L, true);
  return 1;
}

static const struct hl_op_class render_class = {
    .name = "phantom.render", .work = draw_item, .push = push_images, .destroy = destroy_draw};
static const struct hl_op_class write_class = {
    .name = "phantom.write", .work = draw_item, .push = push_written, .destroy = destroy_draw};

/* An operation of that many pictures, all still to be filled; options at index. */
static struct draw_op *new_draw(lua_State *L, const struct hl_op_class *cls, size_t items, int options) {
  static const char *const names[] = {"size", "seed", "progress", NULL};
  hl_check_options(L, options, names);
  size_t size = opt_size(L, options);
  lua_Integer seed = opt_seed(L, options);
  struct draw_op *d = hl_op_new(L, cls, sizeof *d);
  d->op.items = items;
  d->size = size;
  d->seed = seed;
  hl_op_progress(L, &d->op, options);
  d->pictures = calloc(items ? items : 1, sizeof *d->pictures);
  if (!d->pictures) luaL_error(L, "not enough memory");
  return d;
}

static void set_picture(struct picture *p, int64_t patient, int followup, int64_t seed) {
  p->patient = patient;
  p->followup = followup;
  p->findings = hl_phantom_findings(patient, followup, seed);
}

static lua_Integer check_field(lua_State *L, lua_Integer i, const char *name, lua_Integer min, lua_Integer max) {
  int is_integer;
  lua_getfield(L, -1, name);
  lua_Integer value = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || value < min || value > max)
    luaL_argerror(L, 1, lua_pushfstring(L, "picture %I: bad '%s'", (LUAI_UACINT)i, name));
  lua_pop(L, 1);
  return value;
}

static char *check_path(lua_State *L, lua_Integer i) {
  lua_getfield(L, -1, "path");
  if (lua_type(L, -1) != LUA_TSTRING) luaL_argerror(L, 1, lua_pushfstring(L, "picture %I: bad 'path'", (LUAI_UACINT)i));
  char *path = strdup(lua_tostring(L, -1));
  if (!path) luaL_error(L, "not enough memory");
  lua_pop(L, 1);
  return path;
}

/* A list of pictures at 1, options at 2. */
static struct draw_op *check_list(lua_State *L, const struct hl_op_class *cls, bool with_paths) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, 1);
  struct draw_op *d = new_draw(L, cls, (size_t)count, 2);
  for (lua_Integer i = 1; i <= count; i++) {
    struct picture *p = &d->pictures[i - 1];
    if (lua_geti(L, 1, i) != LUA_TTABLE) luaL_argerror(L, 1, lua_pushfstring(L, "picture %I is no table", (LUAI_UACINT)i));
    set_picture(p, check_field(L, i, "patient", LLONG_MIN, LLONG_MAX), (int)check_field(L, i, "followup", 0, MAX_FOLLOWUP),
                d->seed);
    if (with_paths) p->path = check_path(L, i);
    lua_pop(L, 1);
  }
  return d;
}

static int l_write(lua_State *L) {
  lua_settop(L, 2);
  return hl_op_await(L, &check_list(L, &write_class, true)->op);
}

static int l_render(lua_State *L) {
  if (lua_istable(L, 1)) {
    lua_settop(L, 2);
    return hl_op_await(L, &check_list(L, &render_class, false)->op);
  }
  lua_Integer patient = luaL_checkinteger(L, 1);
  int followup = check_followup(L, 2);
  lua_settop(L, 3);
  struct draw_op *d = new_draw(L, &render_class, 1, 3);
  d->single = true;
  set_picture(&d->pictures[0], patient, followup, d->seed);
  return hl_op_await(L, &d->op);
}

HL_MODULE int luaopen_hilum_phantom(lua_State *L) {
  static const luaL_Reg functions[] = {{"findings", l_findings}, {"followups", l_followups}, {"info", l_info},
                                       {"render", l_render},     {"write", l_write},         {NULL, NULL}};
  luaL_newlib(L, functions);
  push_findings(L, (UINT32_C(1) << HL_FINDINGS) - 1);
  lua_setfield(L, -2, "names");
  return 1;
}

/* SPDX-License-Identifier: MIT */
#include "image/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bind.h"
#include "image/decode.h"

/* Stands for an error that there was no memory to keep. */
static const struct hl_error lost = {.kind = HL_IO, .op = "image", .code = "ENOMEM", .message = "not enough memory"};

static bool take_path(lua_State *L, struct hl_input *input, int takes) {
  if (!(takes & HL_TAKES_FILES) || lua_type(L, -1) != LUA_TSTRING) return false;
  size_t size;
  const char *path = lua_tolstring(L, -1, &size);
  if (size == 0 || strlen(path) != size) return false;
  input->name = strdup(path);
  if (!input->name) luaL_error(L, "not enough memory");
  return true;
}

static bool take_bytes(lua_State *L, struct hl_batch *batch, struct hl_input *input, int takes) {
  if (!(takes & HL_TAKES_FILES) || lua_type(L, -1) != LUA_TTABLE) return false;
  bool is_string = lua_getfield(L, -1, "bytes") == LUA_TSTRING;
  if (is_string) {
    hl_op_pin(L, &batch->op, -1);
    input->bytes = (const uint8_t *)lua_tolstring(L, -1, &input->size);
    luaL_argcheck(L, input->size <= HL_IMAGE_MAX_FILE, 1, "bytes: more than are decoded at most");
  }
  lua_pop(L, 1);
  if (is_string && lua_getfield(L, -1, "name") == LUA_TSTRING) {
    input->name = strdup(lua_tostring(L, -1));
    if (!input->name) luaL_error(L, "not enough memory");
  }
  if (is_string) lua_pop(L, 1);
  return is_string;
}

static bool take_image(lua_State *L, struct hl_batch *batch, struct hl_input *input, int takes) {
  if (!(takes & HL_TAKES_IMAGES) || !luaL_testudata(L, -1, HL_IMAGE)) return false;
  hl_op_pin(L, &batch->op, -1);
  input->image = lua_touserdata(L, -1);
  return true;
}

/* The input at the top of the stack, which it pops. */
static void take_input(lua_State *L, struct hl_batch *batch, size_t item, int takes) {
  static const char *const expected[] = {[HL_TAKES_FILES] = "path or {bytes = string}",
                                         [HL_TAKES_IMAGES] = "image",
                                         [HL_TAKES_FILES | HL_TAKES_IMAGES] = "path, {bytes = string} or image"};
  struct hl_input *input = &batch->inputs[item];
  if (!take_path(L, input, takes) && !take_bytes(L, batch, input, takes) && !take_image(L, batch, input, takes)) {
    const char *where = batch->is_list ? lua_pushfstring(L, "item %I: ", (LUAI_UACINT)item + 1) : "";
    const char *got = luaL_typename(L, batch->is_list ? -2 : -1);
    luaL_argerror(L, 1, lua_pushfstring(L, "%s%s expected, got %s", where, expected[takes], got));
  }
  lua_pop(L, 1);
}

static bool is_list(lua_State *L) {
  if (!lua_istable(L, 1)) return false;
  bool is_input = lua_getfield(L, 1, "bytes") != LUA_TNIL;
  lua_pop(L, 1);
  return !is_input;
}

void *hl_batch_new(lua_State *L, const struct hl_op_class *cls, size_t size, int takes) {
  struct hl_batch *batch = hl_op_new(L, cls, size);
  batch->op.items = 0; /* until there are inputs to free */
  hl_scratch_pool_init(&batch->scratches);
  batch->is_list = is_list(L);
  size_t count = batch->is_list ? (size_t)luaL_len(L, 1) : 1;
  batch->inputs = calloc(count + 1, sizeof *batch->inputs);
  batch->errors = calloc(count + 1, sizeof *batch->errors);
  if (!batch->inputs || !batch->errors) luaL_error(L, "not enough memory");
  batch->op.items = count;
  for (size_t item = 0; item < count; item++) {
    if (batch->is_list)
      lua_geti(L, 1, (lua_Integer)item + 1);
    else
      lua_pushvalue(L, 1);
    take_input(L, batch, item, takes);
  }
  return batch;
}

void hl_batch_free(struct hl_batch *batch) {
  for (size_t item = 0; item < batch->op.items; item++) {
    free(batch->inputs[item].name);
    if (batch->errors[item] != &lost) free((void *)batch->errors[item]);
  }
  free(batch->inputs);
  free(batch->errors);
  hl_scratch_pool_free(&batch->scratches);
}

void hl_batch_items(lua_State *L, struct hl_batch *batch, void *slot, size_t size) {
  void *items = calloc(batch->op.items + 1, size);
  if (!items) luaL_error(L, "not enough memory");
  memcpy(slot, &items, sizeof items);
}

bool hl_batch_read(struct hl_batch *batch, size_t item, struct hl_scratch *scratch, const uint8_t **bytes, size_t *size,
                   struct hl_error *err) {
  const struct hl_input *input = &batch->inputs[item];
  *bytes = input->bytes;
  *size = input->size;
  if (input->bytes) return true;
  if (!hl_image_read(input->name, scratch, size, err)) return false;
  *bytes = scratch->file.data;
  return true;
}

void hl_batch_give(struct hl_batch *batch, struct hl_scratch *scratch) {
  if (batch->op.items > 1) {
    hl_scratch_give(&batch->scratches, scratch);
    return;
  }
  hl_scratch_free(scratch);
  free(scratch);
}

void hl_batch_fail(struct hl_batch *batch, size_t item, const struct hl_error *err) {
  struct hl_error *copy = malloc(sizeof *copy);
  batch->errors[item] = copy ? copy : &lost;
  if (!copy) return;
  *copy = *err;
  const char *name = batch->inputs[item].name;
  snprintf(copy->op, sizeof copy->op, "%s", batch->op.cls->name);
  if (name && err->kind == HL_INTEGRITY) snprintf(copy->message, sizeof copy->message, "%.700s: %.300s", name, err->message);
}

void hl_batch_count(struct hl_batch *batch, uint64_t bytes, bool has_failed) {
  struct hl_counter *progress = batch->op.progress;
  if (!progress) return;
  atomic_fetch_add_explicit(&progress->bytes, bytes, memory_order_relaxed);
  if (has_failed) atomic_fetch_add_explicit(&progress->failed, 1, memory_order_relaxed);
}

void hl_batch_push_errors(lua_State *L, const struct hl_batch *batch) {
  lua_pushnil(L);
  for (size_t item = 0; item < batch->op.items; item++) {
    if (!batch->errors[item]) continue;
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_newtable(L);
    }
    hl_push_error_value(L, batch->errors[item]);
    lua_rawseti(L, -2, (lua_Integer)item + 1);
  }
}

int hl_batch_push(lua_State *L, struct hl_batch *batch, void (*push_item)(lua_State *L, struct hl_batch *batch, size_t item)) {
  if (!batch->is_list) {
    if (batch->errors[0]) return hl_push_error(L, batch->errors[0]);
    push_item(L, batch, 0);
    return 1;
  }
  lua_createtable(L, (int)batch->op.items, 0);
  for (size_t item = 0; item < batch->op.items; item++) {
    if (batch->errors[item])
      lua_pushboolean(L, false);
    else
      push_item(L, batch, item);
    lua_rawseti(L, -2, (lua_Integer)item + 1);
  }
  hl_batch_push_errors(L, batch);
  return 2;
}

/* SPDX-License-Identifier: MIT
 *
 * hilum.probe, for the tests of the loop: operations of the worker pool that take a known time and read pinned memory.
 */
#include <stdlib.h>
#include <time.h>

#include "core/bind.h"
#include "task/op.h"

struct work {
  struct hl_op op;
  double seconds;
  const char *text;
  size_t size;
  atomic_int begun;
  uint32_t *sums; /* one per item */
};

static void pause_for(double seconds) {
  struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

static void work(struct hl_op *op, size_t item) {
  struct work *work = (struct work *)op;
  atomic_fetch_add(&work->begun, 1);
  pause_for(work->seconds);
  for (size_t i = 0; i < work->size; i++) work->sums[item] += (unsigned char)work->text[i];
}

/* The number of items that were begun, and the byte sum that each computed. */
static int push(lua_State *L, struct hl_op *op) {
  struct work *done = (struct work *)op;
  lua_pushinteger(L, atomic_load(&done->begun));
  for (size_t i = 1; i < op->items; i++)
    if (done->sums[i] != done->sums[0]) return luaL_error(L, "items disagree");
  lua_pushinteger(L, op->items ? done->sums[0] : 0);
  return 2;
}

static void destroy(struct hl_op *op) { free(((struct work *)op)->sums); }

/* probe.work(items, seconds_each[, text]) -> begun, byte sum of text */
static int l_work(lua_State *L) {
  static const struct hl_op_class cls = {.name = "probe.work", .work = work, .push = push, .destroy = destroy};
  lua_settop(L, 3);
  size_t items = (size_t)luaL_checkinteger(L, 1);
  double seconds = luaL_checknumber(L, 2);
  luaL_optstring(L, 3, "");
  struct work *op = hl_op_new(L, &cls, sizeof *op);
  op->op.items = items;
  op->seconds = seconds;
  op->text = luaL_optlstring(L, 3, "", &op->size);
  if (!lua_isnoneornil(L, 3)) hl_op_pin(L, &op->op, 3);
  op->sums = calloc(items + 1, sizeof *op->sums);
  if (!op->sums) return luaL_error(L, "not enough memory");
  return hl_op_await(L, &op->op);
}

HL_MODULE int luaopen_hilum_probe(lua_State *L);

int luaopen_hilum_probe(lua_State *L) {
  static const luaL_Reg functions[] = {{"work", l_work}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

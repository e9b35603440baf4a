/* SPDX-License-Identifier: MIT
 *
 * image.phash, image.similar, image.correlation: what finds near duplicates.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/bind.h"
#include "image/batch.h"
#include "image/describe.h"
#include "image/phash.h"

enum { DIGITS = HL_PHASH_BITS / 4, WORD_DIGITS = 16 };

/* image.phash */

struct phash_op {
  struct hl_batch batch;
  struct hl_phash *hashes;
};

static void destroy_phash(struct hl_op *op) {
  free(((struct phash_op *)op)->hashes);
  hl_batch_free((struct hl_batch *)op);
}

static void work_phash(struct hl_op *op, size_t item) {
  struct phash_op *phash = (struct phash_op *)op;
  struct hl_image gray = {0};
  float reduced[64 * 64];
  if (!hl_batch_gray(&phash->batch, item, &gray)) return;
  hl_area64(gray.pixels, gray.width, gray.height, reduced);
  hl_phash(reduced, &phash->hashes[item]);
  hl_image_free(&gray);
}

static void push_hash(lua_State *L, struct hl_batch *batch, size_t item) {
  const struct hl_phash *hash = &((struct phash_op *)batch)->hashes[item];
  char text[DIGITS + 1];
  for (size_t i = 0; i < HL_PHASH_WORDS; i++) snprintf(text + i * WORD_DIGITS, WORD_DIGITS + 1, "%016" PRIx64, hash->words[i]);
  lua_pushlstring(L, text, DIGITS);
}

static int push_hashes(lua_State *L, struct hl_op *op) { return hl_batch_push(L, (struct hl_batch *)op, push_hash); }

int hl_l_image_phash(lua_State *L) {
  static const char *const names[] = {"progress", NULL};
  static const struct hl_op_class cls = {
      .name = "image.phash", .work = work_phash, .push = push_hashes, .destroy = destroy_phash};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  struct phash_op *phash = hl_batch_new(L, &cls, sizeof *phash, HL_TAKES_FILES | HL_TAKES_IMAGES);
  hl_batch_items(L, &phash->batch, &phash->hashes, sizeof *phash->hashes);
  hl_op_progress(L, &phash->batch.op, 2);
  return hl_op_await(L, &phash->batch.op);
}

/* image.similar */

enum { NEAREST = 8, BLOCK = 256 };

/* An item is a block of hashes, each compared with all before it. */
struct similar_op {
  struct hl_op op;
  size_t count;
  unsigned most;
  struct hl_phash *hashes;
  struct nearest {
    struct hl_phash_near list[NEAREST];
    size_t count;
  } * nearest;
};

static void destroy_similar(struct hl_op *op) {
  struct similar_op *similar = (struct similar_op *)op;
  free(similar->hashes);
  free(similar->nearest);
}

static void work_similar(struct hl_op *op, size_t item) {
  struct similar_op *similar = (struct similar_op *)op;
  size_t end = (item + 1) * BLOCK < similar->count ? (item + 1) * BLOCK : similar->count;
  for (size_t i = item * BLOCK; i < end; i++)
    similar->nearest[i].count = hl_phash_nearest(similar->hashes, i, similar->most, similar->nearest[i].list, NEAREST);
}

static void set_field(lua_State *L, const char *key, size_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, key);
}

static int push_pairs(lua_State *L, struct hl_op *op) {
  const struct similar_op *similar = (const struct similar_op *)op;
  lua_Integer pairs = 0;
  lua_newtable(L);
  for (size_t i = 0; i < similar->count; i++)
    for (size_t n = 0; n < similar->nearest[i].count; n++) {
      lua_createtable(L, 0, 3);
      set_field(L, "first", similar->nearest[i].list[n].other + 1);
      set_field(L, "second", i + 1);
      set_field(L, "distance", similar->nearest[i].list[n].distance);
      lua_rawseti(L, -2, ++pairs);
    }
  return 1;
}

/* The hash at place i of the list at index 1. */
static void read_hash(lua_State *L, size_t i, struct hl_phash *hash) {
  size_t size = 0;
  lua_geti(L, 1, (lua_Integer)i + 1);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : "";
  for (size_t word = 0; size == DIGITS && word < HL_PHASH_WORDS; word++) {
    char digits[WORD_DIGITS + 1] = {0}, *end;
    for (size_t d = 0; d < WORD_DIGITS; d++) digits[d] = text[word * WORD_DIGITS + d];
    hash->words[word] = strtoull(digits, &end, 16);
    if (end != digits + WORD_DIGITS) size = 0;
  }
  if (size != DIGITS) luaL_argerror(L, 1, lua_pushfstring(L, "item %I: hash expected", (LUAI_UACINT)i + 1));
  lua_pop(L, 1);
}

int hl_l_image_similar(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "image.similar", .work = work_similar, .push = push_pairs, .destroy = destroy_similar};
  lua_settop(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer most = luaL_checkinteger(L, 2);
  luaL_argcheck(L, most >= 0 && most <= HL_PHASH_BITS, 2, "0..256 bits expected");
  size_t count = (size_t)luaL_len(L, 1);
  struct similar_op *similar = hl_op_new(L, &cls, sizeof *similar);
  similar->hashes = calloc(count + 1, sizeof *similar->hashes);
  similar->nearest = calloc(count + 1, sizeof *similar->nearest);
  if (!similar->hashes || !similar->nearest) luaL_error(L, "not enough memory");
  for (size_t i = 0; i < count; i++) read_hash(L, i, &similar->hashes[i]);
  similar->count = count;
  similar->most = (unsigned)most;
  similar->op.items = (count + BLOCK - 1) / BLOCK;
  return hl_op_await(L, &similar->op);
}

int hl_l_image_correlation(lua_State *L) {
  const struct hl_image *a = hl_check_image(L, 1), *b = hl_check_image(L, 2);
  bool is_same_shape = a->width == b->width && a->height == b->height && a->channels == b->channels;
  luaL_argcheck(L, is_same_shape, 2, "an image of the same size and channels expected");
  lua_pushnumber(L, hl_correlation(a->pixels, b->pixels, hl_image_size(a)));
  return 1;
}

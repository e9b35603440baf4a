/* SPDX-License-Identifier: MIT
 *
 * image.decode, image.resize: images; image.describe: a matrix.
 */
#include <stdlib.h>

#include "core/bind.h"
#include "core/matrix.h"
#include "image/batch.h"
#include "image/decode.h"
#include "image/describe.h"
#include "image/report.h"
#include "image/resize.h"

struct decode_op {
  struct hl_batch batch;
  enum hl_image_mode mode;
  size_t width, height; /* to resize to */
  struct hl_image *images;
  struct hl_matrix features;
};

static void destroy(struct hl_op *op) {
  struct decode_op *decode = (struct decode_op *)op;
  for (size_t item = 0; decode->images && item < op->items; item++) hl_image_free(&decode->images[item]);
  free(decode->images);
  hl_matrix_free(&decode->features);
  hl_batch_free(&decode->batch);
}

static bool decode_input(struct hl_batch *batch, size_t item, enum hl_image_mode mode, struct hl_image *image,
                         struct hl_error *err) {
  struct hl_scratch *scratch = hl_scratch_take(&batch->scratches);
  const uint8_t *bytes;
  size_t size = 0;
  if (!scratch) return hl_no_memory(err);
  bool is_decoded =
      hl_batch_read(batch, item, scratch, &bytes, &size, err) && hl_image_decode(bytes, size, mode, scratch, image, err);
  hl_batch_give(batch, scratch);
  hl_batch_count(batch, size, !is_decoded);
  return is_decoded;
}

static void work_decode(struct hl_op *op, size_t item) {
  struct decode_op *decode = (struct decode_op *)op;
  struct hl_error err;
  if (!decode_input(&decode->batch, item, decode->mode, &decode->images[item], &err)) hl_batch_fail(&decode->batch, item, &err);
}

static void work_resize(struct hl_op *op, size_t item) {
  struct decode_op *decode = (struct decode_op *)op;
  struct hl_error err;
  if (!hl_resize(decode->batch.inputs[item].image, decode->width, decode->height, &decode->images[item], &err))
    hl_batch_fail(&decode->batch, item, &err);
}

static void describe_gray(const struct hl_image *gray, float *features) {
  float reduced[64 * 64];
  hl_area64(gray->pixels, gray->width, gray->height, reduced);
  hl_describe(reduced, features);
}

/* The gray form of an image that is in memory already. */
static bool make_gray(const struct hl_image *image, struct hl_image *gray, struct hl_error *err) {
  if (!hl_image_alloc(gray, image->width, image->height, 1)) return hl_no_memory(err);
  hl_image_convert_row(image->pixels, image->channels, gray->pixels, 1, image->width * image->height);
  return true;
}

bool hl_batch_gray(struct hl_batch *batch, size_t item, struct hl_image *gray) {
  const struct hl_image *image = batch->inputs[item].image;
  struct hl_error err;
  bool is_made = image ? make_gray(image, gray, &err) : decode_input(batch, item, HL_IMAGE_GRAY, gray, &err);
  if (!is_made) hl_batch_fail(batch, item, &err);
  return is_made;
}

static void work_describe(struct hl_op *op, size_t item) {
  struct decode_op *decode = (struct decode_op *)op;
  struct hl_image gray = {0};
  if (hl_batch_gray(&decode->batch, item, &gray)) describe_gray(&gray, decode->features.data + item * HL_FEATURES);
  hl_image_free(&gray);
}

static void push_image(lua_State *L, struct hl_batch *batch, size_t item) {
  hl_push_image(L, &((struct decode_op *)batch)->images[item]);
}

static int push_images(lua_State *L, struct hl_op *op) { return hl_batch_push(L, (struct hl_batch *)op, push_image); }

static int push_features(lua_State *L, struct hl_op *op) {
  struct decode_op *decode = (struct decode_op *)op;
  if (!decode->batch.is_list && decode->batch.errors[0]) return hl_push_error(L, decode->batch.errors[0]);
  *hl_push_matrix_object(L) = decode->features;
  decode->features = (struct hl_matrix){0};
  hl_batch_push_errors(L, &decode->batch);
  return 2;
}

int hl_l_image_decode(lua_State *L) {
  static const char *const names[] = {"mode", "progress", NULL}, *const modes[] = {"native", "gray", "rgb", NULL};
  static const struct hl_op_class cls = {.name = "image.decode", .work = work_decode, .push = push_images, .destroy = destroy};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  enum hl_image_mode mode = (enum hl_image_mode)hl_opt_choice(L, 2, "mode", HL_IMAGE_NATIVE, modes);
  struct decode_op *decode = hl_batch_new(L, &cls, sizeof *decode, HL_TAKES_FILES);
  decode->mode = mode;
  hl_batch_items(L, &decode->batch, &decode->images, sizeof *decode->images);
  hl_op_progress(L, &decode->batch.op, 2);
  return hl_op_await(L, &decode->batch.op);
}

static size_t check_side(lua_State *L, int index) {
  lua_Integer side = luaL_checkinteger(L, index);
  luaL_argcheck(L, side >= 1 && side <= 65535, index, "1..65535 pixels expected");
  return (size_t)side;
}

int hl_l_image_resize(lua_State *L) {
  static const char *const names[] = {"progress", NULL};
  static const struct hl_op_class cls = {.name = "image.resize", .work = work_resize, .push = push_images, .destroy = destroy};
  lua_settop(L, 4);
  size_t width = check_side(L, 2), height = check_side(L, 3);
  hl_check_options(L, 4, names);
  struct decode_op *decode = hl_batch_new(L, &cls, sizeof *decode, HL_TAKES_IMAGES);
  decode->width = width;
  decode->height = height;
  hl_batch_items(L, &decode->batch, &decode->images, sizeof *decode->images);
  hl_op_progress(L, &decode->batch.op, 4);
  return hl_op_await(L, &decode->batch.op);
}

int hl_l_image_describe(lua_State *L) {
  static const char *const names[] = {"progress", NULL};
  static const struct hl_op_class cls = {
      .name = "image.describe", .work = work_describe, .push = push_features, .destroy = destroy};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  struct decode_op *decode = hl_batch_new(L, &cls, sizeof *decode, HL_TAKES_FILES | HL_TAKES_IMAGES);
  if (!hl_matrix_alloc(&decode->features, decode->batch.op.items, HL_FEATURES)) luaL_error(L, "not enough memory");
  hl_op_progress(L, &decode->batch.op, 2);
  return hl_op_await(L, &decode->batch.op);
}

/* SPDX-License-Identifier: MIT
 *
 * image.encode, image.write, image.thumbnail: images to files.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/bind.h"
#include "core/file.h"
#include "image/batch.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/jpeg.h"
#include "image/report.h"
#include "image/resize.h"

enum { FROM_NAME = -1, TO_PNG, TO_JPEG };

struct encoded {
  uint8_t *bytes;
  size_t size;
};

struct encode_op {
  struct hl_batch batch;
  int format, quality, level;
  size_t side;    /* of a thumbnail */
  char **targets; /* paths to write to, or NULL */
  struct encoded *encoded;
};

static void destroy(struct hl_op *op) {
  struct encode_op *encode = (struct encode_op *)op;
  for (size_t item = 0; item < op->items; item++) {
    if (encode->targets) free(encode->targets[item]);
    if (encode->encoded) free(encode->encoded[item].bytes);
  }
  free(encode->targets);
  free(encode->encoded);
  hl_batch_free(&encode->batch);
}

static int format_of(const char *path) {
  const char *dot = strrchr(path, '.');
  if (dot && strcasecmp(dot, ".png") == 0) return TO_PNG;
  return dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0) ? TO_JPEG : FROM_NAME;
}

static bool encode_image(const struct encode_op *encode, int format, const struct hl_image *image, struct encoded *encoded,
                         struct hl_error *err) {
  return format == TO_PNG ? hl_png_encode(image, encode->level, &encoded->bytes, &encoded->size, err)
                          : hl_jpeg_encode(image, encode->quality, &encoded->bytes, &encoded->size, err);
}

static void work_encode(struct hl_op *op, size_t item) {
  struct encode_op *encode = (struct encode_op *)op;
  struct hl_error err;
  if (!encode_image(encode, encode->format, encode->batch.inputs[item].image, &encode->encoded[item], &err))
    hl_batch_fail(&encode->batch, item, &err);
}

static bool write_file(const char *path, const struct encoded *encoded, struct hl_error *err) {
  struct hl_file file = {0};
  if (!hl_file_create(&file, "image.write", path, err)) return false;
  if (hl_file_write(&file, encoded->bytes, encoded->size, err)) return hl_file_commit(&file, err);
  hl_file_abort(&file);
  return false;
}

static void work_write(struct hl_op *op, size_t item) {
  struct encode_op *encode = (struct encode_op *)op;
  const char *path = encode->targets[item];
  struct encoded encoded = {0};
  struct hl_error err;
  int format = encode->format == FROM_NAME ? format_of(path) : encode->format;
  bool is_written =
      encode_image(encode, format, encode->batch.inputs[item].image, &encoded, &err) && write_file(path, &encoded, &err);
  free(encoded.bytes);
  if (!is_written) hl_batch_fail(&encode->batch, item, &err);
  hl_batch_count(&encode->batch, encoded.size, !is_written);
}

/* width x height, made to fit a square of that side, never larger than it was. */
static bool shrink(const struct hl_image *image, size_t side, struct hl_image *small, struct hl_error *err) {
  size_t longer = image->width > image->height ? image->width : image->height;
  if (side > longer) side = longer;
  size_t width = (image->width * side + longer / 2) / longer, height = (image->height * side + longer / 2) / longer;
  return hl_resize(image, width ? width : 1, height ? height : 1, small, err);
}

static bool load(struct encode_op *encode, size_t item, struct hl_image *image, struct hl_error *err) {
  struct hl_batch *batch = &encode->batch;
  struct hl_scratch *scratch = hl_scratch_take(&batch->scratches);
  const uint8_t *bytes;
  size_t size = 0;
  if (!scratch) return hl_no_memory(err);
  bool is_loaded = hl_batch_read(batch, item, scratch, &bytes, &size, err) &&
                   hl_image_decode_small(bytes, size, HL_IMAGE_NATIVE, encode->side, scratch, image, err);
  hl_batch_give(batch, scratch);
  hl_batch_count(batch, size, !is_loaded);
  return is_loaded;
}

static void work_thumbnail(struct hl_op *op, size_t item) {
  struct encode_op *encode = (struct encode_op *)op;
  const struct hl_image *image = encode->batch.inputs[item].image;
  struct hl_image loaded = {0}, small = {0};
  struct hl_error err;
  bool is_made = (image || load(encode, item, &loaded, &err)) && shrink(image ? image : &loaded, encode->side, &small, &err) &&
                 encode_image(encode, TO_JPEG, &small, &encode->encoded[item], &err);
  if (!is_made) hl_batch_fail(&encode->batch, item, &err);
  hl_image_free(&loaded);
  hl_image_free(&small);
}

static void push_encoded(lua_State *L, struct hl_batch *batch, size_t item) {
  const struct encoded *encoded = &((struct encode_op *)batch)->encoded[item];
  lua_pushlstring(L, (const char *)encoded->bytes, encoded->size);
}

static int push_strings(lua_State *L, struct hl_op *op) { return hl_batch_push(L, (struct hl_batch *)op, push_encoded); }

static int push_written(lua_State *L, struct hl_op *op) {
  const struct hl_batch *batch = (struct hl_batch *)op;
  for (size_t item = 0; item < op->items; item++)
    if (batch->errors[item]) return hl_push_error(L, batch->errors[item]);
  lua_pushboolean(L, true);
  return 1;
}

static struct encode_op *new_encode(lua_State *L, const struct hl_op_class *cls, int takes, int options) {
  static const char *const formats[] = {"png", "jpeg", NULL};
  int format = hl_opt_choice(L, options, "format", FROM_NAME, formats);
  int quality = (int)hl_opt_integer(L, options, "quality", 90, 1, 100), level = (int)hl_opt_integer(L, options, "level", 6, 0, 9);
  struct encode_op *encode = hl_batch_new(L, cls, sizeof *encode, takes);
  encode->format = format;
  encode->quality = quality;
  encode->level = level;
  hl_op_progress(L, &encode->batch.op, options);
  return encode;
}

int hl_l_image_encode(lua_State *L) {
  static const char *const names[] = {"format", "quality", "level", "progress", NULL};
  static const struct hl_op_class cls = {.name = "image.encode", .work = work_encode, .push = push_strings, .destroy = destroy};
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  struct encode_op *encode = new_encode(L, &cls, HL_TAKES_IMAGES, 2);
  if (encode->format == FROM_NAME) encode->format = TO_PNG;
  hl_batch_items(L, &encode->batch, &encode->encoded, sizeof *encode->encoded);
  return hl_op_await(L, &encode->batch.op);
}

int hl_l_image_thumbnail(lua_State *L) {
  static const char *const names[] = {"quality", "progress", NULL};
  static const struct hl_op_class cls = {
      .name = "image.thumbnail", .work = work_thumbnail, .push = push_strings, .destroy = destroy};
  lua_settop(L, 3);
  lua_Integer side = luaL_checkinteger(L, 2);
  luaL_argcheck(L, side >= 1 && side <= 4096, 2, "1..4096 pixels expected");
  hl_check_options(L, 3, names);
  struct encode_op *encode = new_encode(L, &cls, HL_TAKES_FILES | HL_TAKES_IMAGES, 3);
  encode->side = (size_t)side;
  hl_batch_items(L, &encode->batch, &encode->encoded, sizeof *encode->encoded);
  return hl_op_await(L, &encode->batch.op);
}

/* The path at the top of the stack, which it pops. */
static void take_target(lua_State *L, struct encode_op *encode, size_t item) {
  size_t size;
  const char *path = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
  luaL_argcheck(L, path && *path && strlen(path) == size, 2, "path expected, one for each image");
  if (encode->format == FROM_NAME && format_of(path) == FROM_NAME)
    luaL_argerror(L, 2, lua_pushfstring(L, "'%s' ends neither in .png nor in .jpg: set option 'format'", path));
  encode->targets[item] = strdup(path);
  if (!encode->targets[item]) luaL_error(L, "not enough memory");
  lua_pop(L, 1);
}

int hl_l_image_write(lua_State *L) {
  static const char *const names[] = {"format", "quality", "level", "progress", NULL};
  static const struct hl_op_class cls = {.name = "image.write", .work = work_write, .push = push_written, .destroy = destroy};
  lua_settop(L, 3);
  hl_check_options(L, 3, names);
  struct encode_op *encode = new_encode(L, &cls, HL_TAKES_IMAGES, 3);
  hl_batch_items(L, &encode->batch, &encode->targets, sizeof *encode->targets);
  if (encode->batch.is_list) {
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_argcheck(L, (size_t)luaL_len(L, 2) == encode->batch.op.items, 2, "as many paths as images expected");
  }
  for (size_t item = 0; item < encode->batch.op.items; item++) {
    if (encode->batch.is_list)
      lua_geti(L, 2, (lua_Integer)item + 1);
    else
      lua_pushvalue(L, 2);
    take_target(L, encode, item);
  }
  return hl_op_await(L, &encode->batch.op);
}

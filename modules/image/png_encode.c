/* SPDX-License-Identifier: MIT */
#include "image/encode.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "image/report.h"

struct encoding {
  struct hl_buffer bytes;
  char failure[128];
};

static void on_write(png_structp png, png_bytep data, size_t size) {
  struct encoding *encoding = png_get_io_ptr(png);
  if (!hl_buffer_add(&encoding->bytes, data, size)) png_error(png, "not enough memory");
}

static void on_flush(png_structp png) { (void)png; }

static void on_error(png_structp png, png_const_charp message) {
  struct encoding *encoding = png_get_error_ptr(png);
  strncpy(encoding->failure, message, sizeof encoding->failure - 1);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static bool run_encoder(png_structp png, png_infop info, struct encoding *encoding, const struct hl_image *image, int level) {
  static const int colors[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, encoding, on_write, on_flush);
  png_set_compression_level(png, level);
  png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8, colors[image->channels], PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (size_t row = 0; row < image->height; row++) png_write_row(png, image->pixels + row * image->width * image->channels);
  png_write_end(png, info);
  return true;
}

bool hl_png_encode(const struct hl_image *image, int level, uint8_t **bytes, size_t *size, struct hl_error *err) {
  struct encoding encoding = {0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoding, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  bool is_encoded = info && run_encoder(png, info, &encoding, image, level);
  png_destroy_write_struct(&png, &info);
  *bytes = (uint8_t *)encoding.bytes.data;
  *size = encoding.bytes.size;
  if (is_encoded) return true;
  hl_buffer_free(&encoding.bytes);
  if (!encoding.failure[0]) return hl_no_memory(err);
  return hl_fail(err, HL_USAGE, "image", "the PNG could not be made: %s", encoding.failure);
}

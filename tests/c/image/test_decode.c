/* SPDX-License-Identifier: MIT
 *
 * PNG of every colour type, depth, interlace, with and without tRNS, decodes exactly as libpng decodes it; what IHDR may not say
 * is refused.
 */
#include "../check.h"

#include <png.h>

#include "image/decode.h"
#include "image/encode.h"
#include "image/jpeg.h"
#include "make.h"

struct source {
  const uint8_t *data;
  size_t left;
};

static void on_read(png_structp png, png_bytep data, size_t size) {
  struct source *source = png_get_io_ptr(png);
  if (size > source->left) png_error(png, "end");
  memcpy(data, source->data, size);
  source->data += size;
  source->left -= size;
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static struct hl_image decode_by_libpng(struct file file) {
  struct hl_image image = {0};
  struct source source = {file.data, file.size};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, on_warning);
  png_infop info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png))) abort();
  png_set_read_fn(png, &source, on_read);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (!hl_image_alloc(&image, png_get_image_width(png, info), png_get_image_height(png, info), png_get_channels(png, info)))
    abort();
  png_bytep *rows = malloc(image.height * sizeof *rows);
  for (size_t row = 0; row < image.height; row++) rows[row] = image.pixels + row * image.width * image.channels;
  png_read_image(png, rows);
  png_destroy_read_struct(&png, &info, NULL);
  free(rows);
  return image;
}

/* What the other modes must give, from what libpng gives. */
static void check_mode(const struct hl_image *native, const struct hl_image *got, size_t channels) {
  CHECK_EQ_INT(got->channels, channels);
  int wrong = 0;
  for (size_t i = 0; i < native->width * native->height; i++) {
    const uint8_t *p = native->pixels + i * native->channels, *q = got->pixels + i * channels;
    int r = p[0], g = native->channels > 2 ? p[1] : r, b = native->channels > 2 ? p[2] : r;
    if (channels == 1)
      wrong += fabs(q[0] - (0.299 * r + 0.587 * g + 0.114 * b)) > 0.51;
    else
      wrong += q[0] != r || q[1] != g || q[2] != b;
  }
  CHECK_EQ_INT(wrong, 0);
}

static struct hl_image decode(struct file file, enum hl_image_mode mode) {
  static struct hl_scratch scratch;
  struct hl_image image = {0};
  struct hl_error err = {0};
  if (!hl_image_decode(guard_copy(file.data, file.size), file.size, mode, &scratch, &image, &err))
    fprintf(stderr, "%s\n", err.message);
  CHECK_EQ_STR(err.code, "");
  return image;
}

static void compare(struct file file) {
  struct hl_image wanted = decode_by_libpng(file), got = decode(file, HL_IMAGE_NATIVE);
  CHECK(got.pixels && got.width == wanted.width && got.height == wanted.height && got.channels == wanted.channels);
  CHECK(memcmp(got.pixels, wanted.pixels, hl_image_size(&wanted)) == 0);
  struct hl_image gray = decode(file, HL_IMAGE_GRAY), rgb = decode(file, HL_IMAGE_RGB);
  check_mode(&wanted, &gray, 1);
  check_mode(&wanted, &rgb, 3);
  hl_image_free(&wanted);
  hl_image_free(&got);
  hl_image_free(&gray);
  hl_image_free(&rgb);
}

static void add_palette(struct file *file, struct hl_png_header header) {
  uint8_t palette[768];
  for (int i = 0; i < 768; i++) palette[i] = (uint8_t)next_random();
  if (header.color == HL_PNG_PALETTE) add_chunk(file, "PLTE", palette, 3u << header.depth);
}

/* Values that the random rows are likely to have, so that some pixels are transparent. */
static void add_transparency(struct file *file, struct hl_png_header header) {
  static const uint8_t values[] = {0, 1, 0, 0, 0, 2};
  if (header.color == HL_PNG_GRAY) add_chunk(file, "tRNS", values, 2);
  if (header.color == HL_PNG_RGB) add_chunk(file, "tRNS", values, 6);
  if (header.color == HL_PNG_PALETTE) add_chunk(file, "tRNS", "\x00\x80", header.depth == 1 ? 1 : 2);
}

static void test_kind(struct hl_png_header header, bool is_transparent) {
  struct file file, raw = random_rows(header);
  begin_png(&file, header);
  add_palette(&file, header);
  if (is_transparent) add_transparency(&file, header);
  add_data(&file, deflate_bytes(raw.data, raw.size), 1 + next_random() % 5000);
  add_chunk(&file, "IEND", NULL, 0);
  compare(file);
}

static const struct {
  uint8_t color, depths[6];
} kinds[] = {{HL_PNG_GRAY, {1, 2, 4, 8, 16}},
             {HL_PNG_RGB, {8, 16}},
             {HL_PNG_PALETTE, {1, 2, 4, 8}},
             {HL_PNG_GRAY_ALPHA, {8, 16}},
             {HL_PNG_RGBA, {8, 16}}};

static void test_every_kind(uint32_t width, uint32_t height) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (const uint8_t *depth = kinds[i].depths; *depth; depth++)
      for (uint8_t interlace = 0; interlace < 2; interlace++)
        for (int is_transparent = 0; is_transparent < 2; is_transparent++)
          test_kind((struct hl_png_header){width, height, *depth, kinds[i].color, interlace}, is_transparent);
}

/* Every depth and colour type that is no pair of the table above is refused, by name. */
static void test_wrong_kinds(void) {
  static struct hl_scratch scratch;
  for (unsigned color = 0; color < 8; color++)
    for (unsigned depth = 0; depth < 18; depth++) {
      bool exists = false;
      for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        exists = exists || (depth && kinds[i].color == color && memchr(kinds[i].depths, (int)depth, 5));
      struct file file;
      struct hl_image image = {0};
      struct hl_error err = {0};
      begin_png(&file, (struct hl_png_header){9, 9, (uint8_t)depth, (uint8_t)color, 0});
      CHECK(!hl_png_decode(file.data, file.size, HL_IMAGE_NATIVE, &scratch, &image, &err));
      CHECK_EQ_STR(err.code, exists ? "truncated" : "header");
    }
}

static void test_round_trip(size_t channels) {
  struct hl_image image;
  struct file file;
  struct hl_error err;
  CHECK(hl_image_alloc(&image, 67, 41, channels));
  for (size_t i = 0; i < hl_image_size(&image); i++) image.pixels[i] = (uint8_t)(i / 7);
  CHECK(hl_png_encode(&image, 6, &file.data, &file.size, &err));
  struct hl_image back = decode(file, HL_IMAGE_NATIVE);
  CHECK(back.channels == channels && memcmp(back.pixels, image.pixels, hl_image_size(&image)) == 0);
  CHECK(hl_jpeg_encode(&image, 95, &file.data, &file.size, &err));
  struct hl_image lossy = decode(file, HL_IMAGE_NATIVE);
  CHECK(lossy.width == 67 && lossy.height == 41 && lossy.channels == (channels < 3 ? 1 : 3));
}

int main(void) {
  static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {5, 1}, {9, 70}, {33, 17}, {150, 90}, {1100, 20}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) test_every_kind(sizes[i][0], sizes[i][1]);
  test_wrong_kinds();
  for (size_t channels = 1; channels <= 4; channels++) test_round_trip(channels);
  return check_report();
}

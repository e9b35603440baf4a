/* SPDX-License-Identifier: MIT
 *
 * Makes PNG and JPEG files in memory for the tests, undamaged and damaged. Nothing is freed.
 */
#ifndef HILUM_TESTS_IMAGE_MAKE_H
#define HILUM_TESTS_IMAGE_MAKE_H

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "image/png.h"

struct file {
  uint8_t *data;
  size_t size;
};

static inline uint32_t next_random(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static inline void add_bytes(struct file *file, const void *data, size_t size) {
  file->data = realloc(file->data, file->size + size + 1);
  if (size) memcpy(file->data + file->size, data, size);
  file->size += size;
}

static inline void add_u32(struct file *file, uint32_t value) {
  add_bytes(file, (uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value}, 4);
}

static inline void add_chunk(struct file *file, const char *name, const void *data, size_t size) {
  add_u32(file, (uint32_t)size);
  size_t from = file->size;
  add_bytes(file, name, 4);
  add_bytes(file, data, size);
  add_u32(file, crc32_gzip_refl(0, file->data + from, size + 4));
}

static inline struct file deflate_bytes(const uint8_t *raw, size_t size) {
  struct isal_zstream *stream = malloc(sizeof *stream);
  struct file file = {malloc(size + size / 8 + 1024), 0};
  isal_deflate_stateless_init(stream);
  stream->gzip_flag = IGZIP_ZLIB;
  stream->next_in = (uint8_t *)(uintptr_t)raw;
  stream->avail_in = (uint32_t)size;
  stream->next_out = file.data;
  stream->avail_out = (uint32_t)(size + size / 8 + 1024);
  stream->end_of_stream = 1;
  if (isal_deflate_stateless(stream) != COMP_OK) abort();
  file.size = stream->total_out;
  free(stream);
  return file;
}

static inline void begin_png(struct file *file, struct hl_png_header header) {
  struct file ihdr = {0};
  add_u32(&ihdr, header.width);
  add_u32(&ihdr, header.height);
  add_bytes(&ihdr, (uint8_t[]){header.depth, header.color, 0, 0, header.interlace}, 5);
  *file = (struct file){0};
  add_bytes(file, "\x89PNG\r\n\x1a\n", 8);
  add_chunk(file, "IHDR", ihdr.data, ihdr.size);
}

static inline void add_data(struct file *file, struct file stream, size_t chunk) {
  for (size_t at = 0; at < stream.size; at += chunk)
    add_chunk(file, "IDAT", stream.data + at, stream.size - at < chunk ? stream.size - at : chunk);
}

/* Rows of random bytes, each with a random filter: any such rows are an image. */
static inline struct file random_rows(struct hl_png_header header) {
  struct hl_png_pass passes[7];
  struct file raw = {0};
  size_t count = hl_png_passes(&header, passes), at = 0;
  raw.size = hl_png_raw_size(&header);
  raw.data = malloc(raw.size);
  bool is_smooth = next_random() % 2;
  for (size_t i = 0; i < raw.size; i++) raw.data[i] = (uint8_t)(is_smooth ? next_random() % 3 : next_random());
  for (size_t i = 0; i < count; i++)
    for (size_t row = 0; row < passes[i].height; row++, at += passes[i].row_bytes + 1)
      raw.data[at] = (uint8_t)(next_random() % 5);
  return raw;
}

static inline struct file make_png(struct hl_png_header header, struct file raw, size_t chunk) {
  struct file file;
  begin_png(&file, header);
  add_data(&file, deflate_bytes(raw.data, raw.size), chunk);
  add_chunk(&file, "IEND", NULL, 0);
  return file;
}

struct jpeg_kind {
  int components;
  J_COLOR_SPACE space;
  bool is_progressive;
};

static inline struct file make_jpeg(struct jpeg_kind kind, unsigned width, unsigned height) {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  unsigned char *bytes = NULL;
  unsigned long size = 0;
  uint8_t *row = malloc((size_t)width * 4);
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = kind.components;
  info.in_color_space = kind.space;
  jpeg_set_defaults(&info);
  if (kind.is_progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < height) {
    for (size_t i = 0; i < (size_t)width * 4; i++) row[i] = (uint8_t)(i + info.next_scanline * 3 + next_random() % 64);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return (struct file){bytes, size};
}

#endif

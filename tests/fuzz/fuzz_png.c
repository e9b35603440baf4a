/* SPDX-License-Identifier: MIT
 *
 * Check and decode agree: what one accepts the other accepts, bytes after IEND excepted. The first byte of the input says how the
 * rest becomes a PNG, so that neither CRC nor Adler-32 keeps the fuzzer out: 0 chunks whose CRCs are repaired, 1 a zlib stream in
 * one IDAT, 2 the rows before they are compressed.
 */
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "image/check.h"
#include "image/decode.h"
#include "image/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PIXELS = 1 << 20 };

static void store_u32(uint8_t *p, uint32_t value) {
  for (int i = 0; i < 4; i++) p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t load_u32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static void add_chunk(struct hl_buffer *png, const char *name, const void *data, size_t size) {
  uint8_t length[4], crc[4];
  store_u32(length, (uint32_t)size);
  hl_buffer_add(png, length, 4);
  size_t from = png->size;
  hl_buffer_add(png, name, 4);
  hl_buffer_add(png, data, size);
  store_u32(crc, crc32_gzip_refl(0, (uint8_t *)png->data + from, size + 4));
  hl_buffer_add(png, crc, 4);
}

static void repair_crcs(uint8_t *bytes, size_t size) {
  for (size_t at = 8; size - at >= 12 && at < size;) {
    size_t length = load_u32(bytes + at);
    if (length > size - at - 12) return;
    store_u32(bytes + at + 8 + length, crc32_gzip_refl(0, bytes + at + 4, length + 4));
    at += length + 12;
  }
}

static void add_deflated(struct hl_buffer *png, const uint8_t *rows, size_t size) {
  struct isal_zstream *stream = malloc(sizeof *stream);
  size_t room = size + size / 8 + 1024;
  uint8_t *bytes = malloc(room);
  isal_deflate_stateless_init(stream);
  stream->gzip_flag = IGZIP_ZLIB;
  stream->end_of_stream = 1;
  stream->next_in = (uint8_t *)(uintptr_t)rows;
  stream->avail_in = (uint32_t)size;
  stream->next_out = bytes;
  stream->avail_out = (uint32_t)room;
  isal_deflate_stateless(stream);
  size_t half = stream->total_out / 2;
  add_chunk(png, "IDAT", bytes, half);
  add_chunk(png, "IDAT", bytes + half, stream->total_out - half);
  free(bytes);
  free(stream);
}

static void make_png(struct hl_buffer *png, const uint8_t *data, size_t size) {
  static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  unsigned kind = size ? data[0] % 3 : 0;
  if (kind == 0 || size < 6) {
    hl_buffer_add(png, signature, sizeof signature);
    hl_buffer_add(png, data + (size > 0), size - (size > 0));
    repair_crcs((uint8_t *)png->data, png->size);
    return;
  }
  uint8_t header[13] = {0, 0, 0, data[1], 0, 0, 0, data[2], data[3], data[4] & 7, 0, 0, data[5] & 1};
  hl_buffer_add(png, signature, sizeof signature);
  add_chunk(png, "IHDR", header, sizeof header);
  if (header[9] == HL_PNG_PALETTE) add_chunk(png, "PLTE", signature, 6);
  if (data[5] & 2) add_chunk(png, "tRNS", signature, header[9] == HL_PNG_RGB ? 6 : header[9] == HL_PNG_GRAY ? 2 : 1);
  if (kind == 1)
    add_chunk(png, "IDAT", data + 6, size - 6);
  else
    add_deflated(png, data + 6, size - 6);
  add_chunk(png, "IEND", "", 0);
}

static bool is_accepted(const struct hl_report *report) {
  for (size_t i = 0; i < report->count; i++)
    if (!report->findings[i].is_warning && strcmp(report->findings[i].code, "trailing-bytes") != 0) return false;
  return true;
}

static void compare(const uint8_t *bytes, size_t size, struct hl_scratch *scratch) {
  static const struct hl_limits no_limits;
  struct hl_report report = {0};
  hl_image_check_bytes(NULL, bytes, size, &no_limits, scratch, &report);
  for (int mode = HL_IMAGE_NATIVE; mode <= HL_IMAGE_RGB && (uint64_t)report.width * report.height <= MAX_PIXELS; mode++) {
    struct hl_image image = {0};
    struct hl_error err;
    if (hl_image_decode(bytes, size, (enum hl_image_mode)mode, scratch, &image, &err) != is_accepted(&report)) abort();
    hl_image_free(&image);
  }
  hl_report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hl_buffer png = {0};
  struct hl_scratch scratch = {0};
  make_png(&png, data, size);
  uint8_t *exact = malloc(png.size); /* a byte too far is seen */
  memcpy(exact, png.data, png.size);
  compare(exact, png.size, &scratch);
  free(exact);
  hl_buffer_free(&png);
  hl_scratch_free(&scratch);
  return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * What decodes has no problem but bytes after EOI; what has none decodes. Half of the inputs get the tables of a JPEG in front,
 * so that the fuzzer works on frame, scan and codes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "image/check.h"
#include "image/decode.h"
#include "image/jpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PIXELS = 1 << 18 };

/* Everything of a small gray JPEG up to its frame header: SOI and the tables. */
static size_t make_tables(uint8_t **bytes) {
  uint8_t pixels[64] = {0};
  struct hl_image image = {pixels, 8, 8, 1};
  struct hl_error err;
  size_t size = 0, end = 0;
  if (!hl_jpeg_encode(&image, 50, bytes, &size, &err)) abort();
  while (end + 2 < size && !((*bytes)[end] == 0xFF && (*bytes)[end + 1] == 0xC0)) end++;
  return end;
}

static bool is_accepted(const struct hl_report *report) {
  for (size_t i = 0; i < report->count; i++)
    if (!report->findings[i].is_warning && strcmp(report->findings[i].code, "trailing-bytes") != 0) return false;
  return true;
}

static void compare(const uint8_t *bytes, size_t size) {
  static const struct hl_limits no_limits;
  struct hl_report report = {0};
  struct hl_scratch scratch = {0};
  struct hl_image image = {0};
  struct hl_error err;
  if (hl_image_info(bytes, size, &report, &err) && (uint64_t)report.width * report.height <= MAX_PIXELS) {
    hl_image_check_bytes(NULL, bytes, size, &no_limits, &scratch, &report);
    bool is_decoded = hl_image_decode(bytes, size, HL_IMAGE_GRAY, &scratch, &image, &err);
    if (is_decoded != is_accepted(&report)) abort();
  }
  hl_image_free(&image);
  hl_report_free(&report);
  hl_scratch_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t *tables;
  static size_t tables_size;
  struct hl_buffer jpeg = {0};
  if (!tables) tables_size = make_tables(&tables);
  hl_buffer_add(&jpeg, tables, size && data[0] & 1 ? tables_size : 3);
  if (size) hl_buffer_add(&jpeg, data + 1, size - 1);
  uint8_t *exact = malloc(jpeg.size);
  memcpy(exact, jpeg.data, jpeg.size);
  compare(exact, jpeg.size);
  free(exact);
  hl_buffer_free(&jpeg);
  return 0;
}

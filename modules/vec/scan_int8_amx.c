/* SPDX-License-Identifier: MIT
 *
 * The product in int8 tiles (AMX): 16 rows of 64 bytes with a panel's 64 numbers of 16 queries give 16 x 16 sums. The other loops
 * of machines with tiles are those for AVX-512.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "vec/scan_int8.h"

enum { SIDE = 16, WIDTH = 64, TILES = 8, PANEL_STEP = WIDTH * HL_INT8_PANEL };

/* Palette 1: every tile of 16 rows of 64 bytes (Intel SDM, LDTILECFG). */
struct tile_config {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
};

static void configure(void) {
  struct tile_config config = {.palette = 1};
  for (int i = 0; i < TILES; i++) config.bytes[i] = WIDTH, config.rows[i] = SIDE;
  _tile_loadconfig(&config);
}

/* 32 rows with two panels: tiles 0 to 3 are the sums, 4 and 5 rows, 6 and 7 queries. */
static void multiply_pair(const int8_t *rows, const int8_t *panel, size_t n, int32_t *out, size_t stride) {
  const int8_t *second = panel + n * HL_INT8_PANEL;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t i = 0; i < n; i += WIDTH) {
    _tile_loadd(6, panel + i * HL_INT8_PANEL, WIDTH);
    _tile_loadd(4, rows + i, n);
    _tile_dpbssd(0, 4, 6);
    _tile_loadd(7, second + i * HL_INT8_PANEL, WIDTH);
    _tile_dpbssd(1, 4, 7);
    _tile_loadd(5, rows + SIDE * n + i, n);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_stored(0, out, stride * sizeof *out);
  _tile_stored(1, out + SIDE, stride * sizeof *out);
  _tile_stored(2, out + SIDE * stride, stride * sizeof *out);
  _tile_stored(3, out + SIDE * stride + SIDE, stride * sizeof *out);
}

/* 32 rows with one panel. */
static void multiply_one(const int8_t *rows, const int8_t *panel, size_t n, int32_t *out, size_t stride) {
  _tile_zero(0);
  _tile_zero(2);
  for (size_t i = 0; i < n; i += WIDTH) {
    _tile_loadd(6, panel + i * HL_INT8_PANEL, WIDTH);
    _tile_loadd(4, rows + i, n);
    _tile_dpbssd(0, 4, 6);
    _tile_loadd(5, rows + SIDE * n + i, n);
    _tile_dpbssd(2, 5, 6);
  }
  _tile_stored(0, out, stride * sizeof *out);
  _tile_stored(2, out + SIDE * stride, stride * sizeof *out);
}

void hl_int8_multiply_amx(const int8_t *rows, const int8_t *panels, size_t count, size_t n, int32_t *out) {
  size_t stride = count * HL_INT8_PANEL, done = 0;
  configure();
  for (; done + 2 <= count; done += 2)
    multiply_pair(rows, panels + done * n * HL_INT8_PANEL, n, out + done * HL_INT8_PANEL, stride);
  if (done < count) multiply_one(rows, panels + done * n * HL_INT8_PANEL, n, out + done * HL_INT8_PANEL, stride);
  _tile_release();
}
#endif

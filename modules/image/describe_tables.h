/* SPDX-License-Identifier: MIT
 *
 * What the kernels of the descriptor share: the filter bank, the pattern table, and the footprint of one output pixel.
 */
#ifndef HILUM_IMAGE_DESCRIBE_TABLES_H
#define HILUM_IMAGE_DESCRIBE_TABLES_H

#include "image/describe.h"

enum { GABOR_RADIUS = 4 };

/* One-dimensional filter: Gaussian times cosine (even) and sine (odd), for the offsets 0 to GABOR_RADIUS. */
struct hl_taps {
  float cosine[GABOR_RADIUS + 1], sine[GABOR_RADIUS + 1];
};

struct hl_gabor {
  struct hl_taps row, column;
  float constant;              /* times the Gaussian blur: the even filter's answer to a constant, taken off */
  float even_scale, odd_scale; /* to unit length over the 81 taps */
};

struct hl_describe_tables {
  struct hl_gabor gabor[4]; /* 0, 30, 60 and 90 degrees; 120 and 150 are mirror images */
  uint8_t pattern_bin[256]; /* 8-bit pattern -> its bin, 58 for those with more than two changes */
};

void hl_describe_fill_tables(struct hl_describe_tables *tables);

/* Output position i of 64 along a side of n pixels is scale * (head * p[first] + p[first + 1] + … + tail * p[last]). */
struct hl_span {
  size_t first, last; /* equal: head counts, tail does not */
  float head, tail, scale;
};

struct hl_span hl_describe_span(size_t i, size_t n);

void hl_area64_portable(const uint8_t *pixels, size_t width, size_t height, float out[64 * 64]);
void hl_area64_avx2(const uint8_t *pixels, size_t width, size_t height, float out[64 * 64]);
void hl_area64_avx512(const uint8_t *pixels, size_t width, size_t height, float out[64 * 64]);
void hl_describe_portable(const float x[64 * 64], const struct hl_describe_tables *tables, float out[HL_FEATURES]);
void hl_describe_avx2(const float x[64 * 64], const struct hl_describe_tables *tables, float out[HL_FEATURES]);
void hl_describe_avx512(const float x[64 * 64], const struct hl_describe_tables *tables, float out[HL_FEATURES]);

#endif

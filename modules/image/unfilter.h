/* SPDX-License-Identifier: MIT
 *
 * Undoes the row filters of PNG (PNG specification, 9.2 to 9.4). The filters must have been checked: 0 to 4.
 *
 * Every byte depends on the one to its left, which is why the plain loop takes a dozen cycles for one. The vector paths take the
 * rows of a block together instead, each one pixel behind the row above it: a slanted wave front whose bytes do not depend on one
 * another.
 */
#ifndef HILUM_IMAGE_UNFILTER_H
#define HILUM_IMAGE_UNFILTER_H

#include <stddef.h>
#include <stdint.h>

struct hl_filtered {
  const uint8_t *in; /* rows as inflated: a filter byte, then row_bytes bytes; rows are row_bytes + 1 apart */
  uint8_t *out;      /* rows of row_bytes bytes, out_stride apart. May be in + 1 with the stride of in. */
  size_t out_stride, row_bytes, rows;
  unsigned pixel_bytes; /* distance to the byte on the left: 1, 2, 3, 4, 6, 8 */
};

/* By the best path of this processor. */
void hl_unfilter(const struct hl_filtered *filtered);

void hl_unfilter_portable(const struct hl_filtered *filtered);
void hl_unfilter_avx2(const struct hl_filtered *filtered);
void hl_unfilter_avx512(const struct hl_filtered *filtered);

/* Rows first to first + count of the portable path; the vector paths leave to it what would not pay. */
void hl_unfilter_rows(const struct hl_filtered *filtered, size_t first, size_t count);

#endif

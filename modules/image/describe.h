/* SPDX-License-Identifier: MIT
 *
 * GHL-780, the image descriptor of the offline model: 288 Gabor energies, 256 soft grey histogram bins and 236 local binary
 * pattern bins of the image reduced to 64 x 64. No state, no allocation, about 100 KB of stack; any thread. All instruction sets
 * give the same bits.
 */
#ifndef HILUM_IMAGE_DESCRIBE_H
#define HILUM_IMAGE_DESCRIBE_H

#include <stddef.h>
#include <stdint.h>

#define HL_FEATURES 780

/* Reduces a grey image (width, height >= 1; rows without padding) to 64 x 64, aspect ratio not kept: the exact average over each
 * cell's area, or bilinear interpolation along a side shorter than 64. out is in the pixels' units, 0 to 255. */
void hl_area64(const uint8_t *pixels, size_t width, size_t height, float out[64 * 64]);

/* The 780 features of such a reduced image. Order: Gabor by level, orientation, cell row, cell column; histogram by cell, bin;
 * patterns by cell, code. All are >= 0. */
void hl_describe(const float x[64 * 64], float out[HL_FEATURES]);

#endif

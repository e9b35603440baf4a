/* SPDX-License-Identifier: MIT
 *
 * A perceptual hash: 256 bits that survive another size, another file format, another brightness or contrast, and that two
 * different pictures share by chance in half of their places. Each bit says whether one of the 16 x 16 lowest frequencies of the
 * cosine transform is above the median of them all, as pHash does with 8 x 8 (Zauner, 2010): radiographs of one projection
 * resemble each other so much that 64 bits do not tell them apart.
 */
#ifndef HILUM_IMAGE_PHASH_H
#define HILUM_IMAGE_PHASH_H

#include <stddef.h>
#include <stdint.h>

enum { HL_PHASH_BITS = 256, HL_PHASH_WORDS = HL_PHASH_BITS / 64 };

struct hl_phash {
  uint64_t words[HL_PHASH_WORDS];
};

/* Of a gray image reduced to 64 x 64 (hl_area64). All bits of a picture of one colour are 0: it resembles nothing. */
void hl_phash(const float x[64 * 64], struct hl_phash *hash);

/* How many bits differ. */
unsigned hl_phash_distance(const struct hl_phash *a, const struct hl_phash *b);

struct hl_phash_near {
  size_t other;
  unsigned distance;
};

/* The hashes before `of`, those of one colour aside, that differ from it in at most `most` bits: the nearest `room` of them, the
 * earlier first among equals. Returns how many. */
size_t hl_phash_nearest(const struct hl_phash *hashes, size_t of, unsigned most, struct hl_phash_near *near, size_t room);

/* Pearson's correlation of two images of `count` samples, -1 to 1; 0 if one of them is of one colour. */
double hl_correlation(const uint8_t *a, const uint8_t *b, size_t count);

#endif

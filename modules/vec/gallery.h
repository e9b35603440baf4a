/* SPDX-License-Identifier: MIT
 *
 * What the labels of a gallery say about a query before anything is ranked: how many rows are relevant to it, and what the best
 * and the average order would gain. Rows with the same set of labels are counted together.
 */
#ifndef HILUM_VEC_GALLERY_H
#define HILUM_VEC_GALLERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HL_GAIN_RANKS = 10 }; /* of nDCG */

struct hl_gallery {
  size_t rows, kinds;         /* kinds: different sets of labels */
  uint64_t *labels;           /* of each kind */
  uint32_t *counts, *kind_of; /* rows of each kind; the kind of each row */
  struct hl_keyed *by_group;  /* the rows in the order of their groups; NULL without groups */
  double gains[65][65];       /* [labels in common][labels in either] */
};

/* A query's candidates: all rows but those of its own group. */
struct hl_totals {
  size_t candidates, relevant, identical;
  double gain;                 /* of all of them */
  double ideal[HL_GAIN_RANKS]; /* the largest gains, falling */
};

/* labels: a set for each row; groups: NULL, or a number for each. They need not outlive the call. False: no memory; free it. */
bool hl_gallery_make(struct hl_gallery *gallery, const uint64_t *labels, const int64_t *groups, size_t rows);

/* Accepts a zeroed one. */
void hl_gallery_free(struct hl_gallery *gallery);

/* 2^J - 1, J being the Jaccard index of two sets. */
double hl_gallery_gain(const struct hl_gallery *gallery, uint64_t a, uint64_t b);

/* group: the query's (any number where there are none). scratch: a number for each kind. Any thread. */
struct hl_totals hl_gallery_totals(const struct hl_gallery *gallery, uint64_t labels, int64_t group, uint32_t *scratch);

#endif

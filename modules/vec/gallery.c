/* SPDX-License-Identifier: MIT */
#include "vec/gallery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct hl_keyed {
  uint64_t key;
  uint32_t row;
};

static int compare(const void *a, const void *b) {
  const struct hl_keyed *x = a, *y = b;
  return (x->key > y->key) - (x->key < y->key);
}

static struct hl_keyed *sort_by(const uint64_t *keys, size_t rows) {
  struct hl_keyed *sorted = malloc((rows + 1) * sizeof *sorted);
  if (!sorted) return NULL;
  for (size_t i = 0; i < rows; i++) sorted[i] = (struct hl_keyed){.key = keys[i], .row = (uint32_t)i};
  qsort(sorted, rows, sizeof *sorted, compare);
  return sorted;
}

static void number_kinds(struct hl_gallery *gallery, const struct hl_keyed *by_labels) {
  for (size_t i = 0; i < gallery->rows; i++) {
    if (i == 0 || by_labels[i].key != by_labels[i - 1].key) gallery->labels[gallery->kinds++] = by_labels[i].key;
    gallery->kind_of[by_labels[i].row] = (uint32_t)gallery->kinds - 1;
    gallery->counts[gallery->kinds - 1]++;
  }
}

static void fill_gains(struct hl_gallery *gallery) {
  for (int common = 1; common <= 64; common++)
    for (int either = common; either <= 64; either++) gallery->gains[common][either] = exp2((double)common / either) - 1;
}

bool hl_gallery_make(struct hl_gallery *gallery, const uint64_t *labels, const int64_t *groups, size_t rows) {
  *gallery = (struct hl_gallery){.rows = rows};
  struct hl_keyed *by_labels = sort_by(labels, rows);
  gallery->labels = calloc(rows + 1, sizeof *gallery->labels);
  gallery->counts = calloc(rows + 1, sizeof *gallery->counts);
  gallery->kind_of = calloc(rows + 1, sizeof *gallery->kind_of);
  if (groups) gallery->by_group = sort_by((const uint64_t *)groups, rows);
  bool all = by_labels && gallery->labels && gallery->counts && gallery->kind_of && (!groups || gallery->by_group);
  if (all) number_kinds(gallery, by_labels);
  fill_gains(gallery);
  free(by_labels);
  return all;
}

void hl_gallery_free(struct hl_gallery *gallery) {
  free(gallery->labels);
  free(gallery->counts);
  free(gallery->kind_of);
  free(gallery->by_group);
  *gallery = (struct hl_gallery){0};
}

double hl_gallery_gain(const struct hl_gallery *gallery, uint64_t a, uint64_t b) {
  return gallery->gains[__builtin_popcountll(a & b)][__builtin_popcountll(a | b)];
}

/* The first of the sorted rows whose key is not below key. */
static size_t find_key(const struct hl_keyed *sorted, size_t rows, uint64_t key) {
  size_t from = 0, end = rows;
  while (from < end) {
    size_t middle = from + (end - from) / 2;
    if (sorted[middle].key < key)
      from = middle + 1;
    else
      end = middle;
  }
  return from;
}

/* How many candidates there are of each kind. Returns how many of all. */
static size_t count_candidates(const struct hl_gallery *gallery, int64_t group, uint32_t *counts) {
  size_t left = gallery->rows;
  memcpy(counts, gallery->counts, gallery->kinds * sizeof *counts);
  if (!gallery->by_group) return left;
  const struct hl_keyed *sorted = gallery->by_group;
  uint64_t key = (uint64_t)group;
  for (size_t i = find_key(sorted, gallery->rows, key); i < gallery->rows && sorted[i].key == key; i++, left--)
    counts[gallery->kind_of[sorted[i].row]]--;
  return left;
}

static void keep_gain(double ideal[HL_GAIN_RANKS], double gain) {
  size_t at = HL_GAIN_RANKS - 1;
  for (; at && ideal[at - 1] < gain; at--) ideal[at] = ideal[at - 1];
  ideal[at] = gain;
}

struct hl_totals hl_gallery_totals(const struct hl_gallery *gallery, uint64_t labels, int64_t group, uint32_t *scratch) {
  struct hl_totals totals = {.candidates = count_candidates(gallery, group, scratch)};
  for (size_t kind = 0; kind < gallery->kinds; kind++) {
    uint32_t count = scratch[kind];
    double gain = hl_gallery_gain(gallery, labels, gallery->labels[kind]);
    if (labels & gallery->labels[kind]) totals.relevant += count;
    if (labels && labels == gallery->labels[kind]) totals.identical += count;
    totals.gain += gain * count;
    for (uint32_t i = 0; i < count && gain > totals.ideal[HL_GAIN_RANKS - 1]; i++) keep_gain(totals.ideal, gain);
  }
  return totals;
}

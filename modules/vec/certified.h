/* SPDX-License-Identifier: MIT
 *
 * Certified search: the rows that an exact float32 search finds, from int8 rows a quarter as large. A scan of these bounds the
 * score of every row (certificate.h); only rows whose upper bound reaches the k-th best exact score are scored in float32.
 *
 * A job is done in two rounds of parts, each in any order and by any threads, the second after all of the first: scans, each for
 * some queries and rows, leave candidates; settlings, each for some queries, score them. The answer does not depend on the
 * threads; nor does the number of rows scored, unless so many rows score alike that a scan has no room for all of them.
 */
#ifndef HILUM_VEC_CERTIFIED_H
#define HILUM_VEC_CERTIFIED_H

#include "vec/certificate.h"
#include "vec/vec.h"

/* The caller fills search (data, queries, k and what is optional there), rows and metric. */
struct hl_certified {
  struct hl_search search;         /* hits, found: the answer, k hits and one count per query, best first */
  const struct hl_quantized *rows; /* made of search.data */
  enum hl_metric metric;
  size_t *rescored; /* the answer: how many rows were scored, per query */

  /* private to certified.c */
  size_t row_parts, room;
  int8_t *digits, *panels, *gathered;
  struct hl_query *asked;
  float *coarse[HL_TERMS - 1];
  struct hl_candidate *candidates;
  struct hl_hit *lowers;
  struct hl_slot *slots;
  _Atomic float *bars;
};

/* Prepares the queries, which takes about a microsecond for each 1,000 numbers, and the memory. False: there is none. */
bool hl_certified_start(struct hl_certified *job);

/* Accepts a zeroed job, and one whose start failed. */
void hl_certified_free(struct hl_certified *job);

size_t hl_certified_scans(const struct hl_certified *job);
void hl_certified_scan(const struct hl_certified *job, size_t part);

size_t hl_certified_settlings(const struct hl_certified *job);
void hl_certified_settle(const struct hl_certified *job, size_t part);

#endif

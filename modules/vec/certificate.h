/* SPDX-License-Identifier: MIT
 *
 * The proof behind the certified search. With a row x = s c + r (scale, digits, residual) and a query q = q' + e (two digits, the
 * rest), Cauchy and Schwarz give
 *     |x . q - s (c . q')| <= |r| (|q| + |e|) + |x| |e|
 * and the score that the float32 kernels compute is within hl_rounding of |x| |q| from x . q. Everything here is an upper bound
 * of the upper bound and a lower bound of the lower one: roundings of our own are added to it.
 *
 * Rows and queries so long or short that float32 could not hold the sums or the terms have no bounds: for them NaN stands where a
 * bound would, and they are always rescored.
 */
#ifndef HILUM_VEC_CERTIFICATE_H
#define HILUM_VEC_CERTIFICATE_H

#include "vec/quantize.h"
#include "vec/scan_int8.h"

/* Larger is better in all: the inner product; that of the vectors at unit length (0 for a vector of zeros); minus the distance.
 */
enum hl_metric { HL_METRIC_DOT, HL_METRIC_COSINE, HL_METRIC_L2 };

struct hl_query {
  struct hl_digits digits; /* of memory that hl_query_prepare was given */
  enum hl_metric metric;
  double scale;       /* query = scale * digits, nearly */
  double length;      /* NaN: no bounds */
  double left;        /* the length of query - scale * digits */
  double coarse_left; /* the same with high alone for digits */
  double rounding;    /* hl_rounding */
  double underflow;   /* what products too small for float32 can amount to */
};

/* high and low: zeroed, each n padded to HL_INT8_ALIGN. */
void hl_query_prepare(struct hl_query *query, enum hl_metric metric, const float *x, size_t n, int8_t *high, int8_t *low);

/* The terms that hl_int8_kernels.reach takes for a query, except the last; coarse: the products are of the high digits alone. */
void hl_query_terms(const struct hl_query *query, bool coarse, float terms[HL_TERMS]);

/* The last term: a row whose upper bound is below worst (a score) is not reached. */
float hl_query_cut(const struct hl_query *query, float worst);

/* The terms that reach takes for a row. */
void hl_row_terms(const struct hl_quantized *rows, size_t row, enum hl_metric metric, float terms[HL_TERMS]);

/* Whether the terms of all these rows (at least one) for inner products are scale, residual, length and 0. */
bool hl_rows_have_bounds(const struct hl_quantized *rows, size_t first, size_t count);

/* Between these lies the float32 score; equal: they are it. product: of the row with both digits. */
struct hl_bounds {
  float lower, upper;
};

struct hl_bounds hl_bounds_of(const struct hl_query *query, const struct hl_quantized *rows, size_t row, int32_t product);

#endif

/* SPDX-License-Identifier: MIT */
#include "vec/certificate.h"

#include <math.h>
#include <string.h>

#include "vec/kernels.h"

/* SLACK: more than what the few float32 operations of reach round off. TINY: what those in float64 do. Lengths below LONG have
 * products and squares that float32 can hold; those above SHORT have digits and lengths of full precision. */
static const double SLACK = 0x1p-20, TINY = 1e-9, LONG = 0x1p62, SHORT = 0x1p-100;

enum { LARGEST = 127, MOST_SHIFT = 7 };

/* The second digit gets as many bits as sums of n products can hold. */
static unsigned shift_for(size_t n) {
  unsigned shift = MOST_SHIFT;
  while (shift && (uint64_t)n * LARGEST * (2 * LARGEST + 1) * (1U << shift) / 2 > INT32_MAX) shift--;
  return shift;
}

/* Adding 1.5 x 2^52 rounds to whole numbers. */
static int32_t round_to_whole(double v) { return (int32_t)((v + 6755399441055744.0) - 6755399441055744.0); }

static void split(struct hl_query *query, const float *x, size_t n, int8_t *high, int8_t *low) {
  int32_t unit = 1 << query->digits.shift;
  double left = 0, coarse_left = 0, inverse = query->scale > 0 ? 1 / query->scale : 0;
  for (size_t i = 0; i < n; i++) {
    int32_t whole = round_to_whole((double)x[i] * inverse), first = (whole + unit / 2) >> query->digits.shift;
    double rest = (double)x[i] - query->scale * whole, coarse_rest = (double)x[i] - query->scale * (first * unit);
    high[i] = (int8_t)first;
    low[i] = (int8_t)(whole - first * unit);
    left += rest * rest;
    coarse_left += coarse_rest * coarse_rest;
  }
  query->left = sqrt(left) * (1 + TINY) + query->length * TINY;
  query->coarse_left = sqrt(coarse_left) * (1 + TINY) + query->length * TINY;
}

/* The terms of a query that is long or short would not fit float32, unless they are divided by its length. */
static bool query_has_bounds(enum hl_metric metric, double length) {
  return metric == HL_METRIC_COSINE ? isfinite(length) : length == 0 || (length > SHORT && length < LONG);
}

void hl_query_prepare(struct hl_query *query, enum hl_metric metric, const float *x, size_t n, int8_t *high, int8_t *low) {
  uint32_t bits = hl_kernels()->largest(x, n);
  float largest;
  memcpy(&largest, &bits, sizeof largest);
  *query = (struct hl_query){.digits = {.high = high, .low = low, .shift = shift_for(n)}, .metric = metric};
  query->length = sqrt(hl_kernels()->dot_wide(x, x, n));
  query->rounding = hl_rounding(n);
  query->underflow = (double)(n + 64) * 0x1p-140;
  if (!query_has_bounds(metric, query->length)) {
    query->length = query->scale = NAN;
    return;
  }
  query->scale = (double)largest / (LARGEST << query->digits.shift);
  split(query, x, n, high, low);
}

/* What a query's terms are multiplied by: cosines are products of vectors at unit length, squared distances have products twice.
 */
static double factor_of(const struct hl_query *query) {
  if (query->metric == HL_METRIC_L2) return 2;
  if (query->metric == HL_METRIC_DOT) return 1;
  return query->length == 0 ? 0 : 1 / query->length;
}

void hl_query_terms(const struct hl_query *query, bool coarse, float terms[HL_TERMS]) {
  double left = coarse ? query->coarse_left : query->left,
         scale = coarse ? ldexp(query->scale, (int)query->digits.shift) : query->scale;
  double factor = factor_of(query), rounding = query->rounding + 2 * SLACK;
  if (query->metric == HL_METRIC_COSINE) rounding += 8 * query->rounding; /* of the row's length, which divides */
  terms[0] = (float)(scale * factor);
  terms[1] = (float)((query->length + left) * (1 + SLACK) * factor);
  terms[2] = (float)((left * (1 + rounding) + query->length * rounding) * factor);
  terms[3] = 0;
}

/* Squared distances are |x|^2 + |q|^2 - 2 x . q. */
float hl_query_cut(const struct hl_query *query, float worst) {
  double bar = (double)worst - SLACK * fabs((double)worst), base = query->underflow;
  if (!(worst > -INFINITY)) return INFINITY;
  if (query->metric == HL_METRIC_L2) {
    bar = -((double)worst * (double)worst) * (1 + SLACK);
    base -= query->length * query->length * (1 - 4 * query->rounding);
  }
  return (float)(base - bar);
}

static bool has_bounds(enum hl_metric metric, double length) {
  return metric == HL_METRIC_COSINE ? length == 0 || length > SHORT : length < LONG;
}

bool hl_rows_have_bounds(const struct hl_quantized *rows, size_t first, size_t count) {
  return has_bounds(HL_METRIC_DOT, (double)hl_kernels()->max(rows->length + first, count));
}

void hl_row_terms(const struct hl_quantized *rows, size_t row, enum hl_metric metric, float terms[HL_TERMS]) {
  float length = rows->length[row], inverse = metric == HL_METRIC_COSINE ? 1 / length : 1;
  bool is_zero = metric == HL_METRIC_COSINE && length == 0;
  terms[0] = is_zero ? 0 : rows->scale[row] * inverse;
  terms[1] = is_zero ? 0 : rows->residual[row] * inverse;
  terms[2] = is_zero ? 0 : length * inverse;
  terms[3] = metric == HL_METRIC_L2 ? -(float)((double)length * (double)length * (1 - 4 * hl_rounding(rows->cols))) : 0;
  if (!has_bounds(metric, (double)length)) terms[0] = NAN;
}

static struct hl_bounds outward(double lower, double upper) {
  return (struct hl_bounds){.lower = nextafterf((float)lower, -INFINITY), .upper = nextafterf((float)upper, INFINITY)};
}

static struct hl_bounds cosine_bounds(const struct hl_query *query, double length, double middle, double error) {
  double inverse = 1 / (length * query->length), slack = 8 * query->rounding;
  if (length == 0 || query->length == 0) return (struct hl_bounds){0, 0};
  return outward((middle - error) * inverse - slack, (middle + error) * inverse + slack);
}

static struct hl_bounds distance_bounds(const struct hl_query *query, double length, double middle, double error) {
  double squares = length * length + query->length * query->length, slack = 2 * error + 4 * query->rounding * squares;
  double square = squares - 2 * middle;
  return outward(-sqrt(fmax(0, square + slack)) * (1 + TINY), -sqrt(fmax(0, square - slack)) * (1 - TINY));
}

struct hl_bounds hl_bounds_of(const struct hl_query *query, const struct hl_quantized *rows, size_t row, int32_t product) {
  double length = (double)rows->length[row], residual = (double)rows->residual[row];
  if (isnan(query->length) || !has_bounds(query->metric, length)) return (struct hl_bounds){-INFINITY, INFINITY};
  double middle = product * (double)rows->scale[row] * query->scale;
  double error =
      residual * (query->length + query->left) + length * (query->left * (1 + query->rounding) + query->length * query->rounding);
  error = error * (1 + TINY) + query->underflow;
  switch (query->metric) {
  case HL_METRIC_COSINE: return cosine_bounds(query, length, middle, error);
  case HL_METRIC_L2: return distance_bounds(query, length, middle, error);
  default: return outward(middle - error, middle + error);
  }
}

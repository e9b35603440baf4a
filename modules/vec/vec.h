/* SPDX-License-Identifier: MIT
 *
 * What the offline model and the search compute on float32 matrices: products, statistics, training steps, principal components,
 * exact nearest rows, retrieval metrics, random numbers. Rows are contiguous.
 *
 * Work that takes long is cut into parts of a fixed size, which any threads may do at the same time: results do not depend on how
 * many threads there are. A job is a struct the caller fills; its matrices belong to the caller; hl_X_parts says how many parts
 * it has and hl_X_part does one. Nothing here keeps state.
 */
#ifndef HILUM_VEC_VEC_H
#define HILUM_VEC_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/matrix.h"
#include "vec/gallery.h"

/* Random numbers: splitmix64 (Steele, Lea and Flood 2014) by counter, and normal ones from pairs of them (Box and Muller 1958).
 */

uint64_t hl_splitmix(uint64_t seed, uint64_t index);

/* out[i] = scale * the (first + i)-th normal number of that seed; first must be even. */
void hl_gauss(uint64_t seed, uint64_t first, float scale, float *out, size_t n);

/* values[i] += scale * the (first + i)-th normal number of another stream, to 1e-6; first must be a multiple of 128. */
void hl_add_noise(uint64_t seed, uint64_t first, float scale, float *values, size_t n);

/* The numbers 0 to n - 1 in a random order (Fisher and Yates). */
void hl_permutation(uint64_t seed, uint32_t *out, size_t n);

/* Products: c = alpha op(a) op(b) + beta c, op transposing where a_turned, b_turned. Single-threaded BLAS in each part. */

struct hl_matmul {
  const struct hl_matrix *a, *b;
  struct hl_matrix *c; /* not a nor b */
  bool a_turned, b_turned;
  float alpha, beta;
};

size_t hl_matmul_parts(const struct hl_matmul *job);
void hl_matmul_part(const struct hl_matmul *job, size_t part);

/* Statistics and scaling. */

/* Column means, and population standard deviations around them; sums in float64. 0 rows: 0. */
void hl_column_means(const struct hl_matrix *x, float *means);
void hl_column_deviations(const struct hl_matrix *x, const float *means, float *deviations);
void hl_column_sums(const struct hl_matrix *x, float *sums);

/* Divides each of the n rows by max(its length, floor) + epsilon, and stores these divisors. */
void hl_normalize(float *rows, size_t n, size_t cols, float floor, float epsilon, float *divisors);

/* Training. */

/* Takes the gradient at normalised rows back to the rows before: gradient = (gradient - (gradient . row) row) / divisor. */
void hl_normalize_backward(float *gradient, const float *rows, const float *divisors, size_t n, size_t cols);

/* m += m', for a square m. */
void hl_symmetrize(struct hl_matrix *m);

/* Cross-entropy of a softmax against soft targets: each row (or column) of targets, divided by its sum, against the softmax of
 * the same row of logits, averaged over the rows. Rows whose targets sum to 0 add nothing. */
struct hl_cross_entropy {
  const struct hl_matrix *logits, *targets; /* of one shape */
  struct hl_matrix *gradient;               /* of that shape; receives + weight * the derivative by the logits */
  float weight;
  bool by_columns;
  bool skip_diagonal; /* rows only: entry (i, i) takes no part */
  float *scratch;     /* hl_cross_entropy_scratch floats */
};

size_t hl_cross_entropy_scratch(const struct hl_cross_entropy *job);

/* weight * the loss. */
double hl_cross_entropy(const struct hl_cross_entropy *job);

/* Principal components: the eigenvectors of the covariance of x with the count largest eigenvalues, largest first, as the columns
 * of components (x->cols by count); each with its component of largest magnitude positive. */
struct hl_pca {
  const struct hl_matrix *x; /* at least 1 row */
  size_t count;              /* 1 to x->cols */
  struct hl_matrix *components, *variances, *mean;
};

/* False: out of memory, or the solver found no answer (values that are not finite). */
bool hl_pca(const struct hl_pca *job);

/* Order. */

/* The rows 0 to n - 1 by falling value, equal values in rising order, NaN last. scratch holds 2 n numbers. */
void hl_order(const float *values, size_t n, uint32_t *order, uint64_t *scratch);

/* Exact search: for each query the k rows with the largest inner products; ties by row number. NaN is never found. */

struct hl_hit {
  float score;
  uint32_t row;
};

struct hl_search {
  const struct hl_matrix *data, *queries; /* same number of columns; fewer than 2^32 rows */
  size_t k;                               /* at least 1 */
  const int64_t *groups, *query_groups;   /* NULL, or one number per row: a query does not find rows of its own group */
  const uint32_t *only;                   /* NULL, or the only_count rows that are looked at */
  size_t only_count;
  const uint64_t *allowed; /* NULL, or a bit for each row: whether it may be found if it is looked at */
  struct hl_hit *hits;     /* hl_search_room of them */
  size_t *found;           /* parts * queries counts */
};

static inline bool hl_search_allows(const struct hl_search *job, size_t query, size_t row) {
  if (job->allowed && !(job->allowed[row / 64] >> row % 64 & 1)) return false;
  return !job->groups || job->groups[row] != job->query_groups[query];
}

size_t hl_search_parts(const struct hl_search *job);
size_t hl_search_room(const struct hl_search *job);
void hl_search_part(const struct hl_search *job, size_t part);

/* After all parts: the hits of one query, best first, into out (room for k). Returns how many. */
size_t hl_search_result(const struct hl_search *job, size_t query, struct hl_hit *out);

/* Retrieval metrics: every query ranks the whole gallery by inner product, or its ranking is given, as far as it goes. Labels are
 * sets of up to 64 bits. A row is relevant when it shares a label with the query, identical when it has the same set; rows of the
 * query's group are no candidates. Where rankings end early, average precision is the sum of the precision at each hit over the
 * most hits there could be in so many ranks, and R-precision NaN beyond them. */

struct hl_retrieval_row {
  double candidates, relevant, identical;           /* counts */
  double average_precision, precision, r_precision; /* for relevant rows; NaN without any */
  double identical_average_precision, identical_precision;
  double ndcg, chance_ndcg; /* at 10, gain 2^Jaccard - 1; chance: the expected value of a random order */
};

struct hl_retrieval {
  const struct hl_matrix *data, *queries; /* both NULL where rankings are given */
  const uint32_t *ranked;                 /* the candidates of all queries, best first */
  const size_t *ends;                     /* where those of each query end */
  size_t asked;                           /* queries */
  const uint64_t *labels, *query_labels;
  const int64_t *groups, *query_groups; /* may be NULL */
  struct hl_gallery gallery;            /* made of labels and groups */
  size_t depth;                         /* of precision, at least 1 */
  struct hl_retrieval_row *rows;        /* one per query */
  bool *failed;                         /* one per part: out of memory */
};

size_t hl_retrieval_parts(const struct hl_retrieval *job);
void hl_retrieval_part(const struct hl_retrieval *job, size_t part);

/* One ranking against yes or no. NaN where there is no relevant row (or, for the area, no other row). scratch: 2 n numbers. */
double hl_average_precision(const float *scores, const bool *relevant, size_t n, uint32_t *order, uint64_t *scratch);
double hl_area_under_curve(const float *scores, const bool *relevant, size_t n, uint32_t *order, uint64_t *scratch);

#endif

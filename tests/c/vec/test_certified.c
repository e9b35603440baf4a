/* SPDX-License-Identifier: MIT
 *
 * The certified search against scoring every row, for each metric and for data of every kind: what it finds, what it says the
 * scores are, and that the bounds it rests on hold in float64.
 */
#include <float.h>

#include "../check.h"
#include "core/cpu.h"
#include "matrices.h"
#include "vec/certified.h"
#include "vec/kernels.h"

/* Kinds of data. */

static struct hl_matrix scaled(uint64_t seed, size_t rows, size_t cols, float scale) {
  struct hl_matrix m = gaussian(seed, rows, cols);
  for (size_t i = 0; i < rows * cols; i++) m.data[i] *= scale;
  return m;
}

/* Rows near one of a few centres. */
static struct hl_matrix clustered(uint64_t seed, size_t rows, size_t cols, float spread) {
  struct hl_matrix m = gaussian(seed, rows, cols), centres = gaussian(9, 7, cols);
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < cols; i++) m.data[row * cols + i] = at(&centres, row % 7, i) + spread * at(&m, row, i);
  return m;
}

/* Each row many times. */
static struct hl_matrix duplicated(uint64_t seed, size_t rows, size_t cols) {
  struct hl_matrix m = gaussian(seed, rows, cols);
  for (size_t row = 13; row < rows; row++) memcpy(m.data + row * cols, m.data + row % 13 * cols, cols * sizeof *m.data);
  return m;
}

/* Zeros, huge, tiny and ordinary rows side by side. */
static struct hl_matrix mixed(uint64_t seed, size_t rows, size_t cols) {
  static const float scales[8] = {1, 0, 1e18F, 1e-18F, 1e30F, 1e-30F, 1e-42F, 100};
  struct hl_matrix m = gaussian(seed, rows, cols);
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < cols; i++) m.data[row * cols + i] *= scales[hl_splitmix(seed, row) % 8];
  return m;
}

/* One number far larger than the others, so that these have hardly any digits. */
static struct hl_matrix spiked(uint64_t seed, size_t rows, size_t cols) {
  struct hl_matrix m = gaussian(seed, rows, cols);
  for (size_t row = 0; row < rows; row++) m.data[row * cols + row % cols] *= 1000;
  return m;
}

/* Scoring every row. */

static float score(enum hl_metric metric, const struct hl_matrix *data, size_t row, const struct hl_matrix *queries,
                   size_t query) {
  size_t n = data->cols;
  const float *x = data->data + row * n, *q = queries->data + query * n, *rows[4] = {x, x, x, x};
  const struct hl_kernels *k = hl_kernels();
  float scores[4];
  k->dot_streams(rows, q, n, scores);
  if (metric == HL_METRIC_DOT) return scores[0];
  if (metric == HL_METRIC_L2) return -(float)sqrt(k->distance_wide(x, q, n));
  double lengths = sqrt(k->dot_wide(x, x, n)) * sqrt(k->dot_wide(q, q, n));
  return lengths == 0 ? 0 : (float)(k->dot_wide(x, q, n) / lengths);
}

static double exact_score(enum hl_metric metric, const struct hl_matrix *data, size_t row, const struct hl_matrix *queries,
                          size_t query) {
  double dot = 0, squares = 0, query_squares = 0, distance = 0;
  for (size_t i = 0; i < data->cols; i++) {
    double x = (double)at(data, row, i), q = (double)at(queries, query, i);
    dot += x * q;
    squares += x * x;
    query_squares += q * q;
    distance += (x - q) * (x - q);
  }
  if (metric == HL_METRIC_L2) return -sqrt(distance);
  if (metric == HL_METRIC_DOT) return dot;
  return squares * query_squares == 0 ? 0 : dot / sqrt(squares) / sqrt(query_squares);
}

static int by_score(const void *a, const void *b) {
  const struct hl_hit *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  return (x->row > y->row) - (x->row < y->row);
}

static size_t all_hits(const struct hl_certified *job, size_t query, struct hl_hit *hits) {
  const struct hl_search *s = &job->search;
  size_t count = 0, all = s->only ? s->only_count : s->data->rows;
  for (size_t i = 0; i < all; i++) {
    uint32_t row = s->only ? s->only[i] : (uint32_t)i;
    float value = score(job->metric, s->data, row, s->queries, query);
    if (isnan(value) || (s->groups && s->groups[row] == s->query_groups[query])) continue;
    if (s->allowed && !(s->allowed[row / 64] >> row % 64 & 1)) continue;
    hits[count++] = (struct hl_hit){.score = value, .row = row};
  }
  qsort(hits, count, sizeof *hits, by_score);
  return count;
}

/* Checking. */

static struct hl_quantized quantized(const struct hl_matrix *data) {
  struct hl_quantized q;
  CHECK(hl_quantized_alloc(&q, data->rows, data->cols));
  struct hl_quantize job = {.data = data, .out = &q};
  job.refused = calloc(hl_quantize_parts(&job) + 1, sizeof *job.refused);
  for (size_t part = hl_quantize_parts(&job); part-- > 0;) {
    hl_quantize_part(&job, part);
    CHECK_EQ_INT(job.refused[part], 0);
  }
  free(job.refused);
  return q;
}

static void run(struct hl_certified *job) {
  CHECK(hl_certified_start(job));
  for (size_t part = hl_certified_scans(job); part-- > 0;) hl_certified_scan(job, part);
  for (size_t part = hl_certified_settlings(job); part-- > 0;) hl_certified_settle(job, part);
}

/* The answer is that of scoring every row. */
static size_t check_job(struct hl_certified job) {
  size_t rescored = 0, k = job.search.k;
  struct hl_hit *wanted = malloc((job.search.data->rows + job.search.only_count + 1) * sizeof *wanted);
  run(&job);
  for (size_t query = 0; query < job.search.queries->rows; query++) {
    size_t count = all_hits(&job, query, wanted);
    CHECK_EQ_INT(job.search.found[query], count < k ? count : k);
    CHECK(memcmp(job.search.hits + query * k, wanted, job.search.found[query] * sizeof *wanted) == 0);
    rescored += job.rescored[query];
  }
  hl_certified_free(&job);
  free(wanted);
  return rescored;
}

/* What is left of a row is no longer than it says. */
static void check_residuals(const struct hl_matrix *data, const struct hl_quantized *rows) {
  for (size_t row = 0; row < data->rows; row++) {
    double square = 0;
    for (size_t i = 0; i < data->cols; i++)
      square += pow((double)at(data, row, i) - (double)rows->scale[row] * rows->digits[row * rows->stride + i], 2);
    CHECK(sqrt(square) <= (double)rows->residual[row] * (1 + 1e-12));
  }
}

/* A row is reached when the bar is its own score. */
static void check_reach(const struct hl_query *query, const struct hl_quantized *rows, size_t row, bool coarse, float value) {
  const int8_t *x = rows->digits + row * rows->stride;
  int32_t products[16] = {0};
  float columns[HL_TERMS][16] = {{0}}, one[HL_TERMS], terms[HL_TERMS];
  uint32_t found[16];
  for (size_t i = 0; i < rows->cols; i++)
    products[0] +=
        x[i] * (coarse ? query->digits.high[i] : query->digits.high[i] * (1 << query->digits.shift) + query->digits.low[i]);
  hl_row_terms(rows, row, query->metric, terms);
  hl_query_terms(query, coarse, one);
  one[HL_TERMS - 1] = hl_query_cut(query, value);
  for (size_t i = 0; i < HL_TERMS; i++) columns[i][0] = terms[i];
  const float *const many[HL_TERMS] = {columns[0], columns[1], columns[2], columns[3]};
  CHECK(hl_int8_kernels()->reach(products, many, one, 16, found) && found[0] == 0);
}

/* The bounds hold for the float32 score, and for the exact one too. */
static void check_bounds(const struct hl_matrix *data, const struct hl_matrix *queries, const struct hl_quantized *rows,
                         enum hl_metric metric) {
  int8_t *digits = calloc(2, rows->stride);
  struct hl_query query;
  for (size_t q = 0; q < queries->rows; q++) {
    memset(digits, 0, 2 * rows->stride);
    hl_query_prepare(&query, metric, queries->data + q * data->cols, data->cols, digits, digits + rows->stride);
    for (size_t row = 0; row < data->rows && row < 200; row++) {
      const int8_t *x = rows->digits + row * rows->stride, *four[HL_INT8_STREAMS] = {x, x, x, x};
      int32_t products[HL_INT8_STREAMS];
      hl_int8_kernels()->dot_streams(four, four, &query.digits, rows->stride, products);
      struct hl_bounds bounds = hl_bounds_of(&query, rows, row, products[0]);
      float value = score(metric, data, row, queries, q);
      double exact = exact_score(metric, data, row, queries, q);
      CHECK(isnan(value) ? bounds.lower == -INFINITY : bounds.lower <= value && value <= bounds.upper);
      CHECK((double)bounds.lower <= exact && exact <= (double)bounds.upper);
      if (isnan(value)) continue;
      check_reach(&query, rows, row, false, value);
      check_reach(&query, rows, row, true, value);
    }
  }
  free(digits);
}

/* Every path: one and two queries, a few, more than a panel, more than a chunk; groups; allowed and chosen rows. */
static void check_data(struct hl_matrix data, struct hl_matrix queries, size_t k) {
  struct hl_quantized rows = quantized(&data);
  int64_t *groups = malloc((data.rows + 1) * sizeof *groups), *query_groups = malloc((queries.rows + 1) * sizeof *query_groups);
  uint32_t *only = malloc((data.rows + 1) * sizeof *only);
  uint64_t *allowed = malloc((data.rows / 64 + 1) * sizeof *allowed);
  size_t all = queries.rows, counts[5] = {1, 2, 3, 20, all};
  for (size_t i = 0; i < data.rows; i++) groups[i] = (int64_t)(i % 5), only[i] = (uint32_t)(data.rows - 1 - i);
  for (size_t i = 0; i < all; i++) query_groups[i] = (int64_t)(i % 6);
  for (size_t i = 0; i <= data.rows / 64; i++) allowed[i] = hl_splitmix(3, i);
  for (enum hl_metric metric = 0; metric <= HL_METRIC_L2; metric++) {
    check_bounds(&data, &queries, &rows, metric);
    for (size_t i = 0; i < 5; i++) {
      struct hl_matrix some = queries;
      some.rows = counts[i] < all ? counts[i] : all;
      struct hl_certified job = {.search = {.data = &data, .queries = &some, .k = k}, .rows = &rows, .metric = metric};
      check_job(job);
      job.search.groups = groups;
      job.search.query_groups = query_groups;
      check_job(job);
      job.search.allowed = allowed;
      check_job(job);
      job.search.only = only;
      job.search.only_count = data.rows / 2;
      check_job(job);
      job.search.allowed = NULL;
      check_job(job);
    }
  }
  hl_quantized_free(&rows);
  free(groups);
  free(query_groups);
  free(only);
  free(allowed);
}

/* Kinds of data where bounds must tell nearly all rows apart, and one where they cannot. */
static void check_rescored(struct hl_matrix data, struct hl_matrix queries, size_t most) {
  struct hl_quantized rows = quantized(&data);
  for (enum hl_metric metric = 0; metric <= HL_METRIC_L2; metric++) {
    size_t all = check_job(
        (struct hl_certified){.search = {.data = &data, .queries = &queries, .k = 10}, .rows = &rows, .metric = metric});
    CHECK(all >= 10 * queries.rows && all <= most * queries.rows);
    printf("metric %d: %.1f of %zu rows rescored\n", (int)metric, (double)all / (double)queries.rows, data.rows);
  }
  hl_quantized_free(&rows);
}

static void check_certificate(const struct hl_matrix *data, const struct hl_matrix *queries) {
  struct hl_quantized rows = quantized(data);
  check_residuals(data, &rows);
  for (enum hl_metric metric = 0; metric <= HL_METRIC_L2; metric++) check_bounds(data, queries, &rows, metric);
  hl_quantized_free(&rows);
}

/* Queries that lie along what is left of rows, and rows along what is left of queries: here Cauchy and Schwarz give away nothing.
 */
static void test_tight(size_t cols) {
  struct hl_matrix data = gaussian(40, 30, cols), queries = gaussian(41, 20, cols);
  struct hl_quantized rows = quantized(&data);
  int8_t *digits = calloc(2, rows.stride);
  struct hl_query query;
  for (size_t q = 0; q < 10; q++) {
    hl_query_prepare(&query, HL_METRIC_DOT, queries.data + q * cols, cols, digits, digits + rows.stride);
    for (size_t i = 0; i < cols; i++) {
      double unit = query.scale * (1 << query.digits.shift), high = unit * query.digits.high[i];
      data.data[(10 + q) * cols + i] = (float)((double)at(&queries, q, i) - high);
      data.data[(20 + q) * cols + i] = (float)((double)at(&queries, q, i) - high - query.scale * query.digits.low[i]);
      queries.data[(10 + q) * cols + i] = at(&data, q, i) - rows.scale[q] * (float)rows.digits[q * rows.stride + i];
    }
  }
  check_certificate(&data, &queries);
  hl_quantized_free(&rows);
  free(digits);
}

/* Equal numbers, which quantising leaves as they are: what float32 sums round off is all that is left. */
static void test_constants(size_t cols, float x, float query) {
  struct hl_matrix data = gaussian(1, 8, cols), queries = gaussian(2, 8, cols);
  for (size_t row = 0; row < 8; row++)
    for (size_t i = 0; i < cols; i++) {
      data.data[row * cols + i] = x * (1 + 0.013F * (float)row);
      queries.data[row * cols + i] = query * (1 + 0.017F * (float)row);
    }
  check_certificate(&data, &queries);
}

static void test_refused(void) {
  static const float bad[3] = {NAN, INFINITY, -INFINITY};
  struct hl_matrix data = gaussian(1, 700, 5);
  struct hl_quantized q;
  size_t refused[3];
  CHECK(hl_quantized_alloc(&q, data.rows, data.cols));
  struct hl_quantize job = {.data = &data, .out = &q, .refused = refused};
  for (size_t i = 0; i < 3; i++) {
    data.data[(300 + i) * 5 + i] = bad[i];
    hl_quantize_part(&job, 1);
    CHECK_EQ_INT(refused[1], 301);
    if (i) data.data[(300 + i) * 5 + i] = 0;
  }
  data.data[300 * 5] = 0;
  hl_quantize_part(&job, 1);
  CHECK_EQ_INT(refused[1], 0);
  for (size_t i = 0; i < 5; i++) data.data[600 * 5 + i] = FLT_MAX; /* each is fine, but not the length */
  hl_quantize_part(&job, 2);
  CHECK_EQ_INT(refused[2], 601);
  hl_quantized_free(&q);
}

/* A query may hold anything. */
static void test_strange_queries(void) {
  struct hl_matrix data = gaussian(30, 300, 20), queries = gaussian(31, 6, 20);
  queries.data[3] = NAN;
  queries.data[20] = INFINITY;
  for (size_t i = 40; i < 60; i++) queries.data[i] = 1e38F;
  for (size_t i = 60; i < 80; i++) queries.data[i] = 0;
  for (size_t i = 80; i < 100; i++) queries.data[i] = 1e-44F;
  struct hl_quantized rows = quantized(&data);
  for (enum hl_metric metric = 0; metric <= HL_METRIC_L2; metric++)
    check_job((struct hl_certified){.search = {.data = &data, .queries = &queries, .k = 5}, .rows = &rows, .metric = metric});
  hl_quantized_free(&rows);
}

int main(void) {
  printf("%s\n", hl_cpu_path_name(hl_cpu_path()));
  check_data(gaussian(1, 0, 3), gaussian(2, 4, 3), 3);
  check_data(gaussian(1, 1, 1), gaussian(2, 4, 1), 1);
  check_data(gaussian(1, 3, 64), gaussian(2, 4, 64), 9);
  check_data(gaussian(1, 333, 65), gaussian(2, 21, 65), 10);
  check_data(gaussian(1, 1000, 100), gaussian(2, 150, 100), 7);
  check_data(clustered(1, 1000, 70, 0.05F), clustered(2, 25, 70, 0.05F), 10);
  check_data(clustered(1, 500, 70, 1e-4F), clustered(2, 25, 70, 1e-4F), 10);
  check_data(duplicated(1, 800, 33), duplicated(2, 25, 33), 10);
  check_data(scaled(1, 300, 40, 0), gaussian(2, 21, 40), 10);
  check_data(scaled(1, 300, 40, 1e30F), scaled(2, 21, 40, 1e30F), 10);
  check_data(scaled(1, 300, 40, 1e-30F), scaled(2, 21, 40, 1e-30F), 10);
  check_data(scaled(1, 300, 40, 1e-42F), gaussian(2, 21, 40), 10);
  check_data(mixed(1, 600, 50), mixed(2, 40, 50), 10);
  check_data(spiked(1, 500, 50), spiked(2, 21, 50), 10);
  check_data(gaussian(1, 100, 2100), gaussian(2, 21, 2100), 10);
  check_data(gaussian(1, 17000, 3), gaussian(2, 3, 3), 12);
  check_data(gaussian(1, 1000, 8), gaussian(2, 520, 8), 3);
  check_rescored(gaussian(1, 4000, 128), gaussian(2, 40, 128), 40);
  check_rescored(duplicated(1, 2000, 64), gaussian(2, 40, 64), 2000);
  for (size_t cols = 1; cols <= 2100; cols = 2 * cols + 1) test_tight(cols);
  for (size_t cols = 16; cols <= 6000; cols *= 3) {
    test_constants(cols, 1.1F, -0.7F);
    test_constants(cols, 1.49F * 0x1p-75F, 0x1p-74F); /* products of one or two units of what float32 can hold */
  }
  test_refused();
  test_strange_queries();
  return check_report();
}

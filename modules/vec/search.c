/* SPDX-License-Identifier: MIT
 *
 * Exact search. A part scans a fixed block of rows for all queries and keeps the best k of each in a heap whose top is the worst
 * kept. One to three queries are bound by memory: rows are read as four streams far apart. More go through BLAS in tiles.
 */
#include <cblas.h>
#include <math.h>

#include "vec/best.h"
#include "vec/kernels.h"
#include "vec/vec.h"

enum { BLOCK = 8192, TILE_ROWS = 512, TILE_QUERIES = 128, FEW = 3, STREAMS = 4 };

/* Candidates. */

static size_t candidates(const struct hl_search *job) { return job->only ? job->only_count : job->data->rows; }

static size_t row_at(const struct hl_search *job, size_t position) { return job->only ? job->only[position] : position; }

static struct hl_best best_of(const struct hl_search *job, size_t part, size_t query) {
  size_t slot = part * job->queries->rows + query;
  return (struct hl_best){.hits = job->hits + slot * job->k, .count = job->found + slot, .room = job->k};
}

/* Most rows fail the first test, so that the second is rarely made. */
static inline void offer(const struct hl_search *job, struct hl_best *best, size_t query, size_t row, float score) {
  if (isnan(score) || (*best->count == best->room && score < best->hits[0].score)) return;
  if (!hl_search_allows(job, query, row)) return;
  hl_best_keep(best, (struct hl_hit){.score = score, .row = (uint32_t)row});
}

/* Few queries. */

static void score(const struct hl_search *job, size_t query, const size_t rows[STREAMS], size_t count, struct hl_best *best) {
  const float *streams[STREAMS];
  float scores[STREAMS];
  for (size_t s = 0; s < STREAMS; s++) streams[s] = job->data->data + rows[s] * job->data->cols;
  hl_kernels()->dot_streams(streams, job->queries->data + query * job->queries->cols, job->data->cols, scores);
  for (size_t s = 0; s < count; s++) offer(job, best, query, rows[s], scores[s]);
}

/* A row left over goes through the same kernel, four times over, so that equal rows score equally wherever they stand. */
static void scan(const struct hl_search *job, size_t query, size_t from, size_t end, struct hl_best *best) {
  size_t stride = (end - from) / STREAMS, rows[STREAMS];
  for (size_t i = from; i < from + stride; i++) {
    for (size_t s = 0; s < STREAMS; s++) rows[s] = row_at(job, i + s * stride);
    score(job, query, rows, STREAMS, best);
  }
  for (size_t i = from + stride * STREAMS; i < end; i++) {
    for (size_t s = 0; s < STREAMS; s++) rows[s] = row_at(job, i);
    score(job, query, rows, 1, best);
  }
}

/* Many queries. */

static void multiply_tile(const struct hl_search *job, size_t part, size_t from, size_t rows, size_t first_query,
                          size_t queries) {
  float scores[TILE_QUERIES * TILE_ROWS];
  blasint cols = (blasint)job->data->cols;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)queries, (blasint)rows, cols, 1,
              job->queries->data + first_query * job->queries->cols, cols, job->data->data + from * job->data->cols, cols, 0,
              scores, TILE_ROWS);
  for (size_t i = 0; i < queries; i++) {
    struct hl_best best = best_of(job, part, first_query + i);
    for (size_t row = 0; row < rows; row++) offer(job, &best, first_query + i, from + row, scores[i * TILE_ROWS + row]);
  }
}

static size_t at_most(size_t n, size_t limit) { return n < limit ? n : limit; }

static void multiply(const struct hl_search *job, size_t part, size_t from, size_t end) {
  for (; from < end; from += TILE_ROWS)
    for (size_t query = 0; query < job->queries->rows; query += TILE_QUERIES)
      multiply_tile(job, part, from, at_most(end - from, TILE_ROWS), query, at_most(job->queries->rows - query, TILE_QUERIES));
}

/* The job. */

size_t hl_search_parts(const struct hl_search *job) { return (candidates(job) + BLOCK - 1) / BLOCK; }

size_t hl_search_room(const struct hl_search *job) { return hl_search_parts(job) * job->queries->rows * job->k; }

void hl_search_part(const struct hl_search *job, size_t part) {
  size_t from = part * BLOCK, end = at_most(from + BLOCK, candidates(job));
  for (size_t query = 0; query < job->queries->rows; query++) *best_of(job, part, query).count = 0;
  if (job->queries->rows > FEW && !job->only) {
    multiply(job, part, from, end);
    return;
  }
  for (size_t query = 0; query < job->queries->rows; query++) {
    struct hl_best best = best_of(job, part, query);
    scan(job, query, from, end, &best);
  }
}

size_t hl_search_result(const struct hl_search *job, size_t query, struct hl_hit *out) {
  size_t count = 0;
  struct hl_best all = {.hits = out, .count = &count, .room = job->k};
  for (size_t part = 0; part < hl_search_parts(job); part++) {
    struct hl_best best = best_of(job, part, query);
    for (size_t i = 0; i < *best.count; i++) hl_best_keep(&all, best.hits[i]);
  }
  hl_best_sort(&all);
  return count;
}

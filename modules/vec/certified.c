/* SPDX-License-Identifier: MIT
 *
 * Few queries are bound by memory: their scan reads four streams of rows far apart, with both digits of a query. Many go through
 * products of 32 rows with panels of queries, with the high digits alone; what these leave over is bounded with both.
 */
#include "vec/certified.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "vec/best.h"
#include "vec/kernels.h"

enum {
  STREAMS = HL_INT8_STREAMS,
  ROWS = HL_INT8_ROWS,
  PANEL = HL_INT8_PANEL,
  CHUNK = 512,     /* queries of a scan: they share what it reads, and their panels stay in the second cache */
  BLOCK = 128,     /* of these, queries that are multiplied together: their products stay in the first cache */
  TILE = 64,       /* rows of each stream between two looks at what they reach */
  AHEAD = 1536,    /* bytes of a stream between what is read and what is fetched, about */
  FEW = 2,         /* queries that are scanned one by one */
  PART = 8192,     /* rows of a scan, at least */
  MOST_SCANS = 16, /* of one job, unless there are more chunks of queries */
  SETTLED = 16     /* queries of a settling */
};

/* Candidates. */

struct hl_candidate {
  float lower, upper; /* equal: the score */
  uint32_t row;
};

/* What a scan of some rows leaves for one query. */
struct hl_slot {
  size_t candidates, lowers, rescored;
};

struct kept {
  struct hl_candidate *candidates;
  struct hl_best lowers; /* the k best lower bounds */
  _Atomic float *bar;    /* the query's: a row whose upper bound is below it is not wanted; scans raise it for each other */
  struct hl_slot *slot;
};

static size_t at_most(size_t n, size_t limit) { return n < limit ? n : limit; }

static size_t positions(const struct hl_search *search) { return search->only ? search->only_count : search->data->rows; }

static size_t row_at(const struct hl_search *search, size_t position) { return search->only ? search->only[position] : position; }

static const int8_t *digits_at(const struct hl_certified *job, size_t position) {
  return job->rows->digits + row_at(&job->search, position) * job->rows->stride;
}

static struct kept kept_of(const struct hl_certified *job, size_t query, size_t part) {
  size_t i = query * job->row_parts + part;
  return (struct kept){.candidates = job->candidates + i * job->room,
                       .lowers = {.hits = job->lowers + i * job->search.k, .count = &job->slots[i].lowers, .room = job->search.k},
                       .bar = &job->bars[query],
                       .slot = &job->slots[i]};
}

static float worst_of(const struct hl_best *best) { return *best->count == best->room ? best->hits[0].score : -INFINITY; }

static float bar_of(const struct kept *kept) { return atomic_load_explicit(kept->bar, memory_order_relaxed); }

static void raise_bar(const struct kept *kept) {
  float bar = bar_of(kept), worst = worst_of(&kept->lowers);
  while (worst > bar &&
         !atomic_compare_exchange_weak_explicit(kept->bar, &bar, worst, memory_order_relaxed, memory_order_relaxed)) {
  }
}

static void drop_hopeless(struct kept *kept) {
  size_t left = 0;
  float bar = bar_of(kept);
  for (size_t i = 0; i < kept->slot->candidates; i++)
    if (!(kept->candidates[i].upper < bar)) kept->candidates[left++] = kept->candidates[i];
  kept->slot->candidates = left;
}

/* Scores in float32. */

static float cosine(const float *x, const float *query, size_t n) {
  const struct hl_kernels *kernels = hl_kernels();
  double lengths = sqrt(kernels->dot_wide(x, x, n)) * sqrt(kernels->dot_wide(query, query, n));
  return lengths == 0 ? 0 : (float)(kernels->dot_wide(x, query, n) / lengths);
}

/* Inner products by the kernel of hl_search_part, so that they are the same to the last bit. */
static void score_four(const struct hl_certified *job, size_t query, const float *const rows[STREAMS], float scores[STREAMS]) {
  size_t n = job->search.queries->cols;
  const float *x = job->search.queries->data + query * n;
  if (job->metric == HL_METRIC_DOT) hl_kernels()->dot_streams(rows, x, n, scores);
  if (job->metric == HL_METRIC_COSINE)
    for (size_t s = 0; s < STREAMS; s++) scores[s] = cosine(rows[s], x, n);
  if (job->metric == HL_METRIC_L2)
    for (size_t s = 0; s < STREAMS; s++) scores[s] = -(float)sqrt(hl_kernels()->distance_wide(rows[s], x, n));
}

/* Scores the first candidates that are only bounded, up to four; returns how many it looked at. */
static size_t score_next(const struct hl_certified *job, size_t query, struct hl_candidate *candidates, size_t count,
                         size_t *rescored) {
  struct hl_candidate *chosen[STREAMS];
  const float *rows[STREAMS];
  float scores[STREAMS];
  size_t seen = 0, n = 0;
  for (; seen < count && n < STREAMS; seen++)
    if (candidates[seen].lower < candidates[seen].upper) chosen[n++] = &candidates[seen];
  if (!n) return seen;
  for (size_t s = 0; s < STREAMS; s++) rows[s] = job->search.data->data + chosen[s < n ? s : 0]->row * job->search.data->cols;
  score_four(job, query, rows, scores);
  for (size_t s = 0; s < n; s++) chosen[s]->lower = chosen[s]->upper = scores[s];
  *rescored += n;
  return seen;
}

static void keep_score(struct hl_best *best, const struct hl_candidate *candidate) {
  if (!isnan(candidate->upper)) hl_best_keep(best, (struct hl_hit){.score = candidate->upper, .row = candidate->row});
}

/* So many rows that score alike that bounds cannot tell them apart: scored, the best k are known, and stand for all. */
static void score_all(const struct hl_certified *job, size_t query, struct kept *kept) {
  struct hl_slot *slot = kept->slot;
  for (size_t i = 0; i < slot->candidates;)
    i += score_next(job, query, kept->candidates + i, slot->candidates - i, &slot->rescored);
  slot->lowers = 0;
  for (size_t i = 0; i < slot->candidates; i++) keep_score(&kept->lowers, &kept->candidates[i]);
  slot->candidates = slot->lowers;
  for (size_t i = 0; i < slot->lowers; i++) {
    struct hl_hit hit = kept->lowers.hits[i];
    kept->candidates[i] = (struct hl_candidate){.lower = hit.score, .upper = hit.score, .row = hit.row};
  }
  raise_bar(kept);
}

static void make_room(const struct hl_certified *job, size_t query, struct kept *kept) {
  drop_hopeless(kept);
  if (kept->slot->candidates > job->room / 2) score_all(job, query, kept);
}

/* Takes a row that a scan reached, unless its bounds by both digits rule it out or the query may not find it. */
static void consider(const struct hl_certified *job, size_t query, size_t row, struct kept *kept) {
  if (!hl_search_allows(&job->search, query, row)) return;
  const int8_t *digits = job->rows->digits + row * job->rows->stride, *rows[STREAMS] = {digits, digits, digits, digits};
  int32_t products[STREAMS];
  hl_int8_kernels()->dot_streams(rows, rows, &job->asked[query].digits, job->rows->stride, products);
  struct hl_bounds bounds = hl_bounds_of(&job->asked[query], job->rows, row, products[0]);
  if (bounds.upper < bar_of(kept)) return;
  struct hl_slot *slot = kept->slot;
  if (slot->candidates == job->room) make_room(job, query, kept);
  kept->candidates[slot->candidates++] =
      (struct hl_candidate){.lower = bounds.lower, .upper = bounds.upper, .row = (uint32_t)row};
  hl_best_keep(&kept->lowers, (struct hl_hit){.score = bounds.lower, .row = (uint32_t)row});
  raise_bar(kept);
}

/* Scanning for one query. */

/* The terms of the rows at count positions from first on, in columns. */
struct columns {
  float room[HL_TERMS][TILE];
  const float *terms[HL_TERMS];
};

static void fill_columns(const struct hl_certified *job, size_t first, size_t count, struct columns *columns) {
  float terms[HL_TERMS];
  memset(columns->room, 0, sizeof columns->room);
  for (size_t term = 0; term < HL_TERMS; term++) columns->terms[term] = columns->room[term];
  for (size_t i = 0; i < count; i++) {
    hl_row_terms(job->rows, row_at(&job->search, first + i), job->metric, terms);
    for (size_t term = 0; term < HL_TERMS; term++) columns->room[term][i] = terms[term];
  }
}

/* Where all rows have bounds, the terms for inner products are the columns of the quantised rows as they are. */
static void find_columns(const struct hl_certified *job, size_t first, size_t count, struct columns *columns) {
  static const float zeros[TILE];
  if (job->metric != HL_METRIC_DOT || job->search.only || !hl_rows_have_bounds(job->rows, first, count)) {
    fill_columns(job, first, count, columns);
    return;
  }
  columns->terms[0] = job->rows->scale + first;
  columns->terms[1] = job->rows->residual + first;
  columns->terms[2] = job->rows->length + first;
  columns->terms[3] = zeros;
}

/* Considers the rows at count positions from first on whose products are given. */
static void sift(const struct hl_certified *job, size_t query, size_t first, size_t count, const int32_t products[TILE],
                 struct kept *kept) {
  if (!count) return;
  struct columns columns;
  float one[HL_TERMS];
  uint32_t found[TILE];
  find_columns(job, first, count, &columns);
  hl_query_terms(&job->asked[query], false, one);
  one[HL_TERMS - 1] = hl_query_cut(&job->asked[query], bar_of(kept));
  size_t reached = hl_int8_kernels()->reach(products, columns.terms, one, (count + PANEL - 1) / PANEL * PANEL, found);
  for (size_t i = 0; i < reached && found[i] < count; i++) consider(job, query, row_at(&job->search, first + found[i]), kept);
}

/* The products of the rows at from, from + stride, …: one of each stream. */
static void multiply_streams(const struct hl_certified *job, size_t query, size_t from, size_t stride,
                             int32_t products[STREAMS]) {
  const int8_t *rows[STREAMS], *next[STREAMS];
  size_t last = positions(&job->search) - 1, ahead = AHEAD / job->rows->stride + 1;
  for (size_t s = 0; s < STREAMS; s++) {
    rows[s] = digits_at(job, from + s * stride);
    next[s] = digits_at(job, at_most(from + s * stride + ahead, last));
  }
  hl_int8_kernels()->dot_streams(rows, next, &job->asked[query].digits, job->rows->stride, products);
}

/* Up to TILE rows of each stream; stride 0: of one. */
static void scan_tile(const struct hl_certified *job, size_t query, size_t from, size_t count, size_t stride, struct kept *kept) {
  int32_t tile[STREAMS][TILE] = {{0}}, products[STREAMS];
  for (size_t i = 0; i < count; i++) {
    multiply_streams(job, query, from + i, stride, products);
    for (size_t s = 0; s < STREAMS; s++) tile[s][i] = products[s];
  }
  for (size_t s = 0; s < (stride ? STREAMS : 1); s++) sift(job, query, from + s * stride, count, tile[s], kept);
}

static void scan_one(const struct hl_certified *job, size_t query, size_t from, size_t end, struct kept *kept) {
  size_t stride = (end - from) / STREAMS;
  for (size_t at = 0; at < stride; at += TILE) scan_tile(job, query, from + at, at_most(stride - at, TILE), stride, kept);
  scan_tile(job, query, from + STREAMS * stride, end - from - STREAMS * stride, 0, kept);
}

/* Scanning for many queries. */

/* ROWS rows from a position on, one after another: where they lie or, if they are chosen ones, copied into room. */
static const int8_t *gather_digits(const struct hl_certified *job, size_t from, size_t count, int8_t *room) {
  if (!job->search.only) return digits_at(job, from);
  for (size_t r = 0; r < count; r++) memcpy(room + r * job->rows->stride, digits_at(job, from + r), job->rows->stride);
  return room;
}

/* The queries from first on, as many as count, with what each has kept. */
struct crowd {
  size_t first, count;
  int8_t *room; /* for ROWS rows */
  struct kept kept[CHUNK];
  float cut[CHUNK];
  float rows[ROWS][HL_TERMS]; /* the terms of the rows under way */
};

static void update_cut(const struct hl_certified *job, struct crowd *crowd, size_t i) {
  crowd->cut[i] = hl_query_cut(&job->asked[crowd->first + i], bar_of(&crowd->kept[i]));
}

/* Considers a row, the r-th of those under way, for the queries of a block whose products with it are given. */
static void sift_block(const struct hl_certified *job, struct crowd *crowd, size_t block, size_t row, size_t r,
                       const int32_t *products, size_t width) {
  uint32_t found[BLOCK];
  size_t first = crowd->first + block;
  const float *const many[HL_TERMS] = {job->coarse[0] + first, job->coarse[1] + first, job->coarse[2] + first,
                                       crowd->cut + block};
  size_t reached = hl_int8_kernels()->reach(products, many, crowd->rows[r], width, found);
  for (size_t i = 0; i < reached && block + found[i] < crowd->count; i++) {
    consider(job, first + found[i], row, &crowd->kept[block + found[i]]);
    update_cut(job, crowd, block + found[i]);
  }
}

/* The count rows from a position on, whose digits are given, with the queries of a block. */
static void scan_block(const struct hl_certified *job, struct crowd *crowd, size_t block, size_t from, size_t count,
                       const int8_t *digits) {
  int32_t products[ROWS * BLOCK];
  size_t panels = (at_most(crowd->count - block, BLOCK) + PANEL - 1) / PANEL, width = panels * PANEL, stride = job->rows->stride;
  hl_int8_kernels()->multiply(digits, job->panels + (crowd->first + block) * stride, panels, stride, products);
  for (size_t r = 0; r < count; r++)
    sift_block(job, crowd, block, row_at(&job->search, from + r), r, products + r * width, width);
}

static void scan_crowd(const struct hl_certified *job, struct crowd *crowd, size_t from, size_t end) {
  for (; from < end; from += ROWS) {
    size_t count = at_most(end - from, ROWS);
    const int8_t *digits = gather_digits(job, from, count, crowd->room);
    for (size_t r = 0; r < count; r++) hl_row_terms(job->rows, row_at(&job->search, from + r), job->metric, crowd->rows[r]);
    for (size_t block = 0; block < crowd->count; block += BLOCK) scan_block(job, crowd, block, from, count, digits);
  }
}

/* The job. */

static size_t chunks(const struct hl_certified *job) { return (job->search.queries->rows + CHUNK - 1) / CHUNK; }

static bool is_crowd(const struct hl_certified *job) { return job->search.queries->rows > FEW; }

static size_t parts_for(const struct hl_certified *job) {
  size_t parts = (positions(&job->search) + PART - 1) / PART,
         most = chunks(job) < MOST_SCANS ? MOST_SCANS / (chunks(job) ? chunks(job) : 1) : 1;
  return parts ? at_most(parts, most) : 1;
}

static void prepare_queries(struct hl_certified *job) {
  const struct hl_matrix *queries = job->search.queries;
  size_t stride = job->rows->stride;
  float terms[HL_TERMS];
  for (size_t q = 0; q < queries->rows; q++) {
    int8_t *high = job->digits + 2 * q * stride, *panel = job->panels + q / PANEL * PANEL * stride + q % PANEL * 4;
    hl_query_prepare(&job->asked[q], job->metric, queries->data + q * queries->cols, queries->cols, high, high + stride);
    for (size_t i = 0; i < stride; i += 4) memcpy(panel + i * PANEL, high + i, 4);
    atomic_init(&job->bars[q], -INFINITY);
    hl_query_terms(&job->asked[q], true, terms);
    for (size_t term = 0; term < HL_TERMS - 1; term++) job->coarse[term][q] = terms[term];
  }
}

static void *zeroed(size_t count, size_t size) { return calloc(count + 1, size); }

bool hl_certified_start(struct hl_certified *job) {
  size_t queries = job->search.queries->rows, padded = chunks(job) * CHUNK, stride = job->rows->stride, k = job->search.k;
  job->row_parts = parts_for(job);
  job->room = 2 * k + 32;
  size_t slots = queries * job->row_parts;
  job->search.hits = zeroed(queries * k, sizeof *job->search.hits);
  job->search.found = zeroed(queries, sizeof *job->search.found);
  job->rescored = zeroed(queries, sizeof *job->rescored);
  job->digits = zeroed(2 * queries, stride);
  job->panels = zeroed(padded, stride);
  job->asked = zeroed(queries, sizeof *job->asked);
  job->candidates = malloc((slots * job->room + 1) * sizeof *job->candidates);
  job->lowers = malloc((slots * k + 1) * sizeof *job->lowers);
  job->slots = zeroed(slots, sizeof *job->slots);
  job->bars = zeroed(queries, sizeof *job->bars);
  job->gathered = zeroed(job->search.only && is_crowd(job) ? hl_certified_scans(job) * ROWS : 0, stride);
  for (size_t term = 0; term < HL_TERMS - 1; term++) job->coarse[term] = zeroed(padded, sizeof *job->coarse[term]);
  bool all = job->search.hits && job->search.found && job->rescored && job->digits && job->panels && job->asked &&
             job->candidates && job->lowers && job->slots && job->bars && job->gathered && job->coarse[0] && job->coarse[1] &&
             job->coarse[2];
  if (all) prepare_queries(job);
  return all;
}

void hl_certified_free(struct hl_certified *job) {
  free(job->search.hits);
  free(job->search.found);
  free(job->rescored);
  free(job->digits);
  free(job->panels);
  free(job->asked);
  free(job->candidates);
  free(job->lowers);
  free(job->slots);
  free(job->bars);
  free(job->gathered);
  for (size_t term = 0; term < HL_TERMS - 1; term++) free(job->coarse[term]);
  *job = (struct hl_certified){0};
}

size_t hl_certified_scans(const struct hl_certified *job) { return chunks(job) * job->row_parts; }

void hl_certified_scan(const struct hl_certified *job, size_t part) {
  size_t row_part = part % job->row_parts, all = positions(&job->search);
  size_t height = ((all + job->row_parts - 1) / job->row_parts + ROWS - 1) / ROWS * ROWS;
  size_t from = at_most(row_part * height, all), end = at_most(from + height, all);
  struct crowd crowd = {.first = part / job->row_parts * CHUNK, .room = job->gathered + part * ROWS * job->rows->stride};
  crowd.count = at_most(job->search.queries->rows - crowd.first, CHUNK);
  for (size_t i = 0; i < crowd.count; i++) {
    crowd.kept[i] = kept_of(job, crowd.first + i, row_part);
    update_cut(job, &crowd, i);
    if (!is_crowd(job)) scan_one(job, crowd.first + i, from, end, &crowd.kept[i]);
  }
  if (is_crowd(job)) scan_crowd(job, &crowd, from, end);
}

/* Settling. */

/* Everything kept for a query, together at the front of the first part's memory. */
static struct kept gather(const struct hl_certified *job, size_t query) {
  struct kept all = kept_of(job, query, 0);
  for (size_t part = 1; part < job->row_parts; part++) {
    struct kept more = kept_of(job, query, part);
    memmove(all.candidates + all.slot->candidates, more.candidates, more.slot->candidates * sizeof *more.candidates);
    all.slot->candidates += more.slot->candidates;
    all.slot->rescored += more.slot->rescored;
    for (size_t i = 0; i < more.slot->lowers; i++) hl_best_keep(&all.lowers, more.lowers.hits[i]);
  }
  raise_bar(&all);
  drop_hopeless(&all);
  return all;
}

static int compare(const void *a, const void *b) {
  const struct hl_candidate *x = a, *y = b;
  if (x->upper != y->upper) return x->upper < y->upper ? 1 : -1;
  return (x->row > y->row) - (x->row < y->row);
}

/* By falling upper bound, until the next cannot be among the best. */
static void settle(const struct hl_certified *job, size_t query) {
  struct kept all = gather(job, query);
  struct hl_best best = {
      .hits = job->search.hits + query * job->search.k, .count = &job->search.found[query], .room = job->search.k};
  size_t count = all.slot->candidates;
  qsort(all.candidates, count, sizeof *all.candidates, compare);
  for (size_t i = 0, seen; i < count && !(all.candidates[i].upper < worst_of(&best)); i += seen) {
    seen = score_next(job, query, all.candidates + i, count - i, &all.slot->rescored);
    for (size_t j = i; j < i + seen; j++) keep_score(&best, &all.candidates[j]);
  }
  hl_best_sort(&best);
  job->rescored[query] = all.slot->rescored;
}

size_t hl_certified_settlings(const struct hl_certified *job) { return (job->search.queries->rows + SETTLED - 1) / SETTLED; }

void hl_certified_settle(const struct hl_certified *job, size_t part) {
  size_t end = at_most((part + 1) * SETTLED, job->search.queries->rows);
  for (size_t query = part * SETTLED; query < end; query++) settle(job, query);
}

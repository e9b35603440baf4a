/* SPDX-License-Identifier: MIT
 *
 * How good rankings are: average precision, precision, R-precision, nDCG at 10, area under the ROC curve.
 */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "vec/vec.h"

enum { BLOCK = 16 };

size_t hl_retrieval_parts(const struct hl_retrieval *job) { return (job->asked + BLOCK - 1) / BLOCK; }

static double discount(size_t rank) { return 1 / log2((double)rank + 2); }

/* Counts along a ranking, for one notion of a hit. */
struct hits {
  size_t count;
  double precisions; /* the sum of the precision at each hit */
};

static void add_hit(struct hits *hits, size_t rank) { hits->precisions += (double)++hits->count / (double)(rank + 1); }

/* possible: how many hits there can be. */
static double mean_precision(const struct hits *hits, size_t possible) {
  return possible ? hits->precisions / (double)possible : NAN;
}

static size_t at_most(size_t n, size_t limit) { return n < limit ? n : limit; }

static void finish_ndcg(struct hl_retrieval_row *row, double gained, const struct hl_totals *totals) {
  double best = 0, chance = 0;
  for (size_t rank = 0; rank < HL_GAIN_RANKS; rank++) {
    best += totals->ideal[rank] * discount(rank);
    if (rank < totals->candidates) chance += totals->gain / (double)totals->candidates * discount(rank);
  }
  row->ndcg = best > 0 ? gained / best : NAN;
  row->chance_ndcg = best > 0 ? chance / best : NAN;
}

/* The share of relevant rows among the first as many as there are relevant ones; NaN where the ranking ends before. */
static double r_precision(const struct hl_retrieval *job, size_t query, const uint32_t *ranking, size_t n, size_t relevant) {
  size_t hits = 0;
  if (!relevant || relevant > n) return NAN;
  for (size_t rank = 0; rank < relevant; rank++) hits += (job->labels[ranking[rank]] & job->query_labels[query]) != 0;
  return (double)hits / (double)relevant;
}

/* ranking: the best n candidates, best first. */
static struct hl_retrieval_row judge(const struct hl_retrieval *job, size_t query, const uint32_t *ranking, size_t n,
                                     const struct hl_totals *totals) {
  struct hits relevant = {0}, identical = {0};
  double gained = 0;
  struct hl_retrieval_row row = {.candidates = (double)totals->candidates,
                                 .relevant = (double)totals->relevant,
                                 .identical = (double)totals->identical,
                                 .precision = NAN,
                                 .identical_precision = NAN};
  uint64_t wanted = job->query_labels[query];
  for (size_t rank = 0; rank < n; rank++) {
    uint64_t labels = job->labels[ranking[rank]];
    if (labels & wanted) add_hit(&relevant, rank);
    if (labels == wanted && wanted) add_hit(&identical, rank);
    if (rank < HL_GAIN_RANKS) gained += hl_gallery_gain(&job->gallery, wanted, labels) * discount(rank);
    if (rank + 1 != at_most(n, job->depth)) continue;
    if (totals->relevant) row.precision = (double)relevant.count / (double)(rank + 1);
    if (totals->identical) row.identical_precision = (double)identical.count / (double)(rank + 1);
  }
  row.average_precision = mean_precision(&relevant, at_most(totals->relevant, n));
  row.identical_average_precision = mean_precision(&identical, at_most(totals->identical, n));
  row.r_precision = r_precision(job, query, ranking, n, totals->relevant);
  finish_ndcg(&row, gained, totals);
  return row;
}

static int64_t group_of(const struct hl_retrieval *job, size_t query) { return job->groups ? job->query_groups[query] : 0; }

static size_t drop_own_group(const struct hl_retrieval *job, size_t query, uint32_t *order, size_t n) {
  if (!job->groups) return n;
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (job->groups[order[i]] != job->query_groups[query]) order[kept++] = order[i];
  return kept;
}

/* Memory of a part. */
struct room {
  float *scores; /* of each query of the part, where rows are ranked here */
  uint32_t *order, *counts;
  uint64_t *scratch;
};

static bool open_room(struct room *room, const struct hl_retrieval *job, size_t queries) {
  size_t ranked = job->data ? job->gallery.rows : 0;
  room->scores = malloc((queries * ranked + 1) * sizeof *room->scores);
  room->order = malloc((ranked + 1) * sizeof *room->order);
  room->counts = malloc((job->gallery.kinds + 1) * sizeof *room->counts);
  room->scratch = malloc((2 * ranked + 1) * sizeof *room->scratch);
  return room->scores && room->order && room->counts && room->scratch;
}

static void close_room(struct room *room) {
  free(room->scores);
  free(room->order);
  free(room->counts);
  free(room->scratch);
}

static void score_all(const struct hl_retrieval *job, size_t from, size_t count, float *scores) {
  blasint cols = (blasint)job->data->cols, rows = (blasint)job->data->rows;
  if (rows)
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)count, rows, cols, 1,
                job->queries->data + from * job->queries->cols, cols, job->data->data, cols, 0, scores, rows);
}

/* scores: of all rows for the query, or nothing where its ranking is given. */
static void judge_query(const struct hl_retrieval *job, size_t query, const float *scores, struct room *room) {
  struct hl_totals totals = hl_gallery_totals(&job->gallery, job->query_labels[query], group_of(job, query), room->counts);
  if (!job->data) {
    size_t first = query ? job->ends[query - 1] : 0;
    job->rows[query] = judge(job, query, job->ranked + first, job->ends[query] - first, &totals);
    return;
  }
  hl_order(scores, job->gallery.rows, room->order, room->scratch);
  size_t n = drop_own_group(job, query, room->order, job->gallery.rows);
  job->rows[query] = judge(job, query, room->order, n, &totals);
}

void hl_retrieval_part(const struct hl_retrieval *job, size_t part) {
  size_t from = part * BLOCK, count = at_most(job->asked - from, BLOCK);
  struct room room;
  job->failed[part] = !open_room(&room, job, count);
  if (!job->failed[part]) {
    if (job->data) score_all(job, from, count, room.scores);
    for (size_t i = 0; i < count; i++) judge_query(job, from + i, job->data ? room.scores + i * job->gallery.rows : NULL, &room);
  }
  close_room(&room);
}

double hl_average_precision(const float *scores, const bool *relevant, size_t n, uint32_t *order, uint64_t *scratch) {
  struct hits hits = {0};
  hl_order(scores, n, order, scratch);
  for (size_t rank = 0; rank < n; rank++)
    if (relevant[order[rank]]) add_hit(&hits, rank);
  return mean_precision(&hits, hits.count);
}

/* The chance that a relevant row scores higher than another one, ties counting half: for each run of equal scores, best first,
 * its relevant rows beat the others that come later and draw with the others in the run. */
double hl_area_under_curve(const float *scores, const bool *relevant, size_t n, uint32_t *order, uint64_t *scratch) {
  double others = 0, won = 0, seen_others = 0;
  hl_order(scores, n, order, scratch);
  for (size_t i = 0; i < n; i++) others += !relevant[i];
  for (size_t i = 0, end; i < n; i = end) {
    double run_relevant = 0, run_others = 0;
    for (end = i; end < n && (end == i || scores[order[end]] == scores[order[i]]); end++)
      *(relevant[order[end]] ? &run_relevant : &run_others) += 1;
    won += run_relevant * (others - seen_others - run_others / 2);
    seen_others += run_others;
  }
  double pairs = others * ((double)n - others);
  return pairs > 0 ? won / pairs : NAN;
}

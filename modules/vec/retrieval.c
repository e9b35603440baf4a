/* SPDX-License-Identifier: MIT
 *
 * How good rankings are: average precision, precision, R-precision, nDCG at 10, area under the ROC curve.
 */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "vec/vec.h"

enum { BLOCK = 16, RANKS = 10 };

size_t hl_retrieval_parts(const struct hl_retrieval *job) { return (job->queries->rows + BLOCK - 1) / BLOCK; }

void hl_retrieval_start(struct hl_retrieval *job) {
  for (int common = 1; common <= 64; common++)
    for (int either = common; either <= 64; either++) job->gains[common][either] = exp2((double)common / either) - 1;
}

static double gain_of(const struct hl_retrieval *job, uint64_t a, uint64_t b) {
  if (!(a & b)) return 0;
  return job->gains[__builtin_popcountll(a & b)][__builtin_popcountll(a | b)];
}

static double discount(size_t rank) { return 1 / log2((double)rank + 2); }

/* Counts along a ranking, for one notion of a hit. */
struct hits {
  size_t count;
  double precisions; /* the sum of the precision at each hit */
};

static void add_hit(struct hits *hits, size_t rank) { hits->precisions += (double)++hits->count / (double)(rank + 1); }

static double mean_precision(const struct hits *hits) { return hits->count ? hits->precisions / (double)hits->count : NAN; }

/* The RANKS largest gains, falling. */
static void keep_gain(double ideal[RANKS], double gain) {
  size_t at = RANKS;
  for (; at && ideal[at - 1] < gain; at--)
    if (at < RANKS) ideal[at] = ideal[at - 1];
  if (at < RANKS) ideal[at] = gain;
}

static void finish_ndcg(struct hl_retrieval_row *row, double gained, double all_gains, const double ideal[RANKS]) {
  double best = 0, chance = 0;
  for (size_t rank = 0; rank < RANKS; rank++) {
    best += ideal[rank] * discount(rank);
    if ((double)rank < row->candidates) chance += all_gains / row->candidates * discount(rank);
  }
  row->ndcg = best > 0 ? gained / best : NAN;
  row->chance_ndcg = best > 0 ? chance / best : NAN;
}

/* candidates: the gallery without the query's group, best first. */
static struct hl_retrieval_row judge(const struct hl_retrieval *job, size_t query, const uint32_t *candidates, size_t n) {
  struct hits relevant = {0}, identical = {0};
  double ideal[RANKS] = {0}, gained = 0, all_gains = 0;
  struct hl_retrieval_row row = {.candidates = (double)n};
  uint64_t wanted = job->query_labels[query];
  size_t top = n < job->depth ? n : job->depth;
  for (size_t rank = 0; rank < n; rank++) {
    uint64_t labels = job->labels[candidates[rank]];
    double gain = gain_of(job, wanted, labels);
    if (labels & wanted) add_hit(&relevant, rank);
    if (labels == wanted && wanted) add_hit(&identical, rank);
    if (rank < RANKS) gained += gain * discount(rank);
    if (gain > ideal[RANKS - 1]) keep_gain(ideal, gain);
    all_gains += gain;
    if (rank + 1 == top) {
      row.precision = (double)relevant.count / (double)top;
      row.identical_precision = (double)identical.count / (double)top;
    }
  }
  row.relevant = (double)relevant.count;
  row.identical = (double)identical.count;
  row.average_precision = mean_precision(&relevant);
  row.identical_average_precision = mean_precision(&identical);
  finish_ndcg(&row, gained, all_gains, ideal);
  return row;
}

/* The share of relevant rows among the first as many as there are relevant ones. */
static double r_precision(const struct hl_retrieval *job, size_t query, const uint32_t *candidates, size_t relevant) {
  size_t hits = 0;
  for (size_t rank = 0; rank < relevant; rank++) hits += (job->labels[candidates[rank]] & job->query_labels[query]) != 0;
  return (double)hits / (double)relevant;
}

static size_t drop_own_group(const struct hl_retrieval *job, size_t query, uint32_t *order, size_t n) {
  if (!job->groups) return n;
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (job->groups[order[i]] != job->query_groups[query]) order[kept++] = order[i];
  return kept;
}

static void judge_query(const struct hl_retrieval *job, size_t query, const float *scores, uint32_t *order, uint64_t *scratch) {
  hl_order(scores, job->data->rows, order, scratch);
  size_t n = drop_own_group(job, query, order, job->data->rows);
  struct hl_retrieval_row row = judge(job, query, order, n);
  row.r_precision = row.relevant > 0 ? r_precision(job, query, order, (size_t)row.relevant) : NAN;
  if (!(row.relevant > 0)) row.precision = NAN;
  if (!(row.identical > 0)) row.identical_precision = NAN;
  job->rows[query] = row;
}

void hl_retrieval_part(const struct hl_retrieval *job, size_t part) {
  size_t n = job->data->rows, from = part * BLOCK, left = job->queries->rows - from, count = left < BLOCK ? left : BLOCK;
  float *scores = malloc((count * n + 1) * sizeof *scores);
  uint32_t *order = malloc((n + 1) * sizeof *order);
  uint64_t *scratch = malloc((2 * n + 1) * sizeof *scratch);
  job->failed[part] = !scores || !order || !scratch;
  if (!job->failed[part]) {
    blasint cols = (blasint)job->data->cols;
    if (n)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)count, (blasint)n, cols, 1,
                  job->queries->data + from * job->queries->cols, cols, job->data->data, cols, 0, scores, (blasint)n);
    for (size_t i = 0; i < count; i++) judge_query(job, from + i, scores + i * n, order, scratch);
  }
  free(scores);
  free(order);
  free(scratch);
}

double hl_average_precision(const float *scores, const bool *relevant, size_t n, uint32_t *order, uint64_t *scratch) {
  struct hits hits = {0};
  hl_order(scores, n, order, scratch);
  for (size_t rank = 0; rank < n; rank++)
    if (relevant[order[rank]]) add_hit(&hits, rank);
  return mean_precision(&hits);
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

/* SPDX-License-Identifier: MIT */
#include "vec/resample.h"

#include <math.h>
#include <stdlib.h>

#include "vec/vec.h"

/* A row in its place of a ranking. */
struct place {
  uint32_t group;
  bool relevant, ends_tie; /* the next row, if any, has a lower score */
};

static void fill_places(const struct hl_resample *job, size_t ranking, const uint32_t *order, struct place *places) {
  size_t n = job->scores->cols;
  const float *scores = job->scores->data + ranking * n, *relevant = job->relevant->data + ranking * n;
  for (size_t i = 0; i < n; i++) {
    size_t row = order[i];
    places[i].group = job->groups[row];
    places[i].relevant = relevant[row] != 0;
    places[i].ends_tie = i + 1 == n || scores[order[i + 1]] != scores[row];
  }
}

/* With whole weights w this is close to the ranking in which each row stands w times: its copies share the precision at the
 * last of them. */
static void judge(const struct place *places, size_t n, const float *weights, float *precision, float *area) {
  double total = 0, hits = 0, precisions = 0, won = 0, tied_hits = 0, tied_others = 0;
  for (size_t i = 0; i < n; i++) {
    double weight = (double)weights[places[i].group];
    total += weight;
    if (places[i].relevant) {
      hits += weight;
      tied_hits += weight;
      if (weight > 0) precisions += weight * hits / total;
    } else {
      tied_others += weight;
    }
    if (places[i].ends_tie) {
      won += tied_others * (hits - tied_hits / 2);
      tied_hits = tied_others = 0;
    }
  }
  double pairs = hits * (total - hits);
  *precision = hits > 0 ? (float)(precisions / hits) : NAN;
  *area = pairs > 0 ? (float)(won / pairs) : NAN;
}

void hl_resample_part(const struct hl_resample *job, size_t ranking) {
  size_t n = job->scores->cols, rankings = job->scores->rows, groups = job->weights->cols;
  uint32_t *order = malloc((n + 1) * sizeof *order);
  uint64_t *scratch = malloc((2 * n + 1) * sizeof *scratch);
  struct place *places = malloc((n + 1) * sizeof *places);
  job->failed[ranking] = !order || !scratch || !places;
  if (!job->failed[ranking]) {
    hl_order(job->scores->data + ranking * n, n, order, scratch);
    fill_places(job, ranking, order, places);
    for (size_t draw = 0; draw < job->weights->rows; draw++)
      judge(places, n, job->weights->data + draw * groups, job->precisions->data + draw * rankings + ranking,
            job->areas->data + draw * rankings + ranking);
  }
  free(order);
  free(scratch);
  free(places);
}

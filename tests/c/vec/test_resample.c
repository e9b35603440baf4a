/* SPDX-License-Identifier: MIT
 *
 * Weighted rankings against rankings in which each row stands as often as its weight says.
 */
#include "../check.h"
#include "matrices.h"
#include "vec/resample.h"

enum { ROWS = 57, GROUPS = 19, RANKINGS = 3, DRAWS = 4, COPIES = 4 };

static struct hl_matrix guarded(const float *values, size_t rows, size_t cols) {
  return (struct hl_matrix){.data = guard_copy(values, rows * cols * sizeof *values), .rows = rows, .cols = cols};
}

/* Whole weights from 0 to COPIES - 1; the first draw is the data as they are. */
static struct hl_matrix draw_weights(void) {
  float values[DRAWS * GROUPS];
  for (size_t i = 0; i < DRAWS * GROUPS; i++) values[i] = i < GROUPS ? 1 : (float)(hl_splitmix(5, i) % COPIES);
  return guarded(values, DRAWS, GROUPS);
}

static struct hl_matrix draw_relevance(void) {
  float values[RANKINGS * ROWS];
  for (size_t i = 0; i < RANKINGS * ROWS; i++) values[i] = hl_splitmix(6, i) % 4 == 0;
  return guarded(values, RANKINGS, ROWS);
}

/* Scores in steps, so that there are ties. */
static struct hl_matrix draw_scores(void) {
  float values[RANKINGS * ROWS];
  hl_gauss(7, 0, 4, values, RANKINGS * ROWS);
  for (size_t i = 0; i < RANKINGS * ROWS; i++) values[i] = roundf(values[i]);
  return guarded(values, RANKINGS, ROWS);
}

/* The area of one ranking by counting pairs. */
static double count_pairs(const struct hl_resample *job, size_t ranking, size_t draw) {
  double won = 0, pairs = 0;
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < ROWS; j++) {
      if (at(job->relevant, ranking, i) == 0 || at(job->relevant, ranking, j) != 0) continue;
      double weight = (double)at(job->weights, draw, job->groups[i]) * (double)at(job->weights, draw, job->groups[j]);
      float a = at(job->scores, ranking, i), b = at(job->scores, ranking, j);
      won += weight * (a > b ? 1 : a == b ? 0.5 : 0);
      pairs += weight;
    }
  return won / pairs;
}

/* The same from the ranking with copies. */
static double area_of_copies(const struct hl_resample *job, size_t ranking, size_t draw) {
  float scores[ROWS * COPIES];
  bool relevant[ROWS * COPIES];
  uint32_t order[ROWS * COPIES];
  uint64_t scratch[2 * ROWS * COPIES];
  size_t n = 0;
  for (size_t i = 0; i < ROWS; i++)
    for (int copy = 0; copy < (int)at(job->weights, draw, job->groups[i]); copy++, n++) {
      scores[n] = at(job->scores, ranking, i);
      relevant[n] = at(job->relevant, ranking, i) != 0;
    }
  return hl_area_under_curve(scores, relevant, n, order, scratch);
}

static double plain_precision(const struct hl_resample *job, size_t ranking) {
  bool relevant[ROWS];
  uint32_t order[ROWS];
  uint64_t scratch[2 * ROWS];
  for (size_t i = 0; i < ROWS; i++) relevant[i] = at(job->relevant, ranking, i) != 0;
  return hl_average_precision(job->scores->data + ranking * ROWS, relevant, ROWS, order, scratch);
}

int main(void) {
  struct hl_matrix scores = draw_scores(), relevant = draw_relevance(), weights = draw_weights();
  float nothing[DRAWS * RANKINGS] = {0};
  struct hl_matrix precisions = guarded(nothing, DRAWS, RANKINGS), areas = guarded(nothing, DRAWS, RANKINGS);
  uint32_t numbers[ROWS];
  bool failed[RANKINGS];
  for (size_t i = 0; i < ROWS; i++) numbers[i] = (uint32_t)(i % GROUPS);
  struct hl_resample job = {.scores = &scores,
                            .relevant = &relevant,
                            .weights = &weights,
                            .groups = guard_copy(numbers, sizeof numbers),
                            .precisions = &precisions,
                            .areas = &areas,
                            .failed = failed};
  for (size_t ranking = 0; ranking < RANKINGS; ranking++) {
    hl_resample_part(&job, ranking);
    CHECK(!failed[ranking]);
    CHECK_NEAR((double)at(&precisions, 0, ranking), plain_precision(&job, ranking), 1e-6);
    for (size_t draw = 0; draw < DRAWS; draw++) {
      CHECK_NEAR((double)at(&areas, draw, ranking), count_pairs(&job, ranking, draw), 1e-6);
      CHECK_NEAR((double)at(&areas, draw, ranking), area_of_copies(&job, ranking, draw), 1e-6);
    }
  }
  memset(relevant.data, 0, RANKINGS * ROWS * sizeof *relevant.data);
  hl_resample_part(&job, 0);
  CHECK(isnan(at(&precisions, 0, 0)) && isnan(at(&areas, 0, 0)));
  return check_report();
}

/* SPDX-License-Identifier: MIT
 *
 * Retrieval metrics against cases worked out by hand.
 */
#include "../check.h"
#include "matrices.h"

static void test_order(void) {
  static const float values[] = {1, -2, 3, 0, -0.0F, 3, NAN, -1e30F, 1e30F, INFINITY, -INFINITY};
  static const uint32_t wanted[] = {9, 8, 2, 5, 0, 3, 4, 1, 7, 10, 6};
  uint32_t order[11];
  uint64_t scratch[22];
  hl_order(values, 11, order, scratch);
  for (int i = 0; i < 11; i++) CHECK_EQ_INT(order[i], wanted[i]);
}

static void test_order_random(size_t n) {
  float *values = malloc(n * sizeof *values);
  uint32_t *order = malloc(n * sizeof *order), *seen = calloc(n, sizeof *seen);
  uint64_t *scratch = malloc(2 * n * sizeof *scratch);
  hl_gauss(1, 0, 1e3F, values, n);
  for (size_t i = 0; i < n; i += 3) values[i] = rintf(values[i] / 500);
  hl_order(values, n, order, scratch);
  for (size_t i = 0; i < n; i++) seen[order[i]]++;
  for (size_t i = 0; i < n; i++) CHECK_EQ_INT(seen[i], 1);
  for (size_t i = 1; i < n; i++)
    CHECK(values[order[i - 1]] > values[order[i]] || (values[order[i - 1]] == values[order[i]] && order[i - 1] < order[i]));
  free(values);
  free(order);
  free(seen);
  free(scratch);
}

/* Scores 0.9 to 0.5: relevant at ranks 1, 3 and 5, one row of the query's own group between. */
static void test_one_query(void) {
  static const float scores[6] = {0.5F, 0.9F, 0.8F, 0.7F, 0.6F, 0.95F};
  static const uint64_t labels[6] = {3, 1, 4, 5, 8, 1};
  static const int64_t groups[6] = {1, 2, 3, 4, 5, 6}, query_group[1] = {6};
  struct hl_matrix data = zeros(6, 1), query = zeros(1, 1);
  memcpy(data.data, scores, sizeof scores);
  query.data[0] = 1;
  uint64_t wanted = 1;
  struct hl_retrieval_row row;
  bool failed = true;
  struct hl_retrieval job = {.data = &data,
                             .queries = &query,
                             .asked = 1,
                             .labels = labels,
                             .query_labels = &wanted,
                             .groups = groups,
                             .query_groups = query_group,
                             .depth = 2,
                             .rows = &row,
                             .failed = &failed};
  CHECK(hl_gallery_make(&job.gallery, labels, groups, 6));
  CHECK_EQ_INT(hl_retrieval_parts(&job), 1);
  hl_retrieval_part(&job, 0);
  CHECK(!failed);
  CHECK_EQ_INT(row.candidates, 5);
  CHECK_EQ_INT(row.relevant, 3);
  CHECK_EQ_INT(row.identical, 1);
  CHECK_NEAR(row.average_precision, (1.0 / 1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-12);
  CHECK_NEAR(row.precision, 0.5, 1e-12);
  CHECK_NEAR(row.r_precision, 2.0 / 3, 1e-12);
  CHECK_NEAR(row.identical_average_precision, 1, 1e-12);
  CHECK_NEAR(row.identical_precision, 0.5, 1e-12);
  double half = sqrt(2) - 1, all = 1 + 2 * half, discounts = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6);
  double ideal = 1 + half / log2(3) + half / log2(4);
  CHECK_NEAR(row.ndcg, (1 + half / log2(4) + half / log2(6)) / ideal, 1e-12);
  CHECK_NEAR(row.chance_ndcg, all / 5 * discounts / ideal, 1e-12);
  hl_gallery_free(&job.gallery);
}

/* The first two of four relevant rows, and one other between. */
static void test_given_ranking(void) {
  static const uint64_t labels[6] = {1, 1, 3, 1, 4, 1};
  static const int64_t groups[6] = {1, 2, 3, 4, 5, 6}, query_group[1] = {6};
  static const uint32_t ranked[3] = {2, 4, 0};
  static const size_t ends[1] = {3};
  uint64_t wanted = 1;
  struct hl_retrieval_row row;
  bool failed = true;
  struct hl_retrieval job = {.ranked = ranked,
                             .ends = ends,
                             .asked = 1,
                             .labels = labels,
                             .query_labels = &wanted,
                             .groups = groups,
                             .query_groups = query_group,
                             .depth = 10,
                             .rows = &row,
                             .failed = &failed};
  CHECK(hl_gallery_make(&job.gallery, labels, groups, 6));
  hl_retrieval_part(&job, 0);
  CHECK(!failed);
  CHECK(row.candidates == 5 && row.relevant == 4 && row.identical == 3);
  CHECK_NEAR(row.average_precision, (1.0 + 2.0 / 3) / 3, 1e-12);
  CHECK_NEAR(row.identical_average_precision, (1.0 / 3) / 3, 1e-12);
  CHECK_NEAR(row.precision, 2.0 / 3, 1e-12);
  CHECK(isnan(row.r_precision));
  double half = sqrt(2) - 1, ideal = 1 + 1 / log2(3) + 1 / log2(4) + half / log2(5);
  CHECK_NEAR(row.ndcg, (half + 1 / log2(4)) / ideal, 1e-12);
  hl_gallery_free(&job.gallery);
}

/* All rows given as they are ranked: the same as ranking them. */
static void test_given_all(void) {
  enum { ROWS = 300, QUERIES = 40 };
  struct hl_matrix data = gaussian(1, ROWS, 5), queries = gaussian(2, QUERIES, 5);
  uint64_t labels[ROWS], wanted[QUERIES], scratch[2 * ROWS];
  int64_t groups[ROWS], query_groups[QUERIES];
  uint32_t ranked[QUERIES * ROWS];
  size_t ends[QUERIES], end = 0;
  struct hl_retrieval_row rows[2][QUERIES];
  bool failed[QUERIES];
  for (size_t i = 0; i < ROWS; i++) labels[i] = hl_splitmix(3, i) % 16, groups[i] = (int64_t)i % 11 - 5;
  for (size_t q = 0; q < QUERIES; q++) {
    float scores[ROWS];
    uint32_t order[ROWS];
    wanted[q] = hl_splitmix(4, q) % 16;
    query_groups[q] = (int64_t)q % 13 - 6;
    for (size_t i = 0; i < ROWS; i++) {
      scores[i] = 0;
      for (size_t j = 0; j < 5; j++) scores[i] += at(&data, i, j) * at(&queries, q, j);
    }
    hl_order(scores, ROWS, order, scratch);
    for (size_t i = 0; i < ROWS; i++)
      if (groups[order[i]] != query_groups[q]) ranked[end++] = order[i];
    ends[q] = end;
  }
  struct hl_retrieval job = {.data = &data,
                             .queries = &queries,
                             .asked = QUERIES,
                             .labels = labels,
                             .query_labels = wanted,
                             .groups = groups,
                             .query_groups = query_groups,
                             .depth = 7,
                             .rows = rows[0],
                             .failed = failed};
  CHECK(hl_gallery_make(&job.gallery, labels, groups, ROWS));
  for (size_t part = 0; part < hl_retrieval_parts(&job); part++) hl_retrieval_part(&job, part);
  job.data = job.queries = NULL;
  job.ranked = ranked;
  job.ends = ends;
  job.rows = rows[1];
  for (size_t part = 0; part < hl_retrieval_parts(&job); part++) hl_retrieval_part(&job, part);
  CHECK(memcmp(rows[0], rows[1], sizeof rows[0]) == 0);
  hl_gallery_free(&job.gallery);
}

static void test_nothing_relevant(void) {
  struct hl_matrix data = gaussian(1, 3, 2), query = gaussian(2, 1, 2);
  static const uint64_t labels[3] = {2, 2, 0};
  uint64_t wanted = 1;
  struct hl_retrieval_row row;
  bool failed;
  struct hl_retrieval job = {.data = &data,
                             .queries = &query,
                             .asked = 1,
                             .labels = labels,
                             .query_labels = &wanted,
                             .depth = 10,
                             .rows = &row,
                             .failed = &failed};
  CHECK(hl_gallery_make(&job.gallery, labels, NULL, 3));
  hl_retrieval_part(&job, 0);
  CHECK_EQ_INT(row.candidates, 3);
  CHECK_EQ_INT(row.relevant, 0);
  CHECK(isnan(row.average_precision) && isnan(row.precision) && isnan(row.r_precision) && isnan(row.ndcg) &&
        isnan(row.chance_ndcg));
  hl_gallery_free(&job.gallery);
}

static void test_one_ranking(void) {
  static const float scores[6] = {3, 2, 2, 2, 1, 0};
  static const bool relevant[6] = {true, false, true, false, true, false}, none[6] = {false}, all[6] = {1, 1, 1, 1, 1, 1};
  uint32_t order[6];
  uint64_t scratch[12];
  CHECK_NEAR(hl_average_precision(scores, relevant, 6, order, scratch), (1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-12);
  CHECK_NEAR(hl_area_under_curve(scores, relevant, 6, order, scratch), (3 + 2 + 1.0) / 9, 1e-12);
  CHECK(isnan(hl_average_precision(scores, none, 6, order, scratch)));
  CHECK(isnan(hl_area_under_curve(scores, none, 6, order, scratch)));
  CHECK(isnan(hl_area_under_curve(scores, all, 6, order, scratch)));
}

int main(void) {
  test_order();
  test_order_random(1);
  test_order_random(3000);
  test_one_query();
  test_given_ranking();
  test_given_all();
  test_nothing_relevant();
  test_one_ranking();
  return check_report();
}

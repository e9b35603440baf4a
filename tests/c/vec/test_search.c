/* SPDX-License-Identifier: MIT
 *
 * The exact search against a plain sort, by every path: few and many queries, groups, chosen rows, ties, NaN.
 */
#include "../check.h"
#include "matrices.h"

static const struct hl_search *sorting; /* for the comparison below */
static size_t sorting_query;

static double exact_score(const struct hl_search *job, size_t query, size_t row) {
  double sum = 0;
  for (size_t i = 0; i < job->data->cols; i++) sum += (double)at(job->data, row, i) * (double)at(job->queries, query, i);
  return sum;
}

static int compare_rows(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  double difference = exact_score(sorting, sorting_query, y) - exact_score(sorting, sorting_query, x);
  return difference > 0 ? 1 : difference < 0 ? -1 : (x > y) - (x < y);
}

static size_t expected(const struct hl_search *job, size_t query, uint32_t *rows) {
  size_t count = 0, all = job->only ? job->only_count : job->data->rows;
  for (size_t i = 0; i < all; i++) {
    uint32_t row = job->only ? job->only[i] : (uint32_t)i;
    if (isnan(exact_score(job, query, row)) || (job->groups && job->groups[row] == job->query_groups[query])) continue;
    rows[count++] = row;
  }
  sorting = job;
  sorting_query = query;
  qsort(rows, count, sizeof *rows, compare_rows);
  return count < job->k ? count : job->k;
}

static void run(struct hl_search *job) {
  job->hits = malloc((hl_search_room(job) + 1) * sizeof *job->hits);
  job->found = malloc((hl_search_parts(job) * job->queries->rows + 1) * sizeof *job->found);
  for (size_t part = hl_search_parts(job); part-- > 0;) hl_search_part(job, part);
}

static void check_search(struct hl_search *job) {
  uint32_t *wanted = malloc((job->data->rows + 1) * sizeof *wanted);
  struct hl_hit *hits = malloc(job->k * sizeof *hits);
  run(job);
  for (size_t query = 0; query < job->queries->rows; query++) {
    size_t count = expected(job, query, wanted);
    CHECK_EQ_INT(hl_search_result(job, query, hits), count);
    for (size_t i = 0; i < count; i++) {
      CHECK_EQ_INT(hits[i].row, wanted[i]);
      CHECK_NEAR(hits[i].score, exact_score(job, query, wanted[i]), 1e-3);
    }
  }
  free(job->hits);
  free(job->found);
  free(wanted);
  free(hits);
}

/* Small whole numbers: exact in any order of summation, and full of ties. */
static struct hl_matrix small_integers(uint64_t seed, size_t rows, size_t cols) {
  struct hl_matrix m = gaussian(seed, rows, cols);
  for (size_t i = 0; i < rows * cols; i++) m.data[i] = rintf(m.data[i]);
  return m;
}

static void test_search(size_t rows, size_t cols, size_t queries, size_t k) {
  struct hl_matrix data = small_integers(1, rows, cols), asked = small_integers(2, queries, cols);
  int64_t *groups = malloc((rows + 1) * sizeof *groups), query_groups[200];
  uint32_t *only = malloc((rows + 1) * sizeof *only);
  for (size_t i = 0; i < rows; i++) groups[i] = (int64_t)(i % 5), only[i] = (uint32_t)(rows - 1 - i);
  for (size_t i = 0; i < 200; i++) query_groups[i] = (int64_t)(i % 6);
  check_search(&(struct hl_search){.data = &data, .queries = &asked, .k = k});
  check_search(&(struct hl_search){.data = &data, .queries = &asked, .k = k, .groups = groups, .query_groups = query_groups});
  check_search(&(struct hl_search){.data = &data, .queries = &asked, .k = k, .only = only, .only_count = rows / 2});
  free(groups);
  free(only);
}

static void test_not_a_number(void) {
  struct hl_matrix data = small_integers(3, 50, 4), asked = small_integers(4, 5, 4);
  for (size_t i = 0; i < 50; i += 3) data.data[i * 4] = NAN;
  check_search(&(struct hl_search){.data = &data, .queries = &asked, .k = 40});
  asked.rows = 1;
  check_search(&(struct hl_search){.data = &data, .queries = &asked, .k = 40});
}

int main(void) {
  test_search(0, 3, 2, 4);
  test_search(1, 1, 1, 1);
  test_search(7, 5, 1, 10);
  test_search(300, 17, 3, 10);
  test_search(300, 17, 4, 10);
  test_search(700, 33, 150, 25);
  test_search(17000, 3, 1, 12);
  test_search(9000, 4, 6, 12);
  test_not_a_number();
  return check_report();
}

/* SPDX-License-Identifier: MIT
 *
 * Products, statistics, principal components and random numbers.
 */
#include "../check.h"
#include "matrices.h"

/* Products. */

static double product_at(const struct hl_matmul *job, size_t row, size_t col) {
  size_t inner = job->a_turned ? job->a->rows : job->a->cols;
  double sum = 0;
  for (size_t i = 0; i < inner; i++)
    sum += (double)(job->a_turned ? at(job->a, i, row) : at(job->a, row, i)) *
           (double)(job->b_turned ? at(job->b, col, i) : at(job->b, i, col));
  return sum;
}

static void test_matmul(size_t rows, size_t inner, size_t cols, bool a_turned, bool b_turned) {
  struct hl_matrix a = a_turned ? gaussian(1, inner, rows) : gaussian(1, rows, inner);
  struct hl_matrix b = b_turned ? gaussian(2, cols, inner) : gaussian(2, inner, cols);
  struct hl_matrix c = gaussian(3, rows, cols), was = gaussian(3, rows, cols);
  struct hl_matmul job = {.a = &a, .b = &b, .c = &c, .a_turned = a_turned, .b_turned = b_turned, .alpha = 0.5F, .beta = 2};
  for (size_t part = hl_matmul_parts(&job); part-- > 0;) hl_matmul_part(&job, part);
  for (size_t row = 0; row < rows; row += 1 + rows / 40)
    for (size_t col = 0; col < cols; col += 1 + cols / 40)
      CHECK_NEAR(at(&c, row, col), 0.5 * product_at(&job, row, col) + 2 * (double)at(&was, row, col), 1e-3);
}

static void test_all_matmuls(void) {
  static const size_t shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {130, 17, 65}, {65, 9, 300}, {257, 4, 129}, {4, 0, 5}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int turned = 0; turned < 4; turned++) test_matmul(shapes[i][0], shapes[i][1], shapes[i][2], turned & 1, turned & 2);
}

/* Statistics. */

static void test_columns(size_t rows, size_t cols) {
  struct hl_matrix x = gaussian(4, rows, cols);
  float *means = calloc(cols, sizeof *means), *deviations = calloc(cols, sizeof *deviations), *sums = calloc(cols, sizeof *sums);
  hl_column_means(&x, means);
  hl_column_deviations(&x, means, deviations);
  hl_column_sums(&x, sums);
  for (size_t col = 0; col < cols; col++) {
    double sum = 0, square = 0;
    for (size_t row = 0; row < rows; row++) sum += (double)at(&x, row, col);
    for (size_t row = 0; row < rows; row++) square += pow((double)at(&x, row, col) - sum / (double)rows, 2);
    CHECK_NEAR(sums[col], sum, 1e-4);
    CHECK_NEAR(means[col], sum / (double)rows, 1e-6);
    CHECK_NEAR(deviations[col], sqrt(square / (double)rows), 1e-6);
  }
  free(means);
  free(deviations);
  free(sums);
}

static void test_normalize(void) {
  struct hl_matrix x = gaussian(5, 9, 37);
  memset(x.data + 4 * 37, 0, 37 * sizeof(float));
  float divisors[9];
  hl_normalize(x.data, 9, 37, 1e-12F, 0, divisors);
  for (size_t row = 0; row < 9; row++) {
    double square = 0;
    for (size_t i = 0; i < 37; i++) square += pow((double)at(&x, row, i), 2);
    CHECK_NEAR(square, row == 4 ? 0 : 1, 1e-5);
  }
  CHECK(divisors[4] == 1e-12F);
  float values[2] = {3, 4};
  hl_normalize(values, 1, 2, 0, 5, divisors);
  CHECK_NEAR(divisors[0], 10, 1e-6);
  CHECK_NEAR(values[1], 0.4, 1e-6);
}

/* Principal components. */

/* Data along known orthogonal directions with known variances. */
static void test_pca_known(void) {
  struct hl_matrix x = zeros(4, 3), components = zeros(3, 2), variances = zeros(1, 2), mean = zeros(1, 3);
  static const float rows[4][3] = {{5, 1, 2}, {5, 1, -2}, {5, -1, 2}, {5, -1, -2}};
  memcpy(x.data, rows, sizeof rows);
  CHECK(hl_pca(&(struct hl_pca){.x = &x, .count = 2, .components = &components, .variances = &variances, .mean = &mean}));
  CHECK_NEAR(variances.data[0], 4, 1e-6);
  CHECK_NEAR(variances.data[1], 1, 1e-6);
  CHECK_NEAR(at(&components, 2, 0), 1, 1e-6);
  CHECK_NEAR(at(&components, 1, 1), 1, 1e-6);
  CHECK_NEAR(mean.data[0], 5, 1e-6);
}

/* Components are orthonormal, and the projections are uncorrelated with the variances given. */
static void test_pca_random(size_t rows, size_t cols, size_t count) {
  struct hl_matrix x = gaussian(6, rows, cols), components = zeros(cols, count), variances = zeros(1, count),
                   mean = zeros(1, cols);
  for (size_t i = 0; i < rows * cols; i++) x.data[i] *= 1 + (float)(i % cols) / 4;
  CHECK(hl_pca(&(struct hl_pca){.x = &x, .count = count, .components = &components, .variances = &variances, .mean = &mean}));
  struct hl_matrix centred = zeros(rows, cols), projected = zeros(rows, count), gram = zeros(count, count),
                   unit = zeros(count, count);
  for (size_t i = 0; i < rows * cols; i++) centred.data[i] = x.data[i] - mean.data[i % cols];
  struct hl_matmul jobs[3] = {{.a = &centred, .b = &components, .c = &projected, .alpha = 1},
                              {.a = &projected, .b = &projected, .c = &gram, .a_turned = true, .alpha = 1 / (float)rows},
                              {.a = &components, .b = &components, .c = &unit, .a_turned = true, .alpha = 1}};
  for (size_t i = 0; i < 3; i++)
    for (size_t part = 0; part < hl_matmul_parts(&jobs[i]); part++) hl_matmul_part(&jobs[i], part);
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < count; j++) {
      CHECK_NEAR(at(&unit, i, j), i == j, 1e-4);
      CHECK_NEAR(at(&gram, i, j), i == j ? (double)variances.data[i] : 0, 1e-3 * (1 + (double)variances.data[0]));
    }
  for (size_t i = 1; i < count; i++) CHECK(variances.data[i] <= variances.data[i - 1]);
}

static void test_pca_not_finite(void) {
  struct hl_matrix x = gaussian(7, 5, 3), components = zeros(3, 1), variances = zeros(1, 1), mean = zeros(1, 3);
  x.data[4] = NAN;
  CHECK(!hl_pca(&(struct hl_pca){.x = &x, .count = 1, .components = &components, .variances = &variances, .mean = &mean}));
}

/* Random numbers: the first ones of seed 7 as the numpy reference has them. */
static void test_random(void) {
  CHECK(hl_splitmix(0, 0) == 0xE220A8397B1DCDAFU);
  float values[6], later[3];
  hl_gauss(7, 0, 1, values, 6);
  static const float wanted[6] = {0.98847431F, 0.10465664F, -1.8642558F, -1.0700431F, 0.0039202073F, 1.0975236F};
  for (int i = 0; i < 6; i++) CHECK_NEAR(values[i], wanted[i], 1e-6);
  hl_gauss(7, 2, 1, later, 3);
  CHECK(memcmp(later, values + 2, sizeof later) == 0);
  uint32_t order[100], seen[100] = {0};
  hl_permutation(3, order, 100);
  for (int i = 0; i < 100; i++) seen[order[i]]++;
  for (int i = 0; i < 100; i++) CHECK_EQ_INT(seen[i], 1);
}

int main(void) {
  test_all_matmuls();
  test_columns(1, 1);
  test_columns(7, 1030);
  test_columns(300, 13);
  test_normalize();
  test_pca_known();
  test_pca_random(40, 6, 6);
  test_pca_random(600, 50, 9);
  test_pca_random(12, 30, 5);
  test_pca_not_finite();
  test_random();
  return check_report();
}

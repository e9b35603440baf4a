/* SPDX-License-Identifier: MIT
 *
 * Gradients against differences of the loss, which is computed here in float64 from its definition.
 */
#include "../check.h"
#include "matrices.h"

static double softmax_loss(const double *logits, const double *targets, size_t n, size_t skip) {
  double sum = 0, total = 0, loss = 0;
  for (size_t i = 0; i < n; i++)
    if (i != skip) sum += exp(logits[i]), total += targets[i];
  if (total <= 0) return 0;
  for (size_t i = 0; i < n; i++)
    if (i != skip) loss -= targets[i] / total * (logits[i] - log(sum));
  return loss;
}

static double whole_loss(const struct hl_cross_entropy *job, size_t moved, double by) {
  size_t rows = job->logits->rows, cols = job->logits->cols, lines = job->by_columns ? cols : rows,
         length = job->by_columns ? rows : cols;
  double loss = 0, logits[64], targets[64];
  for (size_t line = 0; line < lines; line++) {
    for (size_t i = 0; i < length; i++) {
      size_t place = job->by_columns ? i * cols + line : line * cols + i;
      logits[i] = (double)job->logits->data[place] + (place == moved ? by : 0);
      targets[i] = (double)job->targets->data[place];
    }
    loss += softmax_loss(logits, targets, length, job->skip_diagonal ? line : SIZE_MAX);
  }
  return (double)job->weight * loss / (double)lines;
}

static void test_cross_entropy(size_t rows, size_t cols, bool by_columns, bool skip_diagonal) {
  struct hl_matrix logits = gaussian(1, rows, cols), targets = gaussian(2, rows, cols), gradient = zeros(rows, cols);
  for (size_t i = 0; i < rows * cols; i++) targets.data[i] = fmaxf(targets.data[i], 0);
  for (size_t i = 0; i < cols; i++) targets.data[i] = 0; /* a row without a target */
  for (size_t i = 0; i < rows * cols; i++) gradient.data[i] = 1;
  struct hl_cross_entropy job = {.logits = &logits,
                                 .targets = &targets,
                                 .gradient = &gradient,
                                 .weight = 0.5F,
                                 .by_columns = by_columns,
                                 .skip_diagonal = skip_diagonal};
  job.scratch = malloc(hl_cross_entropy_scratch(&job) * sizeof(float));
  CHECK_NEAR(hl_cross_entropy(&job), whole_loss(&job, SIZE_MAX, 0), 1e-5);
  for (size_t i = 0; i < rows * cols; i++) {
    double slope = (whole_loss(&job, i, 1e-4) - whole_loss(&job, i, -1e-4)) / 2e-4;
    CHECK_NEAR(gradient.data[i], 1 + slope, 1e-5);
  }
  free(job.scratch);
}

/* Logits far apart neither overflow nor lose the answer. */
static void test_far_logits(void) {
  struct hl_matrix logits = zeros(1, 2), targets = zeros(1, 2), gradient = zeros(1, 2);
  float scratch[8];
  logits.data[0] = 1000, logits.data[1] = -1000, targets.data[1] = 1;
  struct hl_cross_entropy job = {.logits = &logits, .targets = &targets, .gradient = &gradient, .weight = 1, .scratch = scratch};
  CHECK_NEAR(hl_cross_entropy(&job), 2000, 1e-3);
  CHECK_NEAR(gradient.data[0], 1, 1e-6);
  CHECK_NEAR(gradient.data[1], -1, 1e-6);
}

/* d(w . normalised(u)) / du by differences. */
static double normalised_dot(const float *u, const float *w, size_t n, size_t moved, double by) {
  double square = 0, dot = 0;
  for (size_t i = 0; i < n; i++) {
    double value = (double)u[i] + (i == moved ? by : 0);
    square += value * value;
    dot += value * (double)w[i];
  }
  return dot / sqrt(square);
}

static void test_normalize_backward(size_t n) {
  struct hl_matrix u = gaussian(3, 2, n), z = gaussian(3, 2, n), gradient = gaussian(4, 2, n), w = gaussian(4, 2, n);
  float divisors[2];
  hl_normalize(z.data, 2, n, 1e-12F, 0, divisors);
  hl_normalize_backward(gradient.data, z.data, divisors, 2, n);
  for (size_t row = 0; row < 2; row++)
    for (size_t i = 0; i < n; i++) {
      const float *from = u.data + row * n, *along = w.data + row * n;
      CHECK_NEAR(at(&gradient, row, i),
                 (normalised_dot(from, along, n, i, 1e-4) - normalised_dot(from, along, n, i, -1e-4)) / 2e-4, 1e-4);
    }
}

static void test_symmetrize(size_t n) {
  struct hl_matrix m = gaussian(5, n, n), was = gaussian(5, n, n);
  hl_symmetrize(&m);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) CHECK(at(&m, i, j) == at(&was, i, j) + at(&was, j, i));
}

/* The noise is Box and Muller's of 24-bit uniforms, and one stream whatever the cuts. */
static void test_noise(size_t n) {
  struct hl_matrix whole = gaussian(6, 1, n), parts = gaussian(6, 1, n), was = gaussian(6, 1, n);
  hl_add_noise(9, 0, 1, whole.data, n);
  for (size_t from = 0; from < n; from += 128) hl_add_noise(9, from, 1, parts.data + from, n - from < 128 ? n - from : 128);
  CHECK(memcmp(whole.data, parts.data, n * sizeof *whole.data) == 0);
  for (size_t i = 0; i < n; i++) {
    uint64_t bits = hl_splitmix(9, i / 2);
    double radius = sqrt(-2 * log((double)((bits >> 40) + 1) / 0x1p24)), turn = 2 * M_PI * (double)(bits & 0xFFFFFF) / 0x1p24;
    CHECK_NEAR(whole.data[i], (double)was.data[i] + radius * (i % 2 ? sin(turn) : cos(turn)), 5e-6);
  }
}

int main(void) {
  static const size_t shapes[][2] = {{2, 3}, {5, 5}, {17, 40}, {33, 16}};
  for (size_t i = 0; i < 4; i++) {
    test_cross_entropy(shapes[i][0], shapes[i][1], false, false);
    test_cross_entropy(shapes[i][0], shapes[i][1], true, false);
    test_cross_entropy(shapes[i][0], shapes[i][0], false, true);
  }
  test_far_logits();
  test_normalize_backward(2);
  test_normalize_backward(45);
  test_symmetrize(1);
  test_symmetrize(37);
  test_noise(1);
  test_noise(5001);
  return check_report();
}

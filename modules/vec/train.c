/* SPDX-License-Identifier: MIT
 *
 * The gradients that no matrix product gives.
 */
#include <math.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/vec.h"

void hl_normalize_backward(float *gradient, const float *rows, const float *divisors, size_t n, size_t cols) {
  const struct hl_kernels *kernels = hl_kernels();
  for (size_t i = 0; i < n; i++, gradient += cols, rows += cols) {
    kernels->add(gradient, rows, -kernels->dot(gradient, rows, cols), cols);
    kernels->scale(gradient, 1 / divisors[i], cols);
  }
}

void hl_symmetrize(struct hl_matrix *m) {
  for (size_t i = 0; i < m->rows; i++)
    for (size_t j = 0; j <= i; j++) m->data[i * m->cols + j] += m->data[j * m->cols + i];
  for (size_t i = 0; i < m->rows; i++)
    for (size_t j = 0; j < i; j++) m->data[j * m->cols + i] = m->data[i * m->cols + j];
}

/* Cross-entropy. With e = exp(x - max), p = e / sum(e) and q = targets / sum(targets), the loss of one row is
 * log(sum(e)) - q . (x - max), since q sums to 1, and its derivative is p - q. */

static const float NOTHING = -1e9F; /* a logit that takes no part */

size_t hl_cross_entropy_scratch(const struct hl_cross_entropy *job) { return 4 * job->logits->cols; }

static double row_loss(const struct hl_cross_entropy *job, size_t row, const struct hl_kernels *kernels) {
  size_t cols = job->logits->cols;
  float *x = job->scratch, *targets = x + cols, *e = targets + cols, *gradient = job->gradient->data + row * cols;
  memcpy(x, job->logits->data + row * cols, cols * sizeof *x);
  memcpy(targets, job->targets->data + row * cols, cols * sizeof *targets);
  if (job->skip_diagonal) x[row] = NOTHING, targets[row] = 0;
  float total = kernels->sum(targets, cols);
  if (!(total > 0)) return 0;
  float top = kernels->max(x, cols), scale = job->weight / (float)job->logits->rows;
  kernels->exp_minus(e, x, top, cols);
  if (job->skip_diagonal) e[row] = 0; /* not e^-87: its products would be denormal, which is slow */
  float sum = kernels->sum(e, cols);
  kernels->add(gradient, e, scale / sum, cols);
  kernels->add(gradient, targets, -scale / total, cols);
  return log((double)sum) + (double)top - (double)(kernels->dot(targets, x, cols) / total);
}

static double loss_by_rows(const struct hl_cross_entropy *job) {
  double loss = 0;
  for (size_t row = 0; row < job->logits->rows; row++) loss += row_loss(job, row, hl_kernels());
  return loss / (double)job->logits->rows;
}

/* The same for all columns at once, row by row. scratch: per column the maximum, sum(e), sum(targets) and targets . x. */
static double loss_by_columns(const struct hl_cross_entropy *job) {
  const struct hl_kernels *kernels = hl_kernels();
  size_t rows = job->logits->rows, cols = job->logits->cols;
  float *top = job->scratch, *sum = top + cols, *total = sum + cols, *product = total + cols;
  memcpy(top, job->logits->data, cols * sizeof *top);
  memset(sum, 0, 3 * cols * sizeof *sum);
  for (size_t row = 1; row < rows; row++) kernels->max_into(top, job->logits->data + row * cols, cols);
  for (size_t row = 0; row < rows; row++) {
    const float *x = job->logits->data + row * cols, *targets = job->targets->data + row * cols;
    kernels->add_exp_minus(sum, x, top, NULL, 1, cols);
    kernels->add(total, targets, 1, cols);
    kernels->add_product(product, targets, x, 1, cols);
  }
  double loss = 0;
  for (size_t i = 0; i < cols; i++) {
    bool counts = total[i] > 0;
    if (counts) loss += log((double)sum[i]) + (double)top[i] - (double)(product[i] / total[i]);
    sum[i] = counts ? 1 / sum[i] : 0;
    total[i] = counts ? 1 / total[i] : 0;
  }
  float scale = job->weight / (float)cols;
  for (size_t row = 0; row < rows; row++) {
    float *gradient = job->gradient->data + row * cols;
    kernels->add_exp_minus(gradient, job->logits->data + row * cols, top, sum, scale, cols);
    kernels->add_product(gradient, job->targets->data + row * cols, total, -scale, cols);
  }
  return loss / (double)cols;
}

double hl_cross_entropy(const struct hl_cross_entropy *job) {
  if (job->logits->rows == 0 || job->logits->cols == 0) return 0;
  return (double)job->weight * (job->by_columns ? loss_by_columns(job) : loss_by_rows(job));
}

/* SPDX-License-Identifier: MIT
 *
 * Matrix products by BLAS, which is asked for one block of the longer side of the result at a time. Each block costs a copy of
 * the shared factor, hence no more than two of them for a product as small as those of a training step.
 */
#include <cblas.h>

#include "vec/vec.h"

enum { LEAST = 128, MOST = 512 };

static size_t longer_side(const struct hl_matmul *job) { return job->c->rows > job->c->cols ? job->c->rows : job->c->cols; }

static size_t block_size(const struct hl_matmul *job) {
  size_t half = (longer_side(job) + 1) / 2;
  return half < LEAST ? LEAST : half < MOST ? half : MOST;
}

size_t hl_matmul_parts(const struct hl_matmul *job) { return (longer_side(job) + block_size(job) - 1) / block_size(job); }

/* Where row i of op(m) begins, or column i. */
static const float *row_of(const struct hl_matrix *m, bool turned, size_t i) { return m->data + (turned ? i : i * m->cols); }

void hl_matmul_part(const struct hl_matmul *job, size_t part) {
  const struct hl_matrix *a = job->a, *b = job->b;
  struct hl_matrix *c = job->c;
  bool by_rows = c->rows >= c->cols;
  size_t block = block_size(job), from = part * block, left = longer_side(job) - from, count = left < block ? left : block;
  size_t rows = by_rows ? count : c->rows, cols = by_rows ? c->cols : count, inner = job->a_turned ? a->rows : a->cols;
  if (rows == 0 || cols == 0) return;
  cblas_sgemm(CblasRowMajor, job->a_turned ? CblasTrans : CblasNoTrans, job->b_turned ? CblasTrans : CblasNoTrans, (blasint)rows,
              (blasint)cols, (blasint)inner, job->alpha, by_rows ? row_of(a, job->a_turned, from) : a->data, (blasint)a->cols,
              by_rows ? b->data : row_of(b, !job->b_turned, from), (blasint)b->cols, job->beta,
              by_rows ? c->data + from * c->cols : c->data + from, (blasint)c->cols);
}

/* SPDX-License-Identifier: MIT
 *
 * Principal components: the covariance in float64, and LAPACK's eigenvectors of it.
 */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "vec/vec.h"

enum { BLOCK = 256 };

/* LAPACK: the eigenvalues number il to iu (from 1, rising) of a symmetric matrix and their vectors. The last three are the
 * lengths of the character arguments. */
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda, const double *vl,
             const double *vu, const int *il, const int *iu, const double *abstol, int *m, double *w, double *z, const int *ldz,
             int *isuppz, double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t, size_t);

/* The upper triangle of the covariance of x. block holds BLOCK rows. */
static void covariance(const struct hl_matrix *x, const float *mean, double *block, double *out) {
  size_t n = x->cols;
  for (size_t from = 0; from < x->rows; from += BLOCK) {
    size_t count = x->rows - from < BLOCK ? x->rows - from : BLOCK;
    for (size_t i = 0; i < count * n; i++) block[i] = (double)x->data[from * n + i] - (double)mean[i % n];
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (blasint)n, (blasint)count, 1 / (double)x->rows, block, (blasint)n,
                from ? 1.0 : 0.0, out, (blasint)n);
  }
}

/* Destroys a. values: n; vectors: count of n each, both by rising eigenvalue. */
static bool solve(double *a, size_t size, size_t wanted, double *values, double *vectors) {
  int n = (int)size, count = (int)wanted, first = n - count + 1, found = 0, info = 0;
  int work_size = 32 * n, integers_size = 12 * n;
  double unused = 0, tolerance = 0, *work = malloc((size_t)work_size * sizeof *work);
  int *integers = malloc((size_t)integers_size * sizeof *integers);
  if (work && integers) /* row-major upper is column-major lower */
    dsyevr_("V", "I", "L", &n, a, &n, &unused, &unused, &first, &n, &tolerance, &found, values, vectors, &n, integers, work,
            &work_size, integers + 2 * n, &(int){10 * n}, &info, 1, 1, 1);
  bool solved = work && integers && info == 0 && found == count;
  free(work);
  free(integers);
  return solved;
}

static double sign_of_largest(const double *vector, size_t n) {
  size_t largest = 0;
  for (size_t i = 1; i < n; i++)
    if (fabs(vector[i]) > fabs(vector[largest])) largest = i;
  return vector[largest] < 0 ? -1 : 1;
}

static void store(const struct hl_pca *job, const double *values, const double *vectors) {
  size_t n = job->x->cols;
  for (size_t k = 0; k < job->count; k++) {
    const double *vector = vectors + (job->count - 1 - k) * n;
    double sign = sign_of_largest(vector, n);
    job->variances->data[k] = (float)fmax(values[job->count - 1 - k], 0);
    for (size_t i = 0; i < n; i++) job->components->data[i * job->count + k] = (float)(sign * vector[i]);
  }
}

static bool all_finite(const double *values, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i])) return false;
  return true;
}

bool hl_pca(const struct hl_pca *job) {
  size_t n = job->x->cols;
  double *matrix = calloc(n * n, sizeof *matrix), *block = malloc(BLOCK * n * sizeof *block),
         *values = malloc(n * sizeof *values);
  double *vectors = malloc(job->count * n * sizeof *vectors);
  bool done = matrix && block && values && vectors;
  if (done) {
    hl_column_means(job->x, job->mean->data);
    covariance(job->x, job->mean->data, block, matrix);
    done = all_finite(matrix, n * n) && solve(matrix, n, job->count, values, vectors);
  }
  if (done) store(job, values, vectors);
  free(matrix);
  free(block);
  free(values);
  free(vectors);
  return done;
}

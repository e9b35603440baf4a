/* SPDX-License-Identifier: MIT
 *
 * Average precision and area under the ROC curve when rows count with weights: the bootstrap of rankings. Several rankings of the
 * same rows are judged under several draws; a draw gives each group of rows (the images of a patient) one weight.
 */
#ifndef HILUM_VEC_RESAMPLE_H
#define HILUM_VEC_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/matrix.h"

struct hl_resample {
  const struct hl_matrix *scores;   /* rankings by rows: higher is earlier, ties by row number */
  const struct hl_matrix *relevant; /* of that shape; not 0 is relevant */
  const struct hl_matrix *weights;  /* draws by groups, none negative */
  const uint32_t *groups;           /* one per row, a column of weights */
  struct hl_matrix *precisions;     /* draws by rankings; NaN where nothing relevant has weight */
  struct hl_matrix *areas;          /* the same; ties count half; NaN where all is relevant, or nothing */
  bool *failed;                     /* one per ranking: out of memory */
};

/* One part per ranking; they may run at the same time. */
void hl_resample_part(const struct hl_resample *job, size_t ranking);

#endif

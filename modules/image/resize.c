/* SPDX-License-Identifier: MIT */
#include "image/resize.h"

#include <stdlib.h>
#include <string.h>

#include "image/report.h"

/* How the old pixels along one side make the new ones: new pixel i is the sum of weights[j] * old[first + j], j < count. */
struct tap {
  size_t first, count;
  const float *weights;
};

struct side {
  struct tap *taps;
  float *weights;
};

static void free_side(struct side *side) {
  free(side->taps);
  free(side->weights);
}

/* Pixel i covers from i * ratio to (i + 1) * ratio of the old side: each old pixel counts by how much of it is covered. */
static void cover(struct tap *tap, float *weights, double from, double to, size_t size) {
  tap->first = (size_t)from;
  tap->weights = weights;
  for (size_t i = tap->first; i < size && (double)i < to; i++) {
    double begin = from > (double)i ? from : (double)i, end = to < (double)i + 1 ? to : (double)i + 1;
    weights[tap->count++] = (float)((end - begin) / (to - from));
  }
}

/* Between the two old pixels whose centres are nearest to centre (in old pixels, from the middle of the first). */
static void interpolate(struct tap *tap, float *weights, double centre, size_t size) {
  if (centre < 0) centre = 0;
  if (centre > (double)(size - 1)) centre = (double)(size - 1);
  tap->first = (size_t)centre;
  tap->count = tap->first + 1 < size ? 2 : 1;
  tap->weights = weights;
  weights[1] = (float)(centre - (double)tap->first);
  weights[0] = 1 - weights[1];
}

static bool plan_side(struct side *side, size_t from, size_t to) {
  double ratio = (double)from / (double)to;
  size_t most = (size_t)ratio + 2;
  side->taps = calloc(to, sizeof *side->taps);
  side->weights = calloc(to, most * sizeof *side->weights);
  if (!side->taps || !side->weights) return false;
  for (size_t i = 0; i < to; i++) {
    float *weights = side->weights + i * most;
    if (from >= to)
      cover(&side->taps[i], weights, (double)i * ratio, (double)(i + 1) * ratio, from);
    else
      interpolate(&side->taps[i], weights, ((double)i + 0.5) * ratio - 0.5, from);
  }
  return true;
}

/* One new row, not yet narrowed: the weighted sum of old rows. */
static void sum_rows(const struct hl_image *source, const struct tap *tap, float *sums) {
  size_t size = source->width * source->channels;
  memset(sums, 0, size * sizeof *sums);
  for (size_t j = 0; j < tap->count; j++) {
    const uint8_t *row = source->pixels + (tap->first + j) * size;
    float weight = tap->weights[j];
    for (size_t i = 0; i < size; i++) sums[i] += weight * row[i];
  }
}

static void narrow_row(const float *sums, const struct side *columns, size_t width, size_t channels, uint8_t *row) {
  for (size_t x = 0; x < width; x++)
    for (size_t channel = 0; channel < channels; channel++) {
      const struct tap *tap = &columns->taps[x];
      float sum = 0.5f;
      for (size_t j = 0; j < tap->count; j++) sum += tap->weights[j] * sums[(tap->first + j) * channels + channel];
      *row++ = sum >= 255 ? 255 : (uint8_t)sum;
    }
}

bool hl_resize(const struct hl_image *source, size_t width, size_t height, struct hl_image *target, struct hl_error *err) {
  struct side columns = {0}, rows = {0};
  float *sums = malloc(source->width * source->channels * sizeof *sums);
  bool is_ready = sums && plan_side(&columns, source->width, width) && plan_side(&rows, source->height, height) &&
                  hl_image_alloc(target, width, height, source->channels);
  for (size_t y = 0; is_ready && y < height; y++) {
    sum_rows(source, &rows.taps[y], sums);
    narrow_row(sums, &columns, width, source->channels, target->pixels + y * width * source->channels);
  }
  free_side(&columns);
  free_side(&rows);
  free(sums);
  return is_ready || hl_no_memory(err);
}

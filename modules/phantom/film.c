/* SPDX-License-Identifier: MIT
 *
 * Scattered light (a veil), exposure, the film's curve, mottle, the collimator's borders and the side marker.
 */
#include "phantom/film.h"

enum { CELL = 8, BLUR = 2, BLURS = 3 }; /* the veil is computed on cells of 8 x 8 pixels */

/* scratch: two planes of cells, then three rows of pixels. */
size_t hl_film_scratch(size_t size) { return 2 * (size / CELL) * (size / CELL) + 3 * size; }

static void reduce(const float *density, size_t size, float *cells) {
  size_t side = size / CELL;
  for (size_t i = 0; i < side * side; i++) {
    const float *corner = density + i / side * CELL * size + i % side * CELL;
    float sum = 0;
    for (size_t k = 0; k < CELL * CELL; k++) sum += corner[k / CELL * size + k % CELL];
    cells[i] = sum / (CELL * CELL);
  }
}

/* Means of 5 neighbours along one direction, the border going on. Turns the plane over its diagonal, so that twice is both
 * directions. */
static void blur_turned(const float *from, float *to, size_t side) {
  for (size_t y = 0; y < side; y++)
    for (size_t x = 0; x < side; x++) {
      float sum = 0;
      for (size_t k = 0; k <= 2 * BLUR; k++) {
        size_t neighbour = x + k < BLUR ? 0 : x + k - BLUR;
        sum += from[y * side + (neighbour < side ? neighbour : side - 1)];
      }
      to[x * side + y] = sum / (2 * BLUR + 1);
    }
}

/* Where pixel i lies between the centres of the cells first and second. */
struct between {
  size_t first, second;
  float part;
};

static struct between between_cells(size_t i, size_t side) {
  float at = most(((float)i + .5f) / CELL - .5f, 0);
  size_t first = (size_t)at;
  return (struct between){first, first + 1 < side ? first + 1 : first, at - (float)first};
}

static void veil_row(const float *cells, size_t size, size_t y, float *mixed, float *out) {
  size_t side = size / CELL;
  struct between row = between_cells(y, side);
  for (size_t x = 0; x < side; x++)
    mixed[x] = cells[row.first * side + x] * (1 - row.part) + cells[row.second * side + x] * row.part;
  for (size_t x = 0; x < size; x++) {
    struct between column = between_cells(x, side);
    out[x] = mixed[column.first] * (1 - column.part) + mixed[column.second] * column.part;
  }
}

/* The mottle is the mean of 2 x 2 pixels of noise; a row of it before that. */
static void noise_row(const struct film *f, size_t size, size_t y, float *out) {
  for (size_t x = 0; x < size; x++) {
    uint64_t index = y * size + x;
    out[x] = noise_hash(f->mottle_seed[0], index) + noise_hash(f->mottle_seed[1], index);
  }
}

static float axis(size_t i, size_t size) { return ((float)i + .5f) / (float)size * 2 - 1; }

static bool collimated(const struct film *f, float u, float v) {
  return u <= f->left - 1 || u >= 1 - f->right || v <= f->top - 1 || v >= 1 - f->bottom;
}

/* The L of the side marker: an upright and a foot. */
static bool marked(const struct film *f, float u, float v) {
  float x = u - f->mark_u, y = v - f->mark_v;
  return f->marked && x > 0 && y > 0 && y < .055f && (x < .016f || (x < .036f && y > .041f));
}

static uint8_t print(const struct film *f, float u, float v, float density, float mottle) {
  if (marked(f, u, v)) return 247;
  if (collimated(f, u, v)) return 5;
  density += f->tilt_u * u + f->tilt_v * v;
  float gray = powf(unit((density - f->black) / (f->white - f->black)), f->gamma);
  gray += f->mottle * mottle * (.6f + .8f * gray);
  return (uint8_t)lrintf(255 * unit(gray));
}

void hl_film_expose(const struct film *f, const float *density, size_t size, float *scratch, uint8_t *out) {
  size_t side = size / CELL;
  float *cells = scratch, *turned = cells + side * side;
  float *above = turned + side * side, *noise = above + size, *veil = noise + size;
  reduce(density, size, cells);
  for (int i = 0; i < BLURS; i++) {
    blur_turned(cells, turned, side);
    blur_turned(turned, cells, side);
  }
  noise_row(f, size, size - 1, noise); /* the noise wraps around */
  for (size_t y = 0; y < size; y++) {
    float *old = above;
    above = noise;
    noise = old;
    noise_row(f, size, y, noise);
    veil_row(cells, size, y, turned, veil);
    for (size_t x = 0; x < size; x++) {
      size_t before = x > 0 ? x - 1 : size - 1;
      float mottle = .305f * (noise[x] + noise[before] + above[x] + above[before]);
      float seen = (1 - f->veil) * density[y * size + x] + f->veil * veil[x];
      out[y * size + x] = print(f, axis(x, size), axis(y, size), seen, mottle);
    }
  }
}

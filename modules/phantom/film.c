/* SPDX-License-Identifier: MIT
 *
 * Scattered light (a veil), exposure, the film's curve, mottle, the collimator's borders and the side marker.
 */
#include "phantom/film.h"

/* The veil is computed on cells of 8 x 8 pixels, and blurred three times over 5 x 5 of them. */
enum { CELL = 8, BLUR = 2, BLURS = 3 };
enum { COVERED = 5, MARKER = 247 };

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

/* Linear interpolation between the centres of the cells: row y of the veil. `mixed` has room for a row of cells. */
static void veil_row(const float *cells, size_t size, size_t y, float *mixed, float *out) {
  size_t side = size / CELL, last = side - 1;
  float at = clamp(((float)y + .5f) / CELL - .5f, 0, (float)last);
  size_t first = (size_t)at, second = first < last ? first + 1 : last;
  for (size_t x = 0; x < side; x++)
    mixed[x] = cells[first * side + x] + (at - (float)first) * (cells[second * side + x] - cells[first * side + x]);
  for (size_t x = 0; x < CELL / 2; x++) {
    out[x] = mixed[0];
    out[size - 1 - x] = mixed[last];
  }
  for (size_t cell = 0; cell < last; cell++)
    for (size_t k = 0; k < CELL; k++)
      out[cell * CELL + CELL / 2 + k] = mixed[cell] + ((float)k + .5f) / CELL * (mixed[cell + 1] - mixed[cell]);
}

/* The mottle is the mean of 2 x 2 pixels of noise; a row of it before that. */
static void noise_row(const struct film *f, size_t size, size_t y, float *out) {
  for (size_t x = 0; x < size; x++) {
    uint64_t index = y * size + x;
    out[x] = noise_hash(f->mottle_seed[0], index) + noise_hash(f->mottle_seed[1], index);
  }
}

static float axis(size_t i, size_t size) { return ((float)i + .5f) / (float)size * 2 - 1; }

/* How bright each pixel of a row would be on a film of gamma 1. light holds the veil before. */
static void expose_row(const struct film *f, const float *density, size_t size, float v, float *light) {
  float scale = 1 / (f->white - f->black), dark = f->tilt_v * v - f->black;
  for (size_t x = 0; x < size; x++) {
    float seen = (1 - f->veil) * density[x] + f->veil * light[x] + f->tilt_u * axis(x, size);
    light[x] = unit((seen + dark) * scale);
  }
}

/* The film's curve and, stronger where it is bright, the mottle. */
static void develop_row(const struct film *f, const float *light, const float *noise, const float *above, size_t size,
                        uint8_t *out) {
  for (size_t x = 0; x < size; x++) {
    size_t before = x > 0 ? x - 1 : size - 1;
    float mottle = f->mottle * .305f * (noise[x] + noise[before] + above[x] + above[before]);
    float gray = powf(light[x], f->gamma);
    out[x] = (uint8_t)lrintf(255 * unit(gray + mottle * (.6f + .8f * gray)));
  }
}

static void cover_borders(const struct film *f, size_t size, size_t y, uint8_t *out) {
  float v = axis(y, size);
  bool covered = v <= f->top - 1 || v >= 1 - f->bottom;
  for (size_t x = 0; x < size; x++) {
    float u = axis(x, size);
    if (covered || u <= f->left - 1 || u >= 1 - f->right) out[x] = COVERED;
  }
}

/* The L of the side marker: an upright and a foot. */
static void stamp_marker(const struct film *f, size_t size, size_t y, uint8_t *out) {
  float down = axis(y, size) - f->mark_v, width = down > .041f ? .036f : .016f;
  if (!f->marked || down <= 0 || down >= .055f) return;
  for (size_t x = 0; x < size; x++) {
    float right = axis(x, size) - f->mark_u;
    if (right > 0 && right < width) out[x] = MARKER;
  }
}

/* The veil, in cells: the density as seen from far away. `turned` is scratch of the same size. */
static void scatter(const float *density, size_t size, float *cells, float *turned) {
  size_t side = size / CELL;
  reduce(density, size, cells);
  for (int i = 0; i < BLURS; i++) {
    blur_turned(cells, turned, side);
    blur_turned(turned, cells, side);
  }
}

void hl_film_expose(const struct film *f, const float *density, size_t size, float *scratch, uint8_t *out) {
  size_t side = size / CELL;
  float *cells = scratch, *turned = cells + side * side;
  float *above = turned + side * side, *noise = above + size, *light = noise + size;
  scatter(density, size, cells, turned);
  noise_row(f, size, size - 1, noise); /* the noise wraps around */
  for (size_t y = 0; y < size; y++, density += size, out += size) {
    float *row = above;
    above = noise;
    noise = row;
    noise_row(f, size, y, noise);
    veil_row(cells, size, y, turned, light);
    expose_row(f, density, size, axis(y, size), light);
    develop_row(f, light, noise, above, size, out);
    cover_borders(f, size, y, out);
    stamp_marker(f, size, y, out);
  }
}

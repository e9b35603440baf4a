/* SPDX-License-Identifier: MIT
 *
 * The strokes everything is drawn with: soft edges, soft lines and smooth ramps. Polynomials with bounded support, so that what
 * lies further away than REACH widths need not be computed.
 */
#ifndef HILUM_PHANTOM_SHAPE_H
#define HILUM_PHANTOM_SHAPE_H

#include <math.h>

#define PI 3.14159265f

/* In widths: how far from its border an edge differs from 0 and 1; how far from its middle a line differs from 0. */
#define EDGE_REACH 3.5f
#define LINE_REACH 2.83f

static inline float least(float a, float b) { return a < b ? a : b; }
static inline float most(float a, float b) { return a > b ? a : b; }
static inline float clamp(float x, float low, float high) { return least(most(x, low), high); }
static inline float unit(float x) { return clamp(x, 0, 1); }
static inline float square(float x) { return x * x; }
static inline float norm(float x, float y) { return sqrtf(x * x + y * y); }

/* x from 0 to 1 with level ends. */
static inline float ease(float x) { return x * x * (3 - 2 * x); }

/* 0 before from, 1 after to, smooth between; from may be the larger. */
static inline float ramp(float from, float to, float x) { return ease(unit((x - from) * (1 / (to - from)))); }

/* The border of a region, seen at a signed distance (positive inside): nearly a logistic curve. */
static inline float edge(float distance, float width) { return ease(unit(distance * (1 / (2 * EDGE_REACH * width)) + .5f)); }

/* Nearly exp(-d2/2), of a squared distance. */
static inline float bell(float d2) {
  float x = most(0, 1 - d2 * .125f);
  x *= x;
  x *= x;
  return x * x;
}

/* A line, seen at a distance from its middle. */
static inline float line(float distance, float width) { return bell(square(distance * (1 / width))); }

#endif

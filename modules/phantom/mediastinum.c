/* SPDX-License-Identifier: MIT
 *
 * Between the lungs: mediastinum, heart, aorta, spine and airways.
 */
#include <string.h>

#include "phantom/layers.h"

/* 1 in the band of the great vessels and the spine, which widens downwards. */
static float midline_band(const struct scene *s, float u, float v) {
  float half_width = s->patient.mediastinum * (.80f + .25f * ramp(-.5f, -.1f, v));
  return edge(half_width - fabsf(u - s->patient.spine_u - s->shift), .022f);
}

void hl_layer_mediastinum(struct tile *t, const struct scene *s) {
  float middle = s->patient.spine_u + s->shift, reach = 1.05f * s->patient.mediastinum + .022f * EDGE_REACH;
  if (tile_misses(t, middle - reach, middle + reach, -2, 2)) return;
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i];
    float above_diaphragm = 1 - .7f * edge(v - s->diaphragm, .02f);
    t->density[i] += .145f * midline_band(s, t->u[i], v) * ramp(-1, -.6f, v) * t->body[i] * above_diaphragm;
  }
}

/* The left border between the heart and the aortic knob, filled as a trapezoid with a curved side. */
static void fill_waist(struct tile *t, const struct scene *s) {
  float heart_v = s->heart.v, widening = .33f * (1 + .4f * s->severity[HL_CARDIOMEGALY]) * (s->heart.half_width / .33f);
  if (tile_misses(t, -.3f, s->shift + .115f + widening + .02f * EDGE_REACH, -.26f, heart_v + .10f)) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i] - s->shift, v = t->v[i];
    float border = .115f + widening * powf(unit((v + .22f) * 2), 1.3f);
    float waist =
        edge(border - u, .02f) * edge(u + .09f, .02f) * ramp(-.26f, -.10f, v) * (1 - ramp(heart_v - .02f, heart_v + .10f, v));
    t->heart[i] = most(t->heart[i], waist);
  }
}

static void fill_chambers(struct tile *t, const struct scene *s) {
  float enlarged = s->severity[HL_CARDIOMEGALY];
  float atrium_u = s->shift - .085f * (1 + .6f * enlarged), atrium_v = s->heart.v + .02f,
        atrium_width = .125f * (1 + .35f * enlarged);
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float ventricles = edge(1 - heart_distance(s, u, v), .045f);
    float across = (u - atrium_u) * (1 / atrium_width), along = (v - atrium_v) * (1 / .24f);
    float right_atrium = edge(1 - norm(across, along), .05f);
    t->heart[i] = most(ventricles, right_atrium);
  }
}

void hl_layer_heart(struct tile *t, const struct scene *s) {
  memset(t->heart, 0, sizeof t->heart);
  if (tile_misses(t, -.8f, 1.3f, -.5f, 1.1f)) return;
  fill_chambers(t, s);
  fill_waist(t, s);
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float behind = 1 - .55f * midline_band(s, u, v), below = 1 - .75f * edge(v - s->diaphragm - .03f, .04f);
    t->density[i] += .205f * t->heart[i] * behind * below;
  }
}

static void add_knob(struct tile *t, const struct scene *s) {
  float u = s->knob.u, v = s->knob.v, radius = s->knob.radius, reach = radius * (1 + .12f * EDGE_REACH);
  if (tile_misses(t, u - reach, u + reach, v - reach, v + reach)) return;
  float calcified = .22f * s->severity[HL_CALCIFIED_AORTA];
  for (int i = 0; i < TILE; i++) {
    float x = t->u[i] - u, y = t->v[i] - v, distance = norm(x, y);
    t->density[i] += .16f * edge(1 - distance / radius, .12f);
    if (calcified > 0)
      t->density[i] += calcified * line(distance - radius, .010f) * ramp(-1.9f, -1.2f, -fabsf(atan2f(y, x) + .5f));
  }
}

static void add_descending_aorta(struct tile *t, const struct scene *s) {
  if (tile_misses(t, -.2f, .4f, -.28f, .5f)) return;
  float tortuous = s->severity[HL_TORTUOUS_AORTA];
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], middle = .10f + .07f * tortuous * sinf(3.2f * (v + .3f)) + s->shift;
    t->density[i] +=
        .09f * edge(.035f + .02f * tortuous - fabsf(t->u[i] - middle), .02f) * ramp(-.28f, -.2f, v) * (1 - ramp(.25f, .5f, v));
  }
}

void hl_layer_aorta(struct tile *t, const struct scene *s) {
  add_knob(t, s);
  add_descending_aorta(t, s);
}

void hl_layer_spine(struct tile *t, const struct scene *s) {
  if (tile_misses(t, -.4f, .4f, -2, 2)) return;
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], from_middle = fabsf(t->u[i] - s->patient.spine_u * (1 + 1.5f * v));
    float vertebra = .5f + .5f * cosf(2 * PI * (v / .150f + .2f));
    float bodies = .065f * line(from_middle, .075f) * (.75f + .35f * vertebra);
    float pedicles = .03f * line(from_middle - .062f, .014f) * ramp(.2f, .7f, vertebra);
    t->density[i] += (bodies + pedicles) * t->body[i];
  }
}

/* Air in the trachea and the two main bronchi. */
void hl_layer_airways(struct tile *t, const struct scene *s) {
  if (tile_misses(t, -.4f, .4f, -1.05f, -.10f)) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i] - .6f * s->shift, v = t->v[i];
    float trachea = line(u - .004f, .034f) * ramp(-1.05f, -.9f, v) * (1 - ramp(-.36f, -.24f, v));
    float spread = .42f * unit(v + .33f), bronchi = line(u - spread, .028f) + line(u + spread, .028f);
    t->density[i] -= .10f * trachea + .05f * bronchi * ramp(-.34f, -.28f, v) * (1 - ramp(-.16f, -.10f, v));
  }
}

/* SPDX-License-Identifier: MIT
 *
 * The trunk and the arms, the lungs cut out of it, and the abdomen below the diaphragm.
 */
#include "phantom/layers.h"

void hl_layer_torso(struct tile *t, const struct scene *s) {
  float habitus = s->patient.habitus, hips = s->wall + .17f + .05f * habitus;
  float arms = habitus > -.2f ? .33f : 0; /* thin patients hold them out of the picture */
  for (int i = 0; i < TILE; i++) {
    float u = fabsf(t->u[i]), v = t->v[i];
    float shoulders = least(.36f + .80f * ramp(-1.02f, -.60f, v), 1.3f);
    float trunk = hips * (.93f + .07f * ramp(-.2f, .6f, v));
    float below = ramp(-.62f, -.15f, v);
    float half_width = shoulders * (1 - below) + trunk * below;
    float body = edge(half_width - u, .012f);
    float thickness = sqrtf(unit(1 - square(u / half_width)));
    float arm = arms * edge(u - (trunk + .05f + .03f * v), .012f) * ramp(-.55f, -.25f, v);
    t->half_width[i] = half_width;
    t->body[i] = body;
    t->thickness[i] = thickness;
    t->density[i] = most(body * (.30f + .20f * thickness + .07f * habitus), arm * (1 - .4f * ramp(.1f, .9f, v)));
  }
}

/* Half-width of the chest above v = .40, as a share of that at its base: a quarter of a super-ellipse up to the apex. */
static float chest_profile(float apex, float v) {
  float up = unit((.40f - v) / (.40f - apex));
  return powf(1 - up * up * up, .52f);
}

/* How far below its top the dome is, `from_top` being 0 there and 1 at the chest wall, where it drops to the costophrenic angle.
 */
static float dome_fall(float from_top) { return from_top > 0 ? 1.55f * powf(from_top, 2.2f) : .55f * square(from_top); }

static void shape_half(struct tile *t, const struct scene *s, int side, const float *profile) {
  struct half *h = &t->half[side];
  float sign = side_sign(side), wall = s->wall, apex = s->apex;
  float base = wall * (1 - .02f * sign), medial = .55f * s->patient.mediastinum + s->shift * sign;
  float top = .36f * wall / .74f, dome = s->dome * (1 - .2f * s->severity[HL_EMPHYSEMA]);
  for (int i = 0; i < TILE; i++) {
    float out = sign * (t->u[i] - s->patient.spine_u);
    h->out[i] = out;
    h->dome[i] = s->diaphragm - s->lift[side] + dome * dome_fall((least(out, wall + .01f) - top) / (wall - top));
  }
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], out = h->out[i];
    h->wall[i] = base * profile[i] * (1 - .05f * ramp(.35f, .8f, v));
    h->medial[i] = medial + .03f * ramp(0, .5f, v);
    h->lung[i] =
        edge(h->wall[i] - out, .014f) * edge(h->dome[i] - v, .012f) * edge(out - h->medial[i], .02f) * edge(v - apex, .02f);
  }
}

void hl_layer_lungs(struct tile *t, const struct scene *s) {
  float profile[TILE], darkness = 1 + .22f * s->severity[HL_EMPHYSEMA], most_lung = 0;
  for (int i = 0; i < TILE; i++) profile[i] = chest_profile(s->apex, t->v[i]);
  for (int side = 0; side < SIDES; side++) shape_half(t, s, side, profile);
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], lung = t->half[SIDE_LEFT].lung[i] + t->half[SIDE_RIGHT].lung[i];
    float middle = unit(1 - square((off_centre(s, t->u[i]) - .40f) * (1 / .42f)));
    float depth = .35f + .65f * middle * (.45f + .55f * ramp(-.75f, -.1f, v));
    t->lung[i] = lung;
    t->aerated[i] = 1;
    t->density[i] -= lung * (.165f + .125f * depth) * darkness;
    most_lung = most(most_lung, lung);
  }
  t->lungs = most_lung > 0;
}

static void fill_abdomen(struct tile *t, const struct scene *s, const struct half *h, const float *grain) {
  for (int i = 0; i < TILE; i++) {
    float inside = edge(h->out[i] + .02f, .02f) * edge(t->v[i] - h->dome[i], .012f) * t->body[i];
    float flank = edge(t->half_width[i] - .01f - fabsf(t->u[i]), .03f) * (1 - .35f * edge(h->out[i] - s->wall - .03f, .03f));
    t->density[i] += inside * flank * (.150f + .06f * t->thickness[i] + grain[i]);
  }
}

static void add_stomach_gas(struct tile *t, const struct scene *s) {
  const float *dome = t->half[SIDE_RIGHT].dome;
  for (int i = 0; i < TILE; i++) {
    float below = t->v[i] - dome[i];
    float gas = bell(square((t->u[i] - s->stomach_u) * (1 / .15f)) + square((below - .15f) * (1 / .075f)));
    t->density[i] -= .16f * gas * edge(below - .02f, .02f);
  }
}

void hl_layer_abdomen(struct tile *t, const struct scene *s) {
  float highest = s->diaphragm - most(s->lift[SIDE_LEFT], s->lift[SIDE_RIGHT]) - .012f * EDGE_REACH;
  if (t->v_max < highest) return;
  float grain[TILE];
  for (int i = 0; i < TILE; i++) grain[i] = .012f * noise_at(&s->abdomen_noise, t->u[i], t->v[i]);
  for (int side = 0; side < SIDES; side++) fill_abdomen(t, s, &t->half[side], grain);
  if (s->stomach) add_stomach_gas(t, s);
}

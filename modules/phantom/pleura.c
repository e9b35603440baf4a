/* SPDX-License-Identifier: MIT
 *
 * Air, fluid and scars between the lung and the chest wall.
 */
#include "phantom/layers.h"

/* A crescent of air along the chest wall: no lung in it, and the pleura as a thin line at its border. */
void hl_layer_pneumothorax(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_PNEUMOTHORAX];
  if (severity == 0 || !t->lungs) return;
  const struct half *h = &t->half[s->pneumothorax_side];
  float gap = .07f + .20f * severity, top = s->apex + .10f + .28f * severity;
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], border = h->wall[i] - gap * (.45f + .75f * ramp(.35f, -.6f, v));
    float beyond = most((h->out[i] - border) * (1 / .9f), top - v + .35f * square(h->out[i] - .3f));
    float air = h->lung[i] * edge(beyond, .010f), pleura = h->lung[i] * line(beyond, .011f);
    t->aerated[i] = 1 - air;
    t->density[i] += (v < .45f ? .11f * pleura : 0) - .075f * air;
  }
}

static void add_fluid(struct tile *t, const struct scene *s, const struct half *h, float height) {
  float wall = s->wall, level = s->diaphragm - .02f - height, opacity = .25f + .05f * s->severity[HL_EFFUSION];
  for (int i = 0; i < TILE; i++) {
    float out = h->out[i];
    float meniscus = .22f * height * ramp(.28f, wall - .05f, out) + .05f * ramp(wall - .12f, wall, out) - (out < .15f ? .04f : 0);
    t->density[i] += opacity * h->lung[i] * edge(t->v[i] - level + meniscus, .035f + .04f * height);
  }
}

void hl_layer_effusion(struct tile *t, const struct scene *s) {
  if (!t->lungs) return;
  for (int side = 0; side < SIDES; side++)
    if (s->effusion[side] > 0) add_fluid(t, s, &t->half[side], s->effusion[side]);
}

/* A band along the wall and a cap over the apex. */
void hl_layer_thickening(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_PLEURAL_THICKENING], width = .035f + .045f * severity;
  if (severity == 0 || !t->lungs) return;
  const struct half *h = &t->half[s->thickening_side];
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float uneven = width * (1 + .45f * noise_at(&s->thickening_noise[0], u, v));
    float cap = s->apex + .13f + .03f * noise_at(&s->thickening_noise[1], u, v) - v;
    t->density[i] += h->lung[i] * (.26f * edge(h->out[i] - h->wall[i] + uneven, .010f) + .20f * severity * edge(cap, .02f));
  }
}

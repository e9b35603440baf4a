/* SPDX-License-Identifier: MIT
 *
 * What lies in front: ribs, shoulders, breasts, and the electrodes of bedridden patients.
 */
#include "phantom/layers.h"

enum { RIBS = 9, FIRST_ANTERIOR = 1, LAST_ANTERIOR = 6 };

/* What the ribs of one side share. */
struct cage {
  float along[TILE]; /* from the spine (0) to the chest wall (1) and a little on */
  float bow[TILE], descent[TILE];
  float visible[TILE];
  float along_min, along_max;
};

static void shape_cage(struct cage *c, const struct scene *s, const struct half *h) {
  c->along_min = 2;
  c->along_max = 0;
  for (int i = 0; i < TILE; i++) {
    float along = clamp((h->out[i] - .05f) / (s->wall - .05f), 0, 1.08f);
    c->along[i] = along;
    c->visible[i] = edge(most(.12f, h->wall[i] + .035f) - h->out[i], .015f) * edge(h->out[i] - .045f, .01f);
    c->along_min = least(c->along_min, along);
    c->along_max = most(c->along_max, along);
  }
  for (int i = 0; i < TILE; i++) {
    c->bow[i] = .075f * sinf(PI * least(1.25f * c->along[i], 1));
    c->descent[i] = powf(c->along[i], 2.2f);
  }
}

/* A rib: a band with bright rims. `across` is in half-widths. */
static float rib_profile(float across, float softness, float rim_at, float rim_width, float band, float rim) {
  across = fabsf(across);
  return band * edge(1 - across, softness) + rim * line(across - rim_at, rim_width);
}

/* The arc behind, which descends outwards. */
static void add_posterior(float *restrict rib, const struct cage *c, const struct tile *t, float first, float half_width,
                          float slope) {
  float reach = half_width * (1 + .16f * EDGE_REACH);
  float highest = first - .075f + slope * powf(c->along_min, 2.2f), lowest = first + slope * powf(c->along_max, 2.2f);
  if (t->v_max < highest - reach || t->v_min > lowest + reach) return;
  for (int i = 0; i < TILE; i++) {
    float v = t->v[i], across = (v - first + c->bow[i] - slope * c->descent[i]) * (1 / half_width);
    float bone = rib_profile(across, .16f, .88f, .22f, .62f, .5f) * (.9f - .35f * ramp(.45f, .75f, v));
    rib[i] = most(rib[i], bone * c->visible[i]);
  }
}

/* The fainter arc in front, which rises outwards. */
static void add_anterior(float *restrict rib, const struct cage *c, const struct tile *t, float lateral, float half_width) {
  const float rise = .21f;
  float reach = half_width * (1 + .25f * EDGE_REACH);
  float highest = lateral - rise * (c->along_max - 1), lowest = lateral + rise * (1 - c->along_min);
  if (t->v_max < highest - reach || t->v_min > lowest + reach) return;
  for (int i = 0; i < TILE; i++) {
    float across = (t->v[i] - lateral - rise * (1 - c->along[i])) * (1 / half_width);
    float bone = .38f * rib_profile(across, .25f, .9f, .25f, .6f, .4f) * ramp(.20f, .42f, c->along[i]);
    rib[i] = most(rib[i], bone * c->visible[i]);
  }
}

static void add_cage(float *rib, const struct tile *t, const struct scene *s, int side) {
  const struct patient *p = &s->patient;
  float spacing = p->rib_spacing * (1 + .08f * s->severity[HL_EMPHYSEMA]);
  if (side_misses(t, side_sign(side), -.05f, s->wall + .20f, p->rib_first - .15f, 2)) return;
  struct cage cage;
  shape_cage(&cage, s, &t->half[side]);
  for (int i = 0; i < RIBS; i++) {
    float n = (float)i, first = p->rib_first + n * spacing, half_width = p->rib_width * (1 + .03f * n);
    add_posterior(rib, &cage, t, first, half_width, p->rib_slope * (.35f + .10f * n));
    if (i >= FIRST_ANTERIOR && i <= LAST_ANTERIOR) add_anterior(rib, &cage, t, first + .30f + .01f * n, 1.1f * half_width);
  }
}

void hl_layer_ribs(struct tile *t, const struct scene *s) {
  float rib[TILE] = {0};
  for (int side = 0; side < SIDES; side++) add_cage(rib, t, s, side);
  for (int i = 0; i < TILE; i++) {
    float seen_through = unit(t->lung[i] + .40f * t->body[i]) * (1 - .5f * t->heart[i]);
    t->density[i] += .088f * s->patient.rib_contrast * rib[i] * seen_through;
  }
}

static void add_clavicle(struct tile *t, const struct scene *s, float sign) {
  const struct patient *p = &s->patient;
  if (side_misses(t, sign, 0, .80f, p->clavicle_v - .2f, p->clavicle_v + .15f)) return;
  for (int i = 0; i < TILE; i++) {
    float out = sign * t->u[i], along = unit((out - .07f) * (1 / .62f));
    float middle = p->clavicle_v + p->clavicle_slope * along - .036f * sinf(2 * PI * along);
    float across = (t->v[i] - middle) / (.030f - .006f * sinf(PI * along));
    t->density[i] += .085f * p->rib_contrast * rib_profile(across, .15f, .85f, .2f, .65f, .45f) * edge(out - .065f, .012f) *
                     edge(.70f - out, .02f);
  }
}

/* The scapula's border and blade, and the head of the humerus. On a posteroanterior film the shoulders are rolled forward, off
 * the lungs. */
static void add_scapula(struct tile *t, const struct scene *s, float sign) {
  float border = .70f + (s->ap ? 0 : .08f) - .03f * s->patient.scapula;
  if (side_misses(t, sign, .5f, 2, -1.1f, .05f)) return;
  for (int i = 0; i < TILE; i++) {
    float out = sign * t->u[i], v = t->v[i];
    float rim = .055f * line(out - border + .28f * square(v + .42f), .022f) * ramp(-.72f, -.6f, v) * (1 - ramp(-.10f, .05f, v));
    float blade = .03f * edge(out - border, .03f) * ramp(-.75f, -.6f, v) * (1 - ramp(-.2f, .05f, v)) * edge(1.05f - out, .03f);
    float humerus = .06f * edge(1 - norm(out - .86f, v + .66f) * (1 / .10f), .15f);
    t->density[i] += rim + (blade + humerus) * t->body[i];
  }
}

static void add_breast(struct tile *t, const struct scene *s, float sign) {
  if (s->patient.breast == 0 || side_misses(t, sign, 0, .85f, -.1f, .70f)) return;
  for (int i = 0; i < TILE; i++) {
    float x = (sign * t->u[i] - .42f) * (1 / .30f), y = (t->v[i] - .32f) * (1 / .27f);
    t->density[i] += .055f * s->patient.breast * edge(1 - norm(x, y), .10f) * ramp(-.1f, .35f, t->v[i]);
  }
}

void hl_layer_shoulders(struct tile *t, const struct scene *s) {
  for (int side = 0; side < SIDES; side++) {
    float sign = side_sign(side);
    add_clavicle(t, s, sign);
    add_scapula(t, s, sign);
    add_breast(t, s, sign);
  }
}

void hl_layer_leads(struct tile *t, const struct scene *s) {
  for (int k = 0; k < s->lead_count; k++) {
    const struct lead *lead = &s->leads[k];
    for (int i = 0; i < TILE; i++) {
      float x = t->u[i] - lead->u, y = t->v[i] - lead->v;
      float electrode = edge(1 - norm(x, y) * (1 / .018f), .2f);
      float cable = line(x - lead->bend * y - .25f * y * y, .006f) * ramp(0, .02f, y) * (1 - ramp(.45f, .6f, y));
      t->density[i] += .22f * electrode + .10f * cable;
    }
  }
}

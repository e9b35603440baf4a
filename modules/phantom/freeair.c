/* SPDX-License-Identifier: MIT
 *
 * Air where none should be: a hiatus hernia behind the heart, under the diaphragm, along the heart, in the chest wall.
 */
#include "phantom/layers.h"

/* A round sac with air over fluid. */
void hl_layer_hernia(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_HERNIA];
  if (severity == 0) return;
  float radius = .09f + .05f * severity, v = s->diaphragm - .10f, reach = radius * (1 + .07f * EDGE_REACH);
  if (tile_misses(t, s->hernia_u - reach, s->hernia_u + reach, v - reach, v + reach)) return;
  for (int i = 0; i < TILE; i++) {
    float x = (t->u[i] - s->hernia_u) / radius, y = (t->v[i] - v) / (.85f * radius);
    float sac = edge(1 - norm(x, y), .07f), fluid = edge(t->v[i] - v - .01f, .006f);
    t->density[i] += .13f * sac * (2 * fluid - 1);
  }
}

/* A dark crescent under the right dome. */
void hl_layer_pneumoperitoneum(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_PNEUMOPERITONEUM], height = .03f + .05f * severity;
  if (severity == 0) return;
  const struct half *h = &t->half[SIDE_LEFT];
  for (int i = 0; i < TILE; i++) {
    float out = h->out[i], below = t->v[i] - h->dome[i] - .012f;
    float floor = height * unit(1 - square((out - .40f) * (1 / .30f)));
    t->density[i] -=
        .30f * edge(out - .05f, .02f) * edge(s->wall - .02f - out, .02f) * edge(below, .006f) * edge(floor - below, .008f);
  }
}

/* Dark lines along the left border of the heart and along the upper mediastinum. */
void hl_layer_pneumomediastinum(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_PNEUMOMEDIASTINUM], heart_v = s->heart.v;
  if (severity == 0) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float heart = line(heart_distance(s, u, v) - 1.09f, .030f) * edge(u - .06f, .03f) * ramp(-.30f, -.15f, v) *
                  (1 - ramp(heart_v - .02f, heart_v + .14f, v));
    float upper =
        line(fabsf(u - s->shift) - s->patient.mediastinum - .012f, .012f) * ramp(-.8f, -.7f, v) * (1 - ramp(-.2f, -.1f, v));
    t->density[i] -= severity * (.09f * heart + .10f * upper);
  }
}

/* Dark streaks in the soft tissue beside the ribs. */
void hl_layer_subcutaneous_emphysema(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_SUBCUTANEOUS_EMPHYSEMA];
  if (severity == 0) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float lateral =
        edge(off_centre(s, u) - s->wall - .015f, .012f) * t->body[i] * ramp(-.75f, -.55f, v) * (1 - ramp(.35f, .55f, v));
    float streaks = unit(line(noise_at(&s->emphysema_noise, u + .35f * v, .5f * v), .30f) - .3f);
    t->density[i] -= .20f * severity * lateral * streaks;
  }
}

/* SPDX-License-Identifier: MIT
 *
 * What fills or scars the lung itself.
 */
#include "phantom/layers.h"

/* The outline of a blob wobbles by cosines of coprime frequencies. */
static const float wave_frequency[BLOB_WAVES] = {2, 3, 5, 7}, wave_height[BLOB_WAVES] = {.25f, .20f, .125f, .075f};
static const float wave_heights = .65f; /* their sum */

/* 1 inside the blob, 0 outside. */
static float blob_at(const struct blob *b, float u, float v) {
  float x = (u - b->u) / b->radius_u, y = (v - b->v) / b->radius_v, angle = atan2f(y, x), wave = 0;
  for (int i = 0; i < BLOB_WAVES; i++) wave += wave_height[i] * cosf(wave_frequency[i] * angle + b->phase[i]);
  return edge(1 - norm(x, y) * (1 + b->waviness * wave), b->softness);
}

static bool blob_misses(const struct tile *t, const struct blob *b) {
  float reach = (1 + EDGE_REACH * b->softness) / (1 - b->waviness * wave_heights);
  float du = reach * b->radius_u, dv = reach * b->radius_v;
  return tile_misses(t, b->u - du, b->u + du, b->v - dv, b->v + dv);
}

/* Patchy: several soft spots under coarse and fine noise. */
void hl_layer_infiltration(struct tile *t, const struct scene *s) {
  if (s->infiltrate_count == 0 || !t->lungs) return;
  float amplitude = .08f + .13f * s->severity[HL_INFILTRATION], patches[TILE] = {0};
  for (int k = 0; k < s->infiltrate_count; k++) {
    const struct spot *spot = &s->infiltrates[k];
    for (int i = 0; i < TILE; i++) {
      float x = (t->u[i] - spot->u) * (1 / spot->radius_u), y = (t->v[i] - spot->v) * (1 / spot->radius_v);
      patches[i] = most(patches[i], spot->weight * bell(x * x + y * y));
    }
  }
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float mottled = .75f + .55f * noise_at(&s->infiltrate_noise[0], u, v) + .35f * noise_at(&s->infiltrate_noise[1], u, v);
    t->density[i] += amplitude * t->lung[i] * patches[i] * mottled;
  }
}

/* Dense; the vessels in it turn dark, as bronchi with air do. */
void hl_layer_consolidation(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_CONSOLIDATION];
  if (severity == 0 || !t->lungs || blob_misses(t, &s->consolidation)) return;
  for (int i = 0; i < TILE; i++) {
    float bronchogram = 1 - .45f * unit(1.2f * t->vessels[i]);
    t->density[i] += (.15f + .10f * severity) * t->lung[i] * blob_at(&s->consolidation, t->u[i], t->v[i]) * bronchogram;
  }
}

/* A softer, uneven consolidation of the lower zones. */
void hl_layer_pneumonia(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_PNEUMONIA];
  if (severity == 0 || !t->lungs || blob_misses(t, &s->pneumonia)) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float uneven = .85f + .35f * noise_at(&s->pneumonia_noise, u, v), bronchogram = 1 - .2f * unit(t->vessels[i]);
    t->density[i] += (.13f + .12f * severity) * t->lung[i] * blob_at(&s->pneumonia, u, v) * uneven * bronchogram;
  }
}

/* Haze around the hila, and short horizontal (Kerley B) lines at the edge of the lower zones. */
void hl_layer_edema(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_EDEMA];
  if (severity == 0 || !t->lungs) return;
  float wide = 1 / (.20f + .10f * severity), high = 1 / (.30f + .10f * severity);
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i], y2 = square((v - .02f) * high);
    float wings = bell(square((u - s->shift + .24f) * wide) + y2) + bell(square((u - s->shift - .24f) * wide) + y2);
    float haze = (.08f + .11f * severity) * wings * (.9f + .3f * noise_at(&s->edema_noise, u, v));
    float row = v / .040f, from_line = row - floorf(row) - .5f;
    float septa = line(from_line, .10f) * ramp(s->wall - .17f, s->wall - .12f, off_centre(s, u)) * ramp(.15f, .22f, v);
    t->density[i] += t->lung[i] * (haze + .05f * severity * septa);
  }
}

/* A net: where noise crosses zero. Densest at the bases and the periphery. */
void hl_layer_fibrosis(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_FIBROSIS];
  if (severity == 0 || !t->lungs || t->v_max < -.05f) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i];
    float coarse = line(noise_at(&s->fibrosis_noise[1], u, v), .13f), fine = line(noise_at(&s->fibrosis_noise[0], u, v), .16f);
    float zone = ramp(-.05f, .40f, v) * (.35f + .65f * ramp(.30f, .62f, off_centre(s, u)));
    t->density[i] += (.08f + .09f * severity) * t->lung[i] * zone * (most(fine, .8f * coarse) - .25f);
  }
}

/* Plates of collapsed lung above a hemidiaphragm that is drawn up. */
void hl_layer_atelectasis(struct tile *t, const struct scene *s) {
  float severity = s->severity[HL_ATELECTASIS];
  if (severity == 0 || !t->lungs) return;
  const struct half *h = &t->half[s->atelectasis_side];
  for (int i = 0; i < TILE; i++) {
    float plates = 0;
    for (int k = 0; k < s->plate_count; k++) {
      const struct plate *p = &s->plates[k];
      float along = h->out[i] - p->out, across = t->v[i] - p->v - p->slope * along;
      plates += line(across, p->thickness) * line(along, p->length);
    }
    float crowded = h->lung[i] * edge(t->v[i] - h->dome[i] + .14f, .05f);
    t->density[i] += severity * (.16f * t->lung[i] * plates + .09f * crowded);
  }
}

static void add_nodule(struct tile *t, const struct blob *b, float amplitude) {
  if (blob_misses(t, b)) return;
  for (int i = 0; i < TILE; i++) t->density[i] += amplitude * blob_at(b, t->u[i], t->v[i]) * least(1, t->lung[i] + .3f);
}

/* Small round shadows, and one large one. */
void hl_layer_nodules(struct tile *t, const struct scene *s) {
  float nodule = s->severity[HL_NODULE], mass = s->severity[HL_MASS];
  for (int k = 0; k < s->nodule_count; k++) add_nodule(t, &s->nodules[k], .20f * (.75f + .45f * nodule));
  if (mass > 0) add_nodule(t, &s->mass, .22f * (.75f + .45f * mass));
}

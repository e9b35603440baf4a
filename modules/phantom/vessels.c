/* SPDX-License-Identifier: MIT
 *
 * Vessels branch by a stream of their own, seeded by the patient, so that follow-ups have the same ones. They are laid out in the
 * film's coordinates, not the patient's.
 */
#include "phantom/vessels.h"

#include "phantom/layers.h"

enum { TREES = 7, LEVELS = 3, PIECES = 5 };

struct tracer {
  struct rng rng;
  float *plane;
  size_t size;
};

/* A piece of vessel: from (u, v), du and dv long. */
struct piece {
  float u, v, du, dv, width, brightness;
};

/* The pixels whose centres may lie between low and high: from *first up to, not including, *end. */
static void pixel_span(size_t size, float low, float high, size_t *first, size_t *end) {
  float scale = .5f * (float)size;
  *first = (size_t)clamp((low + 1) * scale - .5f, 0, (float)size);
  *end = (size_t)clamp((high + 1) * scale + 1.5f, 0, (float)size);
}

static void trace_piece(struct tracer *tracer, const struct piece *p) {
  float reach = LINE_REACH * p->width, pixel = 2 / (float)tracer->size;
  float per_length = 1 / (square(p->du) + square(p->dv) + 1e-9f), per_width = 1 / square(p->width);
  size_t left, right, top, bottom;
  pixel_span(tracer->size, least(p->u, p->u + p->du) - reach, most(p->u, p->u + p->du) + reach, &left, &right);
  pixel_span(tracer->size, least(p->v, p->v + p->dv) - reach, most(p->v, p->v + p->dv) + reach, &top, &bottom);
  for (size_t y = top; y < bottom; y++) {
    float *row = tracer->plane + y * tracer->size, dv = ((float)y + .5f) * pixel - 1 - p->v;
    for (size_t x = left; x < right; x++) {
      float du = ((float)x + .5f) * pixel - 1 - p->u, along = unit((du * p->du + dv * p->dv) * per_length);
      float d2 = square(du - along * p->du) + square(dv - along * p->dv);
      row[x] = most(row[x], p->brightness * bell(d2 * per_width));
    }
  }
}

/* A vessel that wanders, thins and divides in two. Angle in radians, clockwise from the picture's right. */
static void trace_branch(struct tracer *t, float u, float v, float angle, float width, float length, int level) {
  float thinnest = 1.1f / (float)t->size, brightness = .9f * least(1, powf(width / .016f, 1.3f));
  for (int i = 0; i < PIECES; i++) {
    struct piece p = {.u = u, .v = v, .du = cosf(angle) * length / PIECES, .dv = sinf(angle) * length / PIECES};
    p.width = most(width * (1 - .12f * (float)i), thinnest);
    p.brightness = brightness;
    trace_piece(t, &p);
    u += p.du;
    v += p.dv;
    angle += rng_normal(&t->rng, 0, .16);
  }
  for (int turn = -1; level > 0 && turn <= 1; turn += 2) {
    float turned = angle + (float)turn * rng_between(&t->rng, .25, .6);
    trace_branch(t, u, v, turned, .66f * width, length * rng_between(&t->rng, .6, .85), level - 1);
  }
}

void hl_vessels_trace(const struct scene *s, float *plane, size_t size) {
  struct tracer tracer = {rng_seeded(s->patient.tissue_seed), plane, size};
  for (int side = 0; side < SIDES; side++)
    for (int i = 0; i < TREES; i++) {
      float angle = rng_between(&tracer.rng, -1.25, 1.35), width = rng_between(&tracer.rng, .012, .019);
      float length = rng_between(&tracer.rng, .12, .20);
      float u = .15f * side_sign(side) + s->shift, v = .03f * (float)i - (side == SIDE_RIGHT ? .09f : .06f);
      trace_branch(&tracer, u, v, side == SIDE_RIGHT ? angle : PI - angle, width, length, LEVELS);
    }
}

static void add_hila(struct tile *t, const struct scene *s) {
  float amplitude = .10f * s->patient.hila * (1 + .5f * s->severity[HL_EDEMA]);
  if (tile_misses(t, -.5f, .5f, -.4f, .4f)) return;
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i] - s->shift, v = t->v[i];
    float right = bell(square((u + .165f) * (1 / .062f)) + square(v * (1 / .12f)));
    float left = bell(square((u - .165f) * (1 / .062f)) + square((v + .03f) * (1 / .12f)));
    t->density[i] += amplitude * (right + left);
  }
}

void hl_layer_vessels(struct tile *t, const struct scene *s) {
  float amplitude =
      .095f * s->patient.vessel_contrast * (1 + .6f * s->severity[HL_EDEMA]) * (1 - .45f * s->severity[HL_EMPHYSEMA]);
  if (t->lungs)
    for (int i = 0; i < TILE; i++) t->density[i] += amplitude * t->vessels[i] * t->lung[i] * t->aerated[i];
  add_hila(t, s);
}

/* The grain of the lungs and, coarser, of the soft tissue. */
void hl_layer_texture(struct tile *t, const struct scene *s) {
  for (int i = 0; i < TILE; i++) {
    float u = t->u[i], v = t->v[i], lung = t->lung[i], tissue = t->body[i] * (1 - lung);
    float grain = 0;
    if (lung > 0)
      grain += .014f * lung * t->aerated[i] * (.6f * noise_at(&s->lung_noise[0], u, v) + .4f * noise_at(&s->lung_noise[1], u, v));
    if (tissue > 0) grain += tissue * (.014f * noise_at(&s->tissue_noise[0], u, v) + .008f * noise_at(&s->tissue_noise[1], u, v));
    t->density[i] += grain;
  }
}

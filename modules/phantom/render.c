/* SPDX-License-Identifier: MIT
 *
 * Puts the layers together.
 */
#include <stdlib.h>
#include <string.h>

#include "phantom/film.h"
#include "phantom/layers.h"
#include "phantom/vessels.h"

bool hl_phantom_size_ok(size_t size) {
  return size >= HL_PHANTOM_MIN_SIZE && size <= HL_PHANTOM_MAX_SIZE && size % HL_PHANTOM_SIZE_STEP == 0;
}

/* One allocation: the scene, then two planes of pixels and what the film needs. */
struct canvas {
  struct scene scene;
  size_t size;
  float *vessels, *density, *scratch;
  float planes[];
};

static struct canvas *new_canvas(size_t size) {
  size_t pixels = size * size;
  struct canvas *c = calloc(1, sizeof *c + (2 * pixels + hl_film_scratch(size)) * sizeof(float));
  if (!c) return NULL;
  c->size = size;
  c->vessels = c->planes;
  c->density = c->vessels + pixels;
  c->scratch = c->density + pixels;
  return c;
}

/* The tile whose first pixel is (left, top): coordinates and vessels. */
static void begin_tile(struct tile *t, const struct canvas *c, size_t left, size_t top) {
  const struct pose *p = &c->scene.pose;
  float pixel = 2 / (float)c->size;
  t->u_min = t->v_min = 9;
  t->u_max = t->v_max = -9;
  for (size_t i = 0; i < TILE; i++) {
    size_t x = left + i % TILE_SIDE, y = top + i / TILE_SIDE;
    float right = ((float)x + .5f) * pixel - 1 - p->right, down = ((float)y + .5f) * pixel - 1 - p->down;
    t->u[i] = (p->cosine * right - p->sine * down) / p->scale;
    t->v[i] = (p->sine * right + p->cosine * down) / p->scale;
    t->vessels[i] = c->vessels[y * c->size + x];
    t->u_min = least(t->u_min, t->u[i]);
    t->u_max = most(t->u_max, t->u[i]);
    t->v_min = least(t->v_min, t->v[i]);
    t->v_max = most(t->v_max, t->v[i]);
  }
}

static void draw_tile(struct tile *t, const struct scene *s) {
  static void (*const layers[])(struct tile *, const struct scene *) = {
      hl_layer_torso,
      hl_layer_lungs,
      hl_layer_abdomen,
      hl_layer_mediastinum,
      hl_layer_heart,
      hl_layer_aorta,
      hl_layer_spine,
      hl_layer_airways,
      hl_layer_pneumothorax,
      hl_layer_vessels,
      hl_layer_texture,
      hl_layer_infiltration,
      hl_layer_consolidation,
      hl_layer_pneumonia,
      hl_layer_edema,
      hl_layer_fibrosis,
      hl_layer_atelectasis,
      hl_layer_nodules,
      hl_layer_effusion,
      hl_layer_thickening,
      hl_layer_hernia,
      hl_layer_pneumoperitoneum,
      hl_layer_pneumomediastinum,
      hl_layer_subcutaneous_emphysema,
      hl_layer_ribs,
      hl_layer_shoulders,
      hl_layer_leads,
  };
  for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) layers[i](t, s);
}

static void draw(struct canvas *c) {
  struct tile tile;
  hl_vessels_trace(&c->scene, c->vessels, c->size);
  for (size_t top = 0; top < c->size; top += TILE_SIDE)
    for (size_t left = 0; left < c->size; left += TILE_SIDE) {
      begin_tile(&tile, c, left, top);
      draw_tile(&tile, &c->scene);
      for (size_t y = 0; y < TILE_SIDE; y++)
        memcpy(c->density + (top + y) * c->size + left, tile.density + y * TILE_SIDE, TILE_SIDE * sizeof(float));
    }
}

bool hl_phantom_render(int64_t patient, int followup, uint32_t findings, size_t size, int64_t seed, uint8_t *out, bool *ap,
                       struct hl_error *err) {
  if (!hl_phantom_size_ok(size))
    return hl_fail(err, HL_USAGE, "phantom.render", "%zu is not a size for a phantom: use a multiple of %d from %d to %d", size,
                   HL_PHANTOM_SIZE_STEP, HL_PHANTOM_MIN_SIZE, HL_PHANTOM_MAX_SIZE);
  struct canvas *c = new_canvas(size);
  if (!c) return hl_fail(err, HL_IO, "phantom.render", "out of memory for a phantom of %zu x %zu pixels", size, size);
  hl_scene_draw(&c->scene, patient, followup, findings, seed);
  draw(c);
  hl_film_expose(&c->scene.film, c->density, size, c->scratch, out);
  *ap = c->scene.ap;
  free(c);
  return true;
}

/* SPDX-License-Identifier: MIT
 *
 * The unit of drawing: 8 x 8 pixels. Small enough that all fields of a tile stay in the first-level cache and that most
 * structures miss most tiles, and of constant size, so that the loops over it vectorise.
 */
#ifndef HILUM_PHANTOM_TILE_H
#define HILUM_PHANTOM_TILE_H

#include "phantom/scene.h"

enum { TILE_SIDE = 8, TILE = TILE_SIDE * TILE_SIDE };

/* One half of the chest. */
struct half {
  float out[TILE];    /* distance outwards from the spine; negative on the other side */
  float wall[TILE];   /* where, outwards, the chest wall is */
  float medial[TILE]; /* where the mediastinum ends */
  float dome[TILE];   /* the diaphragm's v */
  float lung[TILE];   /* 1 in this lung, 0 outside */
};

struct tile {
  float u[TILE], v[TILE];           /* the patient's coordinates */
  float u_min, u_max, v_min, v_max; /* of the tile */
  bool lungs;                       /* some of it is lung */

  float body[TILE];       /* 1 in the trunk, 0 in the air around it */
  float half_width[TILE]; /* of the trunk, at this height */
  float thickness[TILE];  /* of the trunk, front to back, 0 to 1 */
  struct half half[SIDES];
  float lung[TILE];    /* 1 in either lung */
  float heart[TILE];   /* 1 in the heart */
  float aerated[TILE]; /* 0 where a pneumothorax has pushed the lung away */
  float vessels[TILE];
  float density[TILE]; /* what all layers add to */
};

/* Whether a structure within these bounds misses the tile. */
static inline bool tile_misses(const struct tile *t, float u_low, float u_high, float v_low, float v_high) {
  return t->u_max < u_low || t->u_min > u_high || t->v_max < v_low || t->v_min > v_high;
}

/* The same for a structure that lies between `near` and `far` from the midline, on the side where u has that sign. */
static inline bool side_misses(const struct tile *t, float sign, float near, float far, float v_low, float v_high) {
  return sign < 0 ? tile_misses(t, -far, -near, v_low, v_high) : tile_misses(t, near, far, v_low, v_high);
}

#endif

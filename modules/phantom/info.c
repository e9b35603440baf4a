/* SPDX-License-Identifier: MIT
 *
 * View, sex and age. The ages are invented by a stream of their own, so that the pictures do not depend on them.
 */
#include "phantom/scene.h"

enum { YOUNGEST = 18, OLDEST = 90 };

static int draw_age(int64_t patient, int followup, int64_t seed) {
  struct rng r = rng_seeded((uint64_t)seed * 6700417 + (uint64_t)patient * 2203 + 29);
  float first = clamp(rng_normal(&r, 48, 16), YOUNGEST, OLDEST), years_between = rng_between(&r, 0, 1.5);
  return (int)least(first + years_between * (float)followup, OLDEST);
}

struct hl_phantom_info hl_phantom_info(int64_t patient, int followup, int64_t seed) {
  return (struct hl_phantom_info){.ap = hl_scene_view(patient, followup, seed),
                                  .female = hl_patient_draw(patient, seed).female,
                                  .age = draw_age(patient, followup, seed)};
}

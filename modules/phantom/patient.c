/* SPDX-License-Identifier: MIT
 *
 * Draws a patient.
 */
#include "phantom/patient.h"

#include "phantom/rng.h"

struct patient hl_patient_draw(int64_t patient, int64_t seed) {
  struct rng r = rng_seeded((uint64_t)seed * 1000003 + (uint64_t)patient);
  struct patient p = {0};
  p.female = rng_chance(&r, .45);
  p.habitus = rng_between(&r, -1, 1);
  p.wall = .74f + .05f * p.habitus + rng_normal(&r, 0, .02);
  rng_next(&r); /* once the height of the lungs, which nothing shows any more */
  p.apex = rng_normal(&r, -.72, .03);
  p.diaphragm = rng_normal(&r, .50, .05);
  p.dome = rng_between(&r, .10, .17);
  p.right_lift = rng_between(&r, .02, .07);
  p.heart_width = rng_normal(&r, .30, .022);
  p.heart_v = rng_normal(&r, .26, .03);
  p.heart_tilt = rng_between(&r, .25, .6);
  p.knob = rng_between(&r, .055, .08);
  p.mediastinum = rng_between(&r, .10, .135);
  p.hila = rng_between(&r, .7, 1.2);
  p.rib_spacing = rng_between(&r, .125, .145);
  p.rib_first = rng_normal(&r, -.70, .02);
  p.rib_slope = rng_between(&r, .20, .32);
  p.rib_contrast = rng_between(&r, .6, 1.25);
  p.rib_width = rng_between(&r, .020, .027);
  p.clavicle_slope = rng_between(&r, -.10, .02);
  p.clavicle_v = rng_normal(&r, -.64, .02);
  p.spine_u = rng_normal(&r, 0, .012);
  p.tissue_seed = rng_next(&r) & 0x7fffffff;
  p.vessel_contrast = rng_between(&r, .75, 1.25);
  p.scapula = rng_between(&r, 0, 1);
  if (p.female) p.breast = rng_between(&r, .3, 1);
  p.ap = rng_chance(&r, .4);
  return p;
}

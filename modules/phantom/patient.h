/* SPDX-License-Identifier: MIT
 *
 * What stays the same over a patient's follow-ups. Lengths are in half picture widths, at the nominal pose; u grows to the right
 * of the picture (the patient's left), v downwards, both from -1 to 1.
 */
#ifndef HILUM_PHANTOM_PATIENT_H
#define HILUM_PHANTOM_PATIENT_H

#include <stdbool.h>
#include <stdint.h>

struct patient {
  bool female;
  bool ap;                                 /* the projection usual for this patient */
  float habitus;                           /* -1 thin to 1 large */
  float wall;                              /* half-width of the chest at its base */
  float apex;                              /* v of the lungs' top */
  float diaphragm, dome, right_lift;       /* v at the domes' top, their height, how much higher the right one is */
  float heart_width, heart_v, heart_tilt;  /* half-width, v of the middle, radians */
  float knob, mediastinum, hila;           /* radius of the aortic knob, half-width, density */
  float rib_first, rib_spacing, rib_slope; /* v of the first rib, distance, descent */
  float rib_width, rib_contrast;
  float clavicle_v, clavicle_slope;
  float spine_u;
  float vessel_contrast;
  float scapula;        /* 0 to 1: how far they reach over the lungs */
  float breast;         /* 0 for men */
  uint64_t tissue_seed; /* of the vessels and of the texture */
};

struct patient hl_patient_draw(int64_t patient, int64_t seed);

#endif

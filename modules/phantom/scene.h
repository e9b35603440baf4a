/* SPDX-License-Identifier: MIT
 *
 * Everything about one picture that does not depend on the pixel: pose, anatomy, what the findings look like here, and the film.
 * hl_scene_draw is the only place where a picture's random numbers are drawn; the layers (layers.h) only read.
 */
#ifndef HILUM_PHANTOM_SCENE_H
#define HILUM_PHANTOM_SCENE_H

#include "phantom/noise.h"
#include "phantom/patient.h"
#include "phantom/phantom.h"

/* The sides of the picture. Lengths measured outwards from the spine are the same on both; side_sign turns them into u. */
enum side { SIDE_LEFT, SIDE_RIGHT, SIDES };

static inline float side_sign(int side) { return side == SIDE_LEFT ? -1 : 1; }

/* How the patient stands before the film: rotated, scaled, shifted. */
struct pose {
  float cosine, sine, scale, right, down;
};

/* A round shadow with a wavy outline. */
enum { BLOB_WAVES = 4 };
struct blob {
  float u, v, radius_u, radius_v;
  float softness, waviness;
  float phase[BLOB_WAVES];
};

enum { SPOTS = 5 }; /* of infiltration on one side */
struct spot {
  float u, v, radius_u, radius_v, weight;
};

/* A plate of collapsed lung: a short slanting line. */
struct plate {
  float v, slope, out, thickness, length;
};

/* An electrode and its cable. */
struct lead {
  float u, v, bend;
};

struct film {
  float veil;                /* share of scattered light */
  float tilt_u, tilt_v;      /* uneven exposure */
  float black, white, gamma; /* the densities that print black and white; the curve between */
  float mottle;
  uint64_t mottle_seed[2];
  float left, right, top, bottom; /* borders covered by the collimator, 0 for none */
  bool marked;
  float mark_u, mark_v; /* upper left corner of the L */
};

struct scene {
  struct patient patient;
  float severity[HL_FINDINGS]; /* .45 to 1; 0 for a finding that is absent */
  bool ap;
  struct pose pose;
  float turn; /* how far a rotation of the patient moves the heart */

  float wall, apex, diaphragm, dome; /* as the patient's, after inspiration and findings */
  float lift[SIDES];                 /* how much higher each hemidiaphragm is */
  float shift;                       /* of the mediastinum, towards a collapse */
  struct {
    float u, v, half_width, half_height, cosine, sine;
  } heart;
  struct {
    float u, v, radius;
  } knob;
  bool stomach; /* its gas is seen */
  float stomach_u;

  int pneumothorax_side, atelectasis_side, thickening_side;
  struct spot infiltrates[SIDES * SPOTS];
  int infiltrate_count;
  struct blob consolidation, pneumonia;
  struct plate plates[2];
  int plate_count;
  struct blob nodules[4], mass;
  int nodule_count;
  float effusion[SIDES]; /* height of the fluid */
  float hernia_u;
  struct lead leads[3];
  int lead_count;
  struct film film;

  struct noise abdomen_noise, lung_noise[2], tissue_noise[2];
  struct noise infiltrate_noise[2], pneumonia_noise, edema_noise, fibrosis_noise[2], thickening_noise[2], emphysema_noise;
};

void hl_scene_draw(struct scene *scene, int64_t patient, int followup, uint32_t findings, int64_t seed);

/* Whether this picture is anteroposterior, without drawing the rest. */
bool hl_scene_view(int64_t patient, int followup, int64_t seed);

/* How far out a point lies, in units of the heart's outline: 1 is its border. */
static inline float heart_distance(const struct scene *s, float u, float v) {
  float x = u - s->heart.u, y = v - s->heart.v;
  float along = x * s->heart.cosine + y * s->heart.sine, across = y * s->heart.cosine - x * s->heart.sine;
  return norm(along * (1 / s->heart.half_width), across * (1 / s->heart.half_height));
}

/* Distance from the middle of the body as the findings of the lungs' periphery measure it. */
static inline float off_centre(const struct scene *s, float u) { return fabsf(u - s->patient.spine_u - .3f * s->turn); }

#endif

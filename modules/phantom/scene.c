/* SPDX-License-Identifier: MIT
 *
 * Draws the random numbers of one picture. The order of the functions in hl_scene_draw, and of the draws in each, is the
 * definition of the phantom.
 */
#include "phantom/scene.h"

#include <string.h>

/* Seeds of outlines and noise keep so many bits. */
enum { SEED_24 = 0xffffff, SEED_31 = 0x7fffffff };

static struct rng picture_rng(int64_t patient, int followup, int64_t seed) {
  return rng_seeded((uint64_t)seed * 15485863 + (uint64_t)patient * 4099 + (uint64_t)followup * 271 + 11);
}

static int draw_side(struct rng *r) { return rng_chance(r, .5) ? SIDE_RIGHT : SIDE_LEFT; }

static bool draw_view(struct rng *r, bool usually_ap) { return rng_chance(r, .85) == usually_ap; }

/* The severity of every finding is drawn, also of those that are absent. */
static void draw_severities(struct scene *s, struct rng *r, uint32_t findings) {
  for (int f = 0; f < HL_FINDINGS; f++) {
    float severity = rng_between(r, .45, 1);
    s->severity[f] = findings >> f & 1 ? severity : 0;
  }
}

/* Returns how deeply the patient breathed in: how far the diaphragm and the heart are lower. */
static float draw_pose(struct scene *s, struct rng *r) {
  float angle = rng_normal(r, 0, .026);
  s->pose.cosine = cosf(angle);
  s->pose.sine = sinf(angle);
  s->pose.scale = rng_normal(r, s->ap ? 1.04 : 1.02, .045);
  s->pose.right = rng_normal(r, 0, .035);
  s->pose.down = rng_normal(r, s->ap ? .01 : 0, .035);
  float inspiration = rng_normal(r, s->ap ? -.04 : 0, .03);
  s->turn = rng_normal(r, 0, .02);
  return inspiration;
}

static void place_heart(struct scene *s, float inspiration) {
  const struct patient *p = &s->patient;
  float enlarged = s->severity[HL_CARDIOMEGALY];
  s->heart.u = .125f + .055f * enlarged + s->shift + s->turn;
  s->heart.v = p->heart_v + inspiration - .01f * enlarged;
  s->heart.half_width = p->heart_width * (1 + .42f * enlarged) * (1 - .16f * s->severity[HL_EMPHYSEMA]) * (s->ap ? 1.10f : 1) *
                        (1 + .08f * s->severity[HL_EDEMA]);
  s->heart.half_height = .245f * (1 + .12f * enlarged);
  s->heart.cosine = cosf(p->heart_tilt);
  s->heart.sine = sinf(p->heart_tilt);
}

static void place_knob(struct scene *s) {
  float tortuous = s->severity[HL_TORTUOUS_AORTA];
  s->knob.u = .085f + .6f * s->patient.knob + .05f * tortuous + s->shift;
  s->knob.v = -.28f - .03f * tortuous;
  s->knob.radius = s->patient.knob * (1 + .55f * tortuous);
}

static void place_anatomy(struct scene *s, float inspiration) {
  const struct patient *p = &s->patient;
  float emphysema = s->severity[HL_EMPHYSEMA], collapse = s->severity[HL_ATELECTASIS];
  s->wall = p->wall * (1 + .04f * emphysema);
  s->apex = p->apex;
  s->diaphragm = p->diaphragm + inspiration + .14f * emphysema - .04f * s->severity[HL_FIBROSIS];
  s->dome = p->dome * (1 - .75f * emphysema);
  s->lift[SIDE_LEFT] = p->right_lift; /* the patient's right */
  s->lift[s->atelectasis_side] += .16f * collapse;
  s->shift = .05f * collapse * side_sign(s->atelectasis_side);
  place_heart(s, inspiration);
  place_knob(s);
}

static void draw_stomach(struct scene *s, struct rng *r) {
  s->stomach = rng_chance(r, .7);
  if (s->stomach) s->stomach_u = .33f + rng_normal(r, 0, .04);
}

/* A point in the lung of that side, between two heights. */
static void draw_lung_point(const struct scene *s, struct rng *r, int side, double high, double low, float *u, float *v) {
  *v = rng_between(r, high, low);
  *u = side_sign(side) * rng_between(r, .26, .56) * s->wall / .74f;
}

static void draw_waves(struct blob *b, uint64_t seed) {
  struct rng r = rng_seeded(seed);
  for (int i = 0; i < BLOB_WAVES; i++) b->phase[i] = rng_between(&r, 0, 6.2832);
}

static void draw_infiltrates(struct scene *s, struct rng *r) {
  bool both = rng_chance(r, .45);
  int first = both ? SIDE_LEFT : draw_side(r), last = both ? SIDE_RIGHT : first;
  float middle = rng_between(r, -.25, .35);
  for (int side = first; side <= last; side++)
    for (int i = 0; i < SPOTS; i++) {
      struct spot *spot = &s->infiltrates[s->infiltrate_count++];
      draw_lung_point(s, r, side, middle - .22, middle + .22, &spot->u, &spot->v);
      spot->weight = rng_between(r, .5, 1);
      spot->radius_u = rng_between(r, .10, .19);
      spot->radius_v = rng_between(r, .09, .17);
    }
  uint64_t seed = rng_next(r) & SEED_24;
  noise_fill(&s->infiltrate_noise[0], seed, 22);
  noise_fill(&s->infiltrate_noise[1], seed + 1, 48);
}

static void draw_consolidation(struct scene *s, struct rng *r) {
  struct blob *b = &s->consolidation;
  draw_lung_point(s, r, draw_side(r), -.35, .30, &b->u, &b->v);
  draw_waves(b, rng_next(r) & SEED_24);
  b->radius_u = rng_between(r, .15, .23);
  b->radius_v = rng_between(r, .13, .20);
  b->softness = .10f;
  b->waviness = .6f;
}

static void draw_pneumonia(struct scene *s, struct rng *r) {
  struct blob *b = &s->pneumonia;
  draw_lung_point(s, r, draw_side(r), .10, .38, &b->u, &b->v);
  uint64_t seed = rng_next(r) & SEED_24;
  draw_waves(b, seed);
  noise_fill(&s->pneumonia_noise, seed + 3, 16);
  b->radius_u = rng_between(r, .15, .23);
  b->radius_v = rng_between(r, .11, .17);
  b->softness = .30f;
  b->waviness = .6f;
}

static void draw_edema(struct scene *s, struct rng *r) { noise_fill(&s->edema_noise, rng_next(r) & SEED_24, 20); }

static void draw_fibrosis(struct scene *s, struct rng *r) {
  uint64_t seed = rng_next(r) & SEED_24;
  noise_fill(&s->fibrosis_noise[0], seed, 44);
  noise_fill(&s->fibrosis_noise[1], seed + 1, 30);
}

static void draw_plates(struct scene *s, struct rng *r) {
  s->plate_count = rng_chance(r, .6) ? 2 : 1;
  for (int i = 0; i < s->plate_count; i++) {
    struct plate *p = &s->plates[i];
    p->v = rng_between(r, .08, .30) - .06f * s->severity[HL_ATELECTASIS];
    p->slope = rng_between(r, -.25, .15);
    p->out = rng_between(r, .24, .48);
    p->thickness = rng_between(r, .012, .020);
    p->length = rng_between(r, .15, .22);
  }
}

static void draw_nodule(struct scene *s, struct rng *r, struct blob *b, double smallest, double largest, float softness) {
  draw_lung_point(s, r, draw_side(r), -.45, .35, &b->u, &b->v);
  b->radius_u = rng_between(r, smallest, largest);
  b->radius_v = b->radius_u * rng_between(r, .85, 1.15);
  draw_waves(b, rng_next(r) & SEED_24);
  b->softness = softness;
  b->waviness = .25f;
}

static void draw_effusion(struct scene *s, struct rng *r) {
  float height = .10f + .36f * square(s->severity[HL_EFFUSION]);
  bool both = rng_chance(r, .4);
  int side = draw_side(r);
  if (both)
    for (int i = 0; i < SIDES; i++) s->effusion[i] = height * rng_between(r, .6, 1);
  else
    s->effusion[side] = height;
}

static void draw_thickening(struct scene *s, struct rng *r) {
  s->thickening_side = draw_side(r);
  uint64_t seed = rng_next(r) & SEED_24;
  noise_fill(&s->thickening_noise[0], seed, 9);
  noise_fill(&s->thickening_noise[1], seed + 1, 8);
}

static void draw_findings(struct scene *s, struct rng *r) {
  const float *severity = s->severity;
  if (severity[HL_INFILTRATION] > 0) draw_infiltrates(s, r);
  if (severity[HL_CONSOLIDATION] > 0) draw_consolidation(s, r);
  if (severity[HL_PNEUMONIA] > 0) draw_pneumonia(s, r);
  if (severity[HL_EDEMA] > 0) draw_edema(s, r);
  if (severity[HL_FIBROSIS] > 0) draw_fibrosis(s, r);
  if (severity[HL_ATELECTASIS] > 0) draw_plates(s, r);
  int nodules = 2 + rng_below(r, 3); /* drawn even where there are none */
  if (severity[HL_NODULE] > 0) s->nodule_count = nodules;
  for (int i = 0; i < s->nodule_count; i++) draw_nodule(s, r, &s->nodules[i], .032, .052, .16f);
  if (severity[HL_MASS] > 0) draw_nodule(s, r, &s->mass, .095, .15, .11f);
  if (severity[HL_EFFUSION] > 0) draw_effusion(s, r);
  if (severity[HL_PLEURAL_THICKENING] > 0) draw_thickening(s, r);
  if (severity[HL_HERNIA] > 0) s->hernia_u = .03f + rng_normal(r, 0, .02) + s->shift;
  if (severity[HL_SUBCUTANEOUS_EMPHYSEMA] > 0) noise_fill(&s->emphysema_noise, rng_next(r) & SEED_24, 34);
}

static void draw_leads(struct scene *s, struct rng *r) {
  if (!s->ap || !rng_chance(r, .5)) return;
  s->lead_count = 2 + rng_below(r, 2);
  for (int i = 0; i < s->lead_count; i++) {
    s->leads[i].u = rng_between(r, -.6, .6);
    s->leads[i].v = rng_between(r, -.6, .3);
    s->leads[i].bend = rng_normal(r, 0, .25);
  }
}

static float draw_border(struct rng *r) { return rng_chance(r, .5) ? rng_between(r, 0, .10) : 0; }

static void draw_film(struct film *f, struct rng *r, bool ap) {
  f->veil = rng_between(r, .12, .32) + (ap ? .10f : 0);
  f->tilt_u = rng_normal(r, 0, .018);
  f->tilt_v = rng_normal(r, 0, .018);
  f->black = rng_between(r, -.02, .04) - (ap ? .03f : 0);
  f->white = rng_between(r, .80, .92) - (ap ? 0 : .03f);
  f->gamma = expf(rng_normal(r, ap ? -.10 : .02, .10));
  f->mottle = rng_between(r, .004, .012) * (ap ? 1.3f : 1);
  for (int i = 0; i < 2; i++) f->mottle_seed[i] = rng_next(r) & SEED_31;
  if (rng_chance(r, .3)) {
    f->left = draw_border(r);
    f->right = draw_border(r);
    f->top = draw_border(r);
    f->bottom = draw_border(r);
  }
  f->marked = rng_chance(r, .85);
  if (f->marked) {
    f->mark_u = rng_between(r, .72, .86);
    f->mark_v = rng_between(r, -.92, -.72);
  }
}

/* The grain of lungs and soft tissue comes from seeds of the patient, not from the picture's stream. */
static void fill_texture(struct scene *s, int followup) {
  uint64_t tissue = s->patient.tissue_seed, lung = tissue * 7 + (uint64_t)followup * 13 + 1;
  noise_fill(&s->abdomen_noise, tissue + 77, 7);
  noise_fill(&s->lung_noise[0], lung, 26);
  noise_fill(&s->lung_noise[1], lung + 1, 60);
  noise_fill(&s->tissue_noise[0], tissue + 5, 9);
  noise_fill(&s->tissue_noise[1], tissue + 6, 24);
}

void hl_scene_draw(struct scene *s, int64_t patient, int followup, uint32_t findings, int64_t seed) {
  struct rng r = picture_rng(patient, followup, seed);
  memset(s, 0, sizeof *s);
  s->patient = hl_patient_draw(patient, seed);
  draw_severities(s, &r, findings);
  s->ap = draw_view(&r, s->patient.ap);
  float inspiration = draw_pose(s, &r);
  s->atelectasis_side = draw_side(&r);
  place_anatomy(s, inspiration);
  draw_stomach(s, &r);
  s->pneumothorax_side = draw_side(&r);
  draw_findings(s, &r);
  draw_leads(s, &r);
  draw_film(&s->film, &r, s->ap);
  fill_texture(s, followup);
}

bool hl_scene_view(int64_t patient, int followup, int64_t seed) {
  struct rng r = picture_rng(patient, followup, seed);
  for (int f = 0; f < HL_FINDINGS; f++) rng_next(&r);
  return draw_view(&r, hl_patient_draw(patient, seed).ap);
}

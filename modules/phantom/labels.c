/* SPDX-License-Identifier: MIT
 *
 * Which findings a patient has, and which of them each follow-up shows.
 */
#include "phantom/phantom.h"
#include "phantom/rng.h"

#include <math.h>

const char *const hl_finding_names[HL_FINDINGS] = {"Atelectasis",
                                                   "Cardiomegaly",
                                                   "Consolidation",
                                                   "Edema",
                                                   "Effusion",
                                                   "Emphysema",
                                                   "Fibrosis",
                                                   "Hernia",
                                                   "Infiltration",
                                                   "Mass",
                                                   "Nodule",
                                                   "Pleural Thickening",
                                                   "Pneumonia",
                                                   "Pneumothorax",
                                                   "Pneumoperitoneum",
                                                   "Pneumomediastinum",
                                                   "Subcutaneous Emphysema",
                                                   "Tortuous Aorta",
                                                   "Calcification of the Aorta"};

/* How often each finding is the first one drawn. The order decides which draw means what. */
static const struct {
  enum hl_finding finding;
  double weight;
} prevalence[HL_FINDINGS] = {
    {HL_INFILTRATION, .16},
    {HL_EFFUSION, .14},
    {HL_ATELECTASIS, .12},
    {HL_CARDIOMEGALY, .10},
    {HL_NODULE, .08},
    {HL_MASS, .08},
    {HL_PNEUMOTHORAX, .09},
    {HL_CONSOLIDATION, .08},
    {HL_PNEUMONIA, .08},
    {HL_EDEMA, .06},
    {HL_EMPHYSEMA, .07},
    {HL_PLEURAL_THICKENING, .05},
    {HL_FIBROSIS, .05},
    {HL_HERNIA, .03},
    {HL_TORTUOUS_AORTA, .03},
    {HL_CALCIFIED_AORTA, .03},
    {HL_SUBCUTANEOUS_EMPHYSEMA, .02},
    {HL_PNEUMOPERITONEUM, .02},
    {HL_PNEUMOMEDIASTINUM, .01},
};

/* What a finding brings along, and how often. */
static const struct {
  enum hl_finding finding, companion;
  double probability;
} companions[] = {
    {HL_PNEUMONIA, HL_INFILTRATION, .35}, {HL_PNEUMONIA, HL_CONSOLIDATION, .25},
    {HL_EDEMA, HL_EFFUSION, .4},          {HL_EDEMA, HL_CARDIOMEGALY, .3},
    {HL_EFFUSION, HL_ATELECTASIS, .3},    {HL_MASS, HL_NODULE, .2},
    {HL_EMPHYSEMA, HL_PNEUMOTHORAX, .2},  {HL_CARDIOMEGALY, HL_EFFUSION, .2},
    {HL_CARDIOMEGALY, HL_EDEMA, .2},      {HL_SUBCUTANEOUS_EMPHYSEMA, HL_PNEUMOTHORAX, .5},
    {HL_PNEUMOTHORAX, HL_EFFUSION, .15},
};
enum { COMPANIONS = sizeof companions / sizeof companions[0] };

/* A set that remembers the order in which its members came. */
struct history {
  enum hl_finding list[HL_FINDINGS];
  int count;
  uint32_t mask;
};

static bool has(const struct history *h, enum hl_finding f) { return h->mask >> f & 1; }

static void add(struct history *h, enum hl_finding f) {
  if (has(h, f)) return;
  h->mask |= UINT32_C(1) << f;
  h->list[h->count++] = f;
}

static enum hl_finding draw_finding(struct rng *r) {
  double total = 0;
  for (int i = 0; i < HL_FINDINGS; i++) total += prevalence[i].weight;
  double x = rng_unit(r) * total;
  int i = 0;
  while ((x -= prevalence[i].weight) >= 0 && i < HL_FINDINGS - 1) i++;
  return prevalence[i].finding;
}

/* The chronic findings, of which each follow-up shows a part. */
static struct history draw_history(struct rng *r) {
  struct history h = {0};
  if (!rng_chance(r, .62)) return h;
  int wanted = 1;
  wanted += rng_chance(r, .38);
  wanted += rng_chance(r, .12);
  while (h.count < wanted) {
    enum hl_finding f = draw_finding(r);
    add(&h, f);
    for (int i = 0; i < COMPANIONS; i++)
      if (companions[i].finding == f && !has(&h, companions[i].companion) && rng_chance(r, companions[i].probability))
        add(&h, companions[i].companion);
  }
  return h;
}

int hl_phantom_followups(int64_t patient, int64_t seed) {
  struct rng r = rng_seeded((uint64_t)seed * 31337 + (uint64_t)patient);
  return 1 + (int)(pow(rng_unit(&r), 1.5) * 6);
}

uint32_t hl_phantom_findings(int64_t patient, int followup, int64_t seed) {
  struct rng chronic = rng_seeded((uint64_t)seed * 7919 + (uint64_t)patient * 31 + 5);
  struct rng visible = rng_seeded((uint64_t)seed * 104729 + (uint64_t)patient * 131 + (uint64_t)followup * 17 + 3);
  struct history h = draw_history(&chronic);
  uint32_t mask = 0;
  for (int i = 0; i < h.count; i++)
    if (rng_chance(&visible, .82)) mask |= UINT32_C(1) << h.list[i];
  return mask;
}

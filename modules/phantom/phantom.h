/* SPDX-License-Identifier: MIT
 *
 * Procedural chest radiographs: labelled pictures for trying hilum without patients' data. Everything about a picture follows
 * from three integers, the patient, the follow-up and the seed of the set. The phantom is a drawing, not a simulation: it has the
 * gross anatomy and a cartoon of each finding, graded in difficulty.
 *
 * Pure functions of their arguments, callable from any thread.
 */
#ifndef HILUM_PHANTOM_PHANTOM_H
#define HILUM_PHANTOM_PHANTOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* The findings of NIH-CXR-LT, in the order of its table's columns. Bit i of a mask stands for finding i. */
enum hl_finding {
  HL_ATELECTASIS,
  HL_CARDIOMEGALY,
  HL_CONSOLIDATION,
  HL_EDEMA,
  HL_EFFUSION,
  HL_EMPHYSEMA,
  HL_FIBROSIS,
  HL_HERNIA,
  HL_INFILTRATION,
  HL_MASS,
  HL_NODULE,
  HL_PLEURAL_THICKENING,
  HL_PNEUMONIA,
  HL_PNEUMOTHORAX,
  HL_PNEUMOPERITONEUM,
  HL_PNEUMOMEDIASTINUM,
  HL_SUBCUTANEOUS_EMPHYSEMA,
  HL_TORTUOUS_AORTA,
  HL_CALCIFIED_AORTA,
  HL_FINDINGS
};

extern const char *const hl_finding_names[HL_FINDINGS];

/* How many pictures the patient has, 1 to 6. Follow-ups are numbered from 0. */
int hl_phantom_followups(int64_t patient, int64_t seed);

/* The findings of one picture, as a mask. */
uint32_t hl_phantom_findings(int64_t patient, int followup, int64_t seed);

/* What a hospital's table would say besides the findings. Age in years; it grows with the follow-ups and shows in no pixel. */
struct hl_phantom_info {
  bool ap, female;
  int age;
};
struct hl_phantom_info hl_phantom_info(int64_t patient, int followup, int64_t seed);

enum { HL_PHANTOM_MIN_SIZE = 64, HL_PHANTOM_MAX_SIZE = 2048, HL_PHANTOM_SIZE_STEP = 8 };

bool hl_phantom_size_ok(size_t size);

/* Draws size x size gray pixels into out, showing the findings of the mask (normally hl_phantom_findings of the same picture),
 * and says in ap whether the film is anteroposterior. False: a size that hl_phantom_size_ok refuses, or no memory. */
bool hl_phantom_render(int64_t patient, int followup, uint32_t findings, size_t size, int64_t seed, uint8_t *out, bool *ap,
                       struct hl_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Follow-ups and findings equal the reference's (tests/vectors/phantom/labels.txt).
 */
#include "../check.h"
#include "phantom/phantom.h"

static void labels_equal_the_reference(void) {
  FILE *file = fopen(HILUM_VECTORS "/phantom/labels.txt", "r");
  long long seed, patient;
  int followup, followups, lines = 0;
  unsigned findings;
  CHECK(file != NULL);
  if (!file) return;
  CHECK(fscanf(file, "%*[^\n]") == 0);
  for (; fscanf(file, "%lld %lld %d %d %x", &seed, &patient, &followup, &followups, &findings) == 5; lines++) {
    CHECK_EQ_INT(hl_phantom_followups(patient, seed), followups);
    CHECK_EQ_INT(hl_phantom_findings(patient, followup, seed), findings);
  }
  CHECK(lines >= 120);
  fclose(file);
}

/* The standard set: 1,201 pictures of 416 patients. */
static void the_standard_set_has_its_counts(void) {
  int images = 0, patients = 0, count[HL_FINDINGS] = {0}, none = 0;
  while (images < 1200) {
    patients++;
    int followups = hl_phantom_followups(patients, 1);
    for (int k = 0; k < followups; k++, images++) {
      uint32_t findings = hl_phantom_findings(patients, k, 1);
      none += findings == 0;
      for (int f = 0; f < HL_FINDINGS; f++) count[f] += (findings >> f & 1) != 0;
    }
  }
  CHECK_EQ_INT(images, 1201);
  CHECK_EQ_INT(patients, 416);
  CHECK_EQ_INT(none, 500);
  CHECK_EQ_INT(count[HL_EFFUSION], 151);
  CHECK_EQ_INT(count[HL_CARDIOMEGALY], 121);
  CHECK_EQ_INT(count[HL_SUBCUTANEOUS_EMPHYSEMA], 3);
}

static void ages_grow_and_sexes_stay(void) {
  int women = 0, ap = 0;
  for (int64_t patient = 1; patient <= 400; patient++) {
    struct hl_phantom_info first = hl_phantom_info(patient, 0, 1), last = hl_phantom_info(patient, 5, 1);
    CHECK(first.age >= 18 && first.age <= last.age && last.age <= 90);
    CHECK(first.female == last.female);
    women += first.female;
    ap += first.ap;
  }
  CHECK(women > 140 && women < 220);
  CHECK(ap > 120 && ap < 220);
}

int main(void) {
  labels_equal_the_reference();
  the_standard_set_has_its_counts();
  ages_grow_and_sexes_stay();
  return check_report();
}

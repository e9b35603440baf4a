/* SPDX-License-Identifier: MIT
 *
 * Everything that can be said against an image file: whether it is whole, is what its name says, and keeps within limits.
 */
#ifndef HILUM_IMAGE_CHECK_H
#define HILUM_IMAGE_CHECK_H

#include "image/report.h"
#include "image/scratch.h"

/* How far a check goes, and what a service accepts. 0: no limit. */
struct hl_limits {
  bool container_only; /* nothing is inflated or decoded */
  uint64_t bytes, min_side, max_side, pixels;
  double aspect;             /* longer side by shorter side */
  uint64_t inference_pixels; /* more are only worth a warning */
};

/* Amazon Titan Multimodal Embeddings G1: fine-tuning, and the pixels of one InvokeModel. */
extern const struct hl_limits hl_titan_limits;

/* Checks the file at path. report starts zeroed; the caller frees it. */
void hl_image_check(const char *path, const struct hl_limits *limits, struct hl_scratch *scratch, struct hl_report *report);

/* The same of bytes; name (may be NULL) is looked at for its extension. */
void hl_image_check_bytes(const char *name, const uint8_t *bytes, size_t size, const struct hl_limits *limits,
                          struct hl_scratch *scratch, struct hl_report *report);

/* Only what the header says: fills the fields of report other than its findings. False: err has the defect. */
bool hl_image_info(const uint8_t *bytes, size_t size, struct hl_report *report, struct hl_error *err);

#endif

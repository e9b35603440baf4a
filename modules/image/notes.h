/* SPDX-License-Identifier: MIT
 *
 * What a file says beside its pixels: texts and camera data, in which exporting programs leave names, birth dates and numbers.
 */
#ifndef HILUM_IMAGE_NOTES_H
#define HILUM_IMAGE_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "image/report.h"

struct hl_notes {
  size_t count, bytes;
  char names[80]; /* of the first ones, as a message lists them */
};

/* Takes down a note of `bytes` bytes: its kind ("tEXt", "Exif") and its keyword, which may be empty and is not trusted. */
void hl_notes_add(struct hl_notes *notes, const char *kind, const uint8_t *keyword, size_t size, size_t bytes);

/* The warning "text", if there are notes. */
void hl_notes_warn(const struct hl_notes *notes, struct hl_report *report);

#endif

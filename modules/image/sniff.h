/* SPDX-License-Identifier: MIT
 *
 * What a file is, by its first bytes.
 */
#ifndef HILUM_IMAGE_SNIFF_H
#define HILUM_IMAGE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum hl_format { HL_PNG, HL_JPEG };

/* False for anything else, which the defect names: "empty", "html", "dicom", "zero-tail" (nothing but zeros), "not-an-image". */
bool hl_sniff(const uint8_t *bytes, size_t size, enum hl_format *format, struct hl_error *err);

/* How many bytes at the end are 0. */
size_t hl_zero_tail(const uint8_t *bytes, size_t size);

#endif

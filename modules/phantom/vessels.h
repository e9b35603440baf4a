/* SPDX-License-Identifier: MIT
 *
 * The vessels of the lungs: trees of short straight pieces, drawn before everything else into a plane of their own.
 */
#ifndef HILUM_PHANTOM_VESSELS_H
#define HILUM_PHANTOM_VESSELS_H

#include "phantom/scene.h"

/* Draws the trees into a zeroed plane of size x size pixels; values 0 to 1. */
void hl_vessels_trace(const struct scene *s, float *plane, size_t size);

#endif

/* SPDX-License-Identifier: MIT
 *
 * From densities to the gray values of a film.
 */
#ifndef HILUM_PHANTOM_FILM_H
#define HILUM_PHANTOM_FILM_H

#include "phantom/scene.h"

/* Exposes a plane of size x size densities. scratch has room for hl_film_scratch(size) floats. */
void hl_film_expose(const struct film *film, const float *density, size_t size, float *scratch, uint8_t *out);

size_t hl_film_scratch(size_t size);

#endif

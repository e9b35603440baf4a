/* SPDX-License-Identifier: MIT
 *
 * Pictures as text for a terminal. Any thread.
 */
#ifndef HILUM_TERM_PICTURE_H
#define HILUM_TERM_PICTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/image.h"

/* Averages source over the areas of width x height new pixels, in RGB; alpha is dropped. target is the caller's to free. False:
 * no memory. */
bool hl_picture_resize(const struct hl_image *source, size_t width, size_t height, struct hl_image *target);

/* These take RGB. Characters that are half one pixel and half the one below it, in 24-bit colour or in the 256 colours of xterm.
 */
void hl_picture_blocks(FILE *out, const struct hl_image *rgb, bool all_colors);

/* Characters from dark to bright, one a pixel, without colour. */
void hl_picture_letters(FILE *out, const struct hl_image *rgb);

/* Sixel graphics (DEC STD 070): 101 greys if the picture is grey, else 252 colours. */
void hl_picture_sixel(FILE *out, const struct hl_image *rgb);

/* The graphics protocol of kitty: the pixels themselves. */
void hl_picture_kitty(FILE *out, const struct hl_image *rgb);

/* The inline images of iTerm2: a PNG, stored without compression. */
void hl_picture_iterm(FILE *out, const struct hl_image *rgb);

#endif

/* SPDX-License-Identifier: MIT
 *
 * How wide UTF-8 text is on a terminal. Any thread.
 */
#ifndef HILUM_TERM_TEXT_H
#define HILUM_TERM_TEXT_H

#include <stddef.h>

/* Columns that the text takes: none for combining marks and escape sequences, two for East Asian wide characters and emoji. */
size_t hl_text_width(const char *text, size_t size);

/* How many bytes of the text fit into so many columns; characters and escape sequences stay whole. */
size_t hl_text_fit(const char *text, size_t size, size_t columns);

#endif

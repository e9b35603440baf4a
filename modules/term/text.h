/* SPDX-License-Identifier: MIT
 *
 * How wide UTF-8 text is on a terminal. Any thread.
 */
#ifndef HILUM_TERM_TEXT_H
#define HILUM_TERM_TEXT_H

#include <stddef.h>

/* Columns that the text takes: none for combining marks and escape sequences, two for East Asian wide characters and emoji. */
size_t hl_text_width(const char *text, size_t size);

#endif

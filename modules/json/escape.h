/* SPDX-License-Identifier: MIT
 *
 * Text as a JSON string (RFC 8259 section 7): only what must be escaped is. Any thread.
 */
#ifndef HILUM_JSON_ESCAPE_H
#define HILUM_JSON_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* The most that hl_json_escape writes for size bytes. */
#define HL_JSON_ESCAPED(size) (6 * (size) + 2)

/* Writes text with its quotes to `to`, which has room for HL_JSON_ESCAPED(size) bytes. Returns how many were written. What is not
 * UTF-8 becomes U+FFFD, since a JSON text has to be UTF-8; *replaced (may be NULL) is set when that happened. */
size_t hl_json_escape(char *to, const char *text, size_t size, bool *replaced);

#endif

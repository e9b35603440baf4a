/* SPDX-License-Identifier: MIT
 *
 * A zlib stream (RFC 1950) in memory, inflated by ISA-L piece by piece: memory stays bounded whatever the stream expands to.
 */
#ifndef HILUM_IMAGE_INFLATE_H
#define HILUM_IMAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "image/scratch.h"

/* Deflate cannot expand by more than this (a match of 258 bytes in two bits). */
enum { HL_INFLATE_MAX_RATIO = 1032 };

/* Begins with the stream, which must stay in place; size < 4 GiB. Defects: "deflate" (bad header), "short-data". */
bool hl_inflate_begin(struct hl_scratch *scratch, const uint8_t *stream, size_t size, struct hl_error *err);

/* Writes the next bytes, room of them (< 4 GiB) unless the stream ends before; *got tells. Defects: "deflate", "adler". */
bool hl_inflate_next(struct hl_scratch *scratch, uint8_t *out, size_t room, size_t *got, struct hl_error *err);

/* True when the stream has ended and its Adler-32 was right; *rest is then the number of bytes after it. */
bool hl_inflate_ended(const struct hl_scratch *scratch, size_t *rest);

#endif

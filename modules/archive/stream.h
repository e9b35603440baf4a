/* SPDX-License-Identifier: MIT
 *
 * The bytes of a source as they were before gzip (RFC 1952), a block at a time in bounded memory: gzip members one after the
 * other are inflated by ISA-L, their checksums and lengths verified; what is not gzip passes through. What is read of the source
 * is counted and, if asked for, digested. Any thread, one at a time, but for what says otherwise.
 */
#ifndef HILUM_ARCHIVE_STREAM_H
#define HILUM_ARCHIVE_STREAM_H

#include <stdatomic.h>
#include <stdint.h>

#include "archive/source.h"
#include "hash/hash.h"

struct inflate_state; /* ISA-L's */

/* Zeroed: closed. */
struct hl_stream {
  const char *op; /* not owned, as the next three */
  struct hl_source *source;
  struct hl_hash *hash;           /* of all that is read; NULL: none */
  struct hl_error *err;           /* during hl_stream_next */
  struct inflate_state *inflate;  /* NULL: not gzip */
  uint8_t *in, *out;              /* out: NULL unless it is gzip */
  size_t ready;                   /* bytes in `in` that are not handed out, when it is not gzip */
  bool begun;                     /* what it is has been found out */
  bool between;                   /* gzip: a member has ended, or none has begun */
  struct hl_error failure;        /* what the next call reports; HL_OK: nothing */
  uint64_t produced;              /* bytes handed out */
  atomic_uint_least64_t position; /* bytes read of the source; any thread */
  atomic_bool stopping;           /* any thread: once it is true the next read of the source fails */
};

/* Zeroed but for these. False: err, and the stream is closed. */
bool hl_stream_open(struct hl_stream *stream, const char *op, struct hl_source *source, struct hl_hash *hash,
                    struct hl_error *err);

/* The next bytes, valid until the next call; *size 0 at the end. False: err, and the stream is of no more use. */
bool hl_stream_next(struct hl_stream *stream, const void **block, size_t *size, struct hl_error *err);

/* Fills err with an error of kind "integrity" whose message begins with the source's name. Returns false. */
bool hl_stream_fail(const struct hl_stream *stream, struct hl_error *err, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Idempotent. */
void hl_stream_close(struct hl_stream *stream);

#endif

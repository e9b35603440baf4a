/* SPDX-License-Identifier: MIT
 *
 * What a request sends: bytes in memory, a part of a regular file, or one of these in aws-chunked framing (http/framing.h). Its
 * size is known before it is read, and it can be read any number of times, by several readers at once. Reference counts are the
 * main thread's; a reader may be on any thread.
 */
#ifndef HILUM_HTTP_BODY_H
#define HILUM_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "core/error.h"

struct hl_http_framing;
struct hl_http_framer;

struct hl_http_body {
  enum { HL_HTTP_MEMORY, HL_HTTP_FILE, HL_HTTP_FRAMED } kind;
  int refs;
  uint64_t size;    /* bytes sent */
  const char *data; /* memory: somebody else's */
  struct {
    char *path;
    int fd;
    uint64_t offset;          /* of the first byte sent */
    off_t size;               /* of the whole file when it was opened */
    struct timespec modified; /* likewise */
    char *kept;               /* what is sent, if it was small and read for a digest before; NULL: read it */
  } file;
  struct hl_http_framing *framing; /* framed: owned */
};

/* Each gives a body with one reference. NULL: err. */
struct hl_http_body *hl_http_body_of_memory(const void *data, size_t size, struct hl_error *err);
/* length bytes from offset, or as many as there are; more than there are is an error. */
struct hl_http_body *hl_http_body_of_file(const char *path, uint64_t offset, uint64_t length, struct hl_error *err);

void hl_http_body_hold(struct hl_http_body *body);
/* Accepts NULL. */
void hl_http_body_release(struct hl_http_body *body);

/* One pass over a body. Zeroed: none. */
struct hl_http_reader {
  const struct hl_http_body *body; /* held by whoever opened the reader */
  const char *kept;                /* of the file, as it was when the reader was opened */
  uint64_t at;
  struct hl_http_framer *framer;
};

/* Main thread. False: no memory. */
bool hl_http_reader_open(struct hl_http_reader *reader, const struct hl_http_body *body);
/* How many bytes it gave (at least one, but for size 0 and at the end), -1: err. A file that is no longer what it was when it was
 * opened fails before its last byte is given. */
ssize_t hl_http_read(struct hl_http_reader *reader, void *data, size_t size, struct hl_error *err);
/* False: no memory. */
bool hl_http_rewind(struct hl_http_reader *reader);
/* Idempotent. */
void hl_http_reader_close(struct hl_http_reader *reader);

#endif

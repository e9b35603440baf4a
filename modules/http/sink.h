/* SPDX-License-Identifier: MIT
 *
 * What takes the body of an answer: an open file, from some offset on, or a pipe. Main thread: a disk that cannot keep up with
 * the network holds up the loop for as long as the system makes those wait who write too much.
 */
#ifndef HILUM_HTTP_SINK_H
#define HILUM_HTTP_SINK_H

#include "core/error.h"
#include "task/pipe.h"

/* Zeroed: closed. */
struct hl_http_sink {
  enum { HL_HTTP_NOWHERE, HL_HTTP_TO_FILE, HL_HTTP_TO_PIPE } kind;
  char *path;     /* of the file, for messages; owned */
  int fd;         /* owned */
  uint64_t at;    /* where in the file the first byte goes */
  uint64_t taken; /* bytes, of the last exchange */
  void *writer;   /* the exchange under way; NULL: none */
  struct hl_pipe *pipe;
};

/* Opens the file at path, which is made if it is not there and keeps what is outside the bytes written. False: sink is closed. */
bool hl_http_sink_open(struct hl_http_sink *sink, const char *path, uint64_t at, struct hl_error *err);
/* Writes to a file that somebody else has open; path is for messages. */
bool hl_http_sink_share(struct hl_http_sink *sink, int fd, const char *path, uint64_t at, struct hl_error *err);
/* Idempotent. */
void hl_http_sink_close(struct hl_http_sink *sink);

/* writer begins; a pipe calls room when it has some again. False: somebody else is writing. */
bool hl_http_sink_begin(struct hl_http_sink *sink, void (*room)(void *writer), void *writer);
/* Accepts a writer that never began. */
void hl_http_sink_end(struct hl_http_sink *sink, const void *writer);
bool hl_http_sink_is_busy(const struct hl_http_sink *sink);

/* HL_PIPE_ENDED: err says what went wrong. */
enum hl_piped hl_http_sink_take(struct hl_http_sink *sink, const void *data, size_t size, struct hl_error *err);

#endif

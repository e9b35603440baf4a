/* SPDX-License-Identifier: MIT */
#include "http/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* curl gives 16 KiB at a time. Written in pieces of 64 KiB they cost a fifth to a third less; of 256 KiB, twice as much (ext4).
 */
enum { HELD = 1 << 16 };

static bool adopt(struct hl_http_sink *sink, int fd, const char *path, uint64_t at, struct hl_error *err) {
  *sink = (struct hl_http_sink){.kind = HL_HTTP_TO_FILE, .path = strdup(path), .fd = fd, .at = at};
  if (fd >= 0 && sink->path) return true;
  hl_fail_errno(err, "http.sink", path);
  hl_http_sink_close(sink);
  return false;
}

bool hl_http_sink_open(struct hl_http_sink *sink, const char *path, uint64_t at, struct hl_error *err) {
  return adopt(sink, open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666), path, at, err);
}

bool hl_http_sink_share(struct hl_http_sink *sink, int fd, const char *path, uint64_t at, struct hl_error *err) {
  return adopt(sink, fcntl(fd, F_DUPFD_CLOEXEC, 0), path, at, err);
}

static void forget_held(struct hl_http_sink *sink) {
  free(sink->held);
  sink->taken -= sink->held_size;
  sink->held = NULL;
  sink->held_size = 0;
}

void hl_http_sink_close(struct hl_http_sink *sink) {
  forget_held(sink);
  if (sink->kind == HL_HTTP_TO_FILE && sink->fd >= 0) close(sink->fd);
  free(sink->path);
  *sink = (struct hl_http_sink){0};
}

bool hl_http_sink_is_busy(const struct hl_http_sink *sink) {
  return sink->writer || (sink->kind == HL_HTTP_TO_PIPE && sink->pipe->room);
}

bool hl_http_sink_begin(struct hl_http_sink *sink, void (*room)(void *writer), void *writer) {
  if (hl_http_sink_is_busy(sink)) return false;
  if (sink->kind == HL_HTTP_TO_PIPE) hl_pipe_attach(sink->pipe, room, writer);
  sink->writer = writer;
  sink->taken = 0;
  return true;
}

void hl_http_sink_end(struct hl_http_sink *sink, const void *writer) {
  if (sink->writer != writer) return;
  if (sink->kind == HL_HTTP_TO_PIPE) hl_pipe_attach(sink->pipe, NULL, NULL);
  forget_held(sink);
  sink->writer = NULL;
}

static bool fail_closed(struct hl_error *err) {
  return hl_fail(err, HL_IO, "http.request", "the sink was closed while the answer came");
}

bool hl_http_sink_flush(struct hl_http_sink *sink, struct hl_error *err) {
  const char *data = sink->held;
  uint64_t at = sink->at + sink->taken - sink->held_size;
  if (sink->kind == HL_HTTP_NOWHERE) return fail_closed(err);
  for (size_t size = sink->held_size; size;) {
    ssize_t written = pwrite(sink->fd, data, size, (off_t)at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return hl_fail_errno(err, "http.request", sink->path);
    data += written;
    at += (uint64_t)written;
    size -= (size_t)written;
  }
  sink->held_size = 0;
  return true;
}

static bool hold(struct hl_http_sink *sink, const char *data, size_t size, struct hl_error *err) {
  if (!sink->held) sink->held = malloc(HELD);
  if (!sink->held) return hl_fail_errno(err, "http.request", sink->path);
  while (size) {
    size_t room = HELD - sink->held_size, fits = size < room ? size : room;
    memcpy(sink->held + sink->held_size, data, fits);
    sink->held_size += fits;
    sink->taken += fits;
    data += fits;
    size -= fits;
    if (fits == room && !hl_http_sink_flush(sink, err)) return false;
  }
  return true;
}

static enum hl_piped pass_on(struct hl_http_sink *sink, const void *data, size_t size, struct hl_error *err) {
  enum hl_piped piped = hl_pipe_write(sink->pipe, data, size);
  if (piped == HL_PIPE_ENDED) hl_fail(err, HL_IO, "http.request", "the reader of the answer has closed the pipe");
  if (piped == HL_PIPE_TAKEN) sink->taken += size;
  return piped;
}

enum hl_piped hl_http_sink_take(struct hl_http_sink *sink, const void *data, size_t size, struct hl_error *err) {
  switch (sink->kind) {
  case HL_HTTP_TO_FILE: return hold(sink, data, size, err) ? HL_PIPE_TAKEN : HL_PIPE_ENDED;
  case HL_HTTP_TO_PIPE: return pass_on(sink, data, size, err);
  case HL_HTTP_NOWHERE: fail_closed(err); break;
  }
  return HL_PIPE_ENDED;
}

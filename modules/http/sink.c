/* SPDX-License-Identifier: MIT */
#include "http/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void hl_http_sink_close(struct hl_http_sink *sink) {
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
  sink->writer = NULL;
}

static bool write_file(const struct hl_http_sink *sink, const char *data, size_t size, struct hl_error *err) {
  for (uint64_t at = sink->at + sink->taken; size;) {
    ssize_t written = pwrite(sink->fd, data, size, (off_t)at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return hl_fail_errno(err, "http.request", sink->path);
    data += written;
    at += (uint64_t)written;
    size -= (size_t)written;
  }
  return true;
}

enum hl_piped hl_http_sink_take(struct hl_http_sink *sink, const void *data, size_t size, struct hl_error *err) {
  enum hl_piped piped = HL_PIPE_ENDED;
  switch (sink->kind) {
  case HL_HTTP_NOWHERE: hl_fail(err, HL_IO, "http.request", "the sink was closed while the answer came"); break;
  case HL_HTTP_TO_FILE:
    if (write_file(sink, data, size, err)) piped = HL_PIPE_TAKEN;
    break;
  case HL_HTTP_TO_PIPE:
    piped = hl_pipe_write(sink->pipe, data, size);
    if (piped == HL_PIPE_ENDED) hl_fail(err, HL_IO, "http.request", "the reader of the answer has closed the pipe");
    break;
  }
  if (piped == HL_PIPE_TAKEN) sink->taken += size;
  return piped;
}

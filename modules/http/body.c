/* SPDX-License-Identifier: MIT */
#include "http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/framing.h"

enum { READ_AHEAD = 1 << 20 };

struct hl_http_body *hl_http_body_of_memory(const void *data, size_t size, struct hl_error *err) {
  struct hl_http_body *body = malloc(sizeof *body);
  if (body)
    *body = (struct hl_http_body){.kind = HL_HTTP_MEMORY, .refs = 1, .size = size, .data = data};
  else
    hl_fail_errno(err, "http", NULL);
  return body;
}

/* What is sent of the file: its length, and that it can be read from the disk while the request is on its way. */
static bool choose_range(struct hl_http_body *body, const char *path, uint64_t offset, uint64_t length, struct hl_error *err) {
  struct stat st;
  if (fstat(body->file.fd, &st) != 0) return hl_fail_errno(err, "http.file", path);
  if (!S_ISREG(st.st_mode)) return hl_fail(err, HL_IO, "http.file", "%s: is not a regular file, whose size is known", path);
  uint64_t there = (uint64_t)st.st_size > offset ? (uint64_t)st.st_size - offset : 0;
  if (offset > (uint64_t)st.st_size || (length != UINT64_MAX && length > there))
    return hl_fail(err, HL_IO, "http.file", "%s: has %lld bytes and not those asked for", path, (long long)st.st_size);
  body->size = length < there ? length : there;
  body->file.offset = offset;
  body->file.size = st.st_size;
  body->file.modified = st.st_mtim;
  posix_fadvise(body->file.fd, (off_t)offset, body->size < READ_AHEAD ? (off_t)body->size : READ_AHEAD, POSIX_FADV_WILLNEED);
  return true;
}

struct hl_http_body *hl_http_body_of_file(const char *path, uint64_t offset, uint64_t length, struct hl_error *err) {
  struct hl_http_body *body = calloc(1, sizeof *body);
  if (body) {
    *body = (struct hl_http_body){.kind = HL_HTTP_FILE, .refs = 1, .file = {.path = strdup(path), .fd = -1}};
    if (body->file.path) body->file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is refused, not waited for */
  }
  if (!body || body->file.fd < 0)
    hl_fail_errno(err, "http.file", path);
  else if (choose_range(body, path, offset, length, err))
    return body;
  hl_http_body_release(body);
  return NULL;
}

void hl_http_body_hold(struct hl_http_body *body) { body->refs++; }

void hl_http_body_release(struct hl_http_body *body) {
  if (!body || --body->refs > 0) return;
  if (body->kind == HL_HTTP_FILE && body->file.fd >= 0) close(body->file.fd);
  free(body->file.path);
  free(body->file.kept);
  hl_http_framing_free(body->framing);
  free(body);
}

/* Reading. */

bool hl_http_reader_open(struct hl_http_reader *reader, const struct hl_http_body *body) {
  *reader = (struct hl_http_reader){.body = body, .kept = body->file.kept};
  if (body->kind != HL_HTTP_FRAMED) return true;
  reader->framer = hl_http_framer_open(body->framing);
  return reader->framer;
}

static bool is_as_it_was(const struct hl_http_body *body) {
  struct stat st;
  return fstat(body->file.fd, &st) == 0 && st.st_size == body->file.size && st.st_mtim.tv_sec == body->file.modified.tv_sec &&
         st.st_mtim.tv_nsec == body->file.modified.tv_nsec;
}

static ssize_t read_file(const struct hl_http_body *body, uint64_t at, void *data, size_t size, struct hl_error *err) {
  ssize_t got;
  do got = pread(body->file.fd, data, size, (off_t)(body->file.offset + at));
  while (got < 0 && errno == EINTR);
  if (got < 0) {
    hl_fail_errno(err, "http.file", body->file.path);
    return -1;
  }
  if (got > 0 && (at + (uint64_t)got < body->size || is_as_it_was(body))) return got;
  hl_fail(err, HL_IO, "http.file", "%s: changed while it was being read: send it again when it is complete", body->file.path);
  memcpy(err->code, "FILE_CHANGED", sizeof "FILE_CHANGED");
  return -1;
}

ssize_t hl_http_read(struct hl_http_reader *reader, void *data, size_t size, struct hl_error *err) {
  const struct hl_http_body *body = reader->body;
  ssize_t got = 0;
  if (size > body->size - reader->at) size = (size_t)(body->size - reader->at);
  if (!size) return 0;
  const char *memory = body->kind == HL_HTTP_MEMORY ? body->data : reader->kept;
  switch (body->kind) {
  case HL_HTTP_MEMORY:
  case HL_HTTP_FILE:
    got = memory ? (ssize_t)size : read_file(body, reader->at, data, size, err);
    if (memory) memcpy(data, memory + reader->at, size);
    break;
  case HL_HTTP_FRAMED: got = hl_http_framer_read(reader->framer, data, size, err); break;
  }
  if (got > 0) reader->at += (uint64_t)got;
  return got;
}

bool hl_http_rewind(struct hl_http_reader *reader) {
  reader->at = 0;
  return !reader->framer || hl_http_framer_rewind(reader->framer);
}

void hl_http_reader_close(struct hl_http_reader *reader) {
  hl_http_framer_close(reader->framer);
  *reader = (struct hl_http_reader){0};
}

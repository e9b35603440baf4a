/* SPDX-License-Identifier: MIT */
#include "archive/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files. */

struct file_source {
  struct hl_source source;
  const char *op;
  int fd;
  char path[]; /* NUL-terminated */
};

static bool read_file(struct hl_source *source, void *data, size_t size, size_t *got, struct hl_error *err) {
  struct file_source *self = (struct file_source *)source;
  ssize_t count;
  do count = read(self->fd, data, size);
  while (count < 0 && errno == EINTR);
  if (count < 0) return hl_fail_errno(err, self->op, self->path);
  *got = (size_t)count;
  return true;
}

static void close_file(struct hl_source *source) {
  close(((struct file_source *)source)->fd);
  free(source);
}

/* Opens without blocking, so that a named pipe without a writer is refused too. */
static int open_regular(const char *op, const char *path, struct hl_error *err) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &st) != 0) {
    hl_fail_errno(err, op, path);
  } else if (!S_ISREG(st.st_mode)) {
    hl_fail(err, HL_IO, op, "%s: is not a regular file", path);
  } else {
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

struct hl_source *hl_source_file(const char *op, const char *path, struct hl_error *err) {
  int fd = open_regular(op, path, err);
  if (fd < 0) return NULL;
  size_t room = strlen(path) + 1;
  struct file_source *self = malloc(sizeof *self + room);
  if (!self) {
    hl_fail_errno(err, op, path);
    close(fd);
    return NULL;
  }
  *self = (struct file_source){.source = {.name = self->path, .read = read_file, .close = close_file}, .op = op, .fd = fd};
  memcpy(self->path, path, room);
  return &self->source;
}

/* Memory. */

struct bytes_source {
  struct hl_source source;
  const char *at;
  size_t left;
};

static bool read_bytes(struct hl_source *source, void *data, size_t size, size_t *got, struct hl_error *err) {
  struct bytes_source *self = (struct bytes_source *)source;
  (void)err;
  *got = self->left < size ? self->left : size;
  if (*got) memcpy(data, self->at, *got);
  self->at += *got;
  self->left -= *got;
  return true;
}

static void close_bytes(struct hl_source *source) { free(source); }

struct hl_source *hl_source_bytes(const void *bytes, size_t size) {
  struct bytes_source *self = malloc(sizeof *self);
  if (!self) return NULL;
  *self = (struct bytes_source){{.name = "bytes", .read = read_bytes, .close = close_bytes}, bytes, size};
  return &self->source;
}

/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16, SYNC_STEP = 1 << 21, LONGEST_STEM = 200 };

static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A long name is cut, so that the temporary one still fits in NAME_MAX. NULL: no memory. */
static char *temporary_name(const char *path) {
  uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) < 0) random = (uint64_t)(uintptr_t)&random;
  size_t folder = folder_length(path);
  char *name = NULL;
  int length = asprintf(&name, "%.*s.%.*s" HL_FILE_MARK "%ld-%016llx", (int)folder, path, LONGEST_STEM, path + folder,
                        (long)getpid(), (unsigned long long)random);
  return length < 0 ? NULL : name;
}

static void release(struct hl_file *file) {
  free(file->path);
  free(file->temporary);
  free(file->buffer);
  *file = (struct hl_file){0};
}

/* The permissions a new file at path gets: those of the file it replaces. False: there is something else at path. */
static bool find_mode(const char *path, mode_t *mode, bool *replaces) {
  struct stat st;
  *replaces = stat(path, &st) == 0;
  *mode = *replaces ? st.st_mode & 0777 : 0666;
  return !*replaces || S_ISREG(st.st_mode);
}

bool hl_file_create(struct hl_file *file, const char *op, const char *path, struct hl_error *err) {
  *file = (struct hl_file){0};
  mode_t mode;
  bool replaces;
  if (!find_mode(path, &mode, &replaces)) return hl_fail(err, HL_IO, op, "%s: is there and is not a regular file", path);
  *file = (struct hl_file){
      .op = op, .path = strdup(path), .temporary = temporary_name(path), .buffer = malloc(BUFFER_SIZE), .fd = -1};
  bool made = file->path && file->temporary && file->buffer;
  if (made) {
    file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    made = file->fd >= 0;
  }
  if (!made) {
    hl_fail_errno(err, op, path);
    release(file);
    return false;
  }
  if (replaces) (void)!fchmod(file->fd, mode);
  return true;
}

bool hl_write_all(int fd, const void *data, size_t size) {
  const uint8_t *at = data;
  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    at += written;
    size -= (size_t)written;
  }
  return true;
}

/* Writes, and has the disk begin with what is there, so that the fsync of commit finds little left to wait for. */
static bool write_on(struct hl_file *file, const void *data, size_t size) {
  if (!hl_write_all(file->fd, data, size)) return false;
  file->unsynced += size;
  if (file->unsynced < SYNC_STEP) return true;
  sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  file->unsynced = 0;
  return true;
}

static bool flush(struct hl_file *file) {
  size_t used = file->used;
  file->used = 0;
  return write_on(file, file->buffer, used);
}

bool hl_file_write(struct hl_file *file, const void *data, size_t size, struct hl_error *err) {
  if (size > BUFFER_SIZE - file->used && !flush(file)) return hl_fail_errno(err, file->op, file->path);
  if (size >= BUFFER_SIZE) return write_on(file, data, size) || hl_fail_errno(err, file->op, file->path);
  if (size) memcpy(file->buffer + file->used, data, size);
  file->used += size;
  return true;
}

bool hl_sync_folder_of(const char *path) {
  size_t length = folder_length(path);
  char *folder = length ? strndup(path, length) : strdup(".");
  if (!folder) return false;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(folder);
  if (fd < 0) return false;
  bool synced = fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot */
  close(fd);
  return synced;
}

bool hl_file_commit(struct hl_file *file, struct hl_error *err) {
  bool placed = flush(file) && (file->lazy || fsync(file->fd) == 0) && rename(file->temporary, file->path) == 0;
  if (placed && (file->lazy || hl_sync_folder_of(file->path))) {
    close(file->fd);
    release(file);
    return true;
  }
  hl_fail_errno(err, file->op, file->path);
  hl_file_abort(file);
  return false;
}

void hl_file_abort(struct hl_file *file) {
  if (!file->path) return;
  close(file->fd);
  unlink(file->temporary);
  release(file);
}

/* Makes room for at least one more byte than limit, so that reading on shows whether the file ends there. */
static bool grow(uint8_t **data, size_t *capacity, size_t limit) {
  size_t wanted = *capacity < limit / 2 ? *capacity * 2 : limit + 1;
  uint8_t *larger = realloc(*data, wanted);
  if (!larger) return false;
  *data = larger;
  *capacity = wanted;
  return true;
}

static bool read_all(int fd, size_t limit, uint8_t **data, size_t *size) {
  struct stat st;
  size_t capacity = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size + 1 : BUFFER_SIZE;
  if (capacity > limit) capacity = limit + 1;
  *data = malloc(capacity);
  while (*data && *size <= limit) {
    if (*size == capacity && !grow(data, &capacity, limit)) return false;
    ssize_t got = read(fd, *data + *size, capacity - *size);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) *size += (size_t)got;
  }
  errno = *data ? EFBIG : ENOMEM;
  return false;
}

bool hl_read_file(const char *op, const char *path, size_t limit, uint8_t **data, size_t *size, struct hl_error *err) {
  *data = NULL;
  *size = 0;
  if (limit > SSIZE_MAX - 1) limit = SSIZE_MAX - 1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return hl_fail_errno(err, op, path);
  bool read_it = read_all(fd, limit, data, size);
  if (!read_it) {
    if (errno == EFBIG)
      hl_fail(err, HL_IO, op, "%s: larger than the %zu bytes allowed here", path, limit);
    else
      hl_fail_errno(err, op, path);
    free(*data);
    *data = NULL;
  }
  close(fd);
  return read_it;
}

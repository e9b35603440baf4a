/* SPDX-License-Identifier: MIT */
#include "rows/mapped.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t no_bytes[1];

static bool map_bytes(struct hl_mapped *m, int fd, const char *op, const char *path, size_t size, struct hl_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return hl_fail_errno(err, op, path);
  if ((size_t)st.st_size < size)
    return hl_fail(err, HL_INTEGRITY, op, "%s: has %lld bytes, not the %zu it had", path, (long long)st.st_size, size);
  void *map = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : NULL;
  if (map == MAP_FAILED) return hl_fail_errno(err, op, path);
  *m = (struct hl_mapped){.data = size ? map : no_bytes, .size = size};
  return true;
}

bool hl_mapped_open(struct hl_mapped *m, const char *op, const char *path, size_t size, struct hl_error *err) {
  *m = (struct hl_mapped){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return hl_fail_errno(err, op, path);
  bool mapped = map_bytes(m, fd, op, path, size, err);
  close(fd);
  return mapped;
}

void hl_mapped_close(struct hl_mapped *m) {
  if (m->size) munmap((void *)(uintptr_t)m->data, m->size);
  *m = (struct hl_mapped){0};
}

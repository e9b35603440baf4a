/* SPDX-License-Identifier: MIT */
#include "image/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/jpeg.h"
#include "image/png.h"
#include "image/sniff.h"

bool hl_image_decode(const uint8_t *bytes, size_t size, enum hl_image_mode mode, struct hl_scratch *scratch,
                     struct hl_image *image, struct hl_error *err) {
  return hl_image_decode_small(bytes, size, mode, SIZE_MAX, scratch, image, err);
}

/* The smallest scale at which both sides are still at least `least`. */
static unsigned choose_eighths(const struct hl_jpeg *jpeg, size_t least) {
  uint32_t shorter = jpeg->width < jpeg->height ? jpeg->width : jpeg->height;
  unsigned eighths = 1;
  while (eighths < 8 && shorter * eighths / 8 < least) eighths *= 2;
  return eighths;
}

bool hl_image_decode_small(const uint8_t *bytes, size_t size, enum hl_image_mode mode, size_t least, struct hl_scratch *scratch,
                           struct hl_image *image, struct hl_error *err) {
  enum hl_format format;
  struct hl_jpeg jpeg;
  if (!hl_sniff(bytes, size, &format, err)) return false;
  if (format == HL_PNG) return hl_png_decode(bytes, size, mode, scratch, image, err);
  return hl_jpeg_open(bytes, size, &jpeg, err) &&
         hl_jpeg_decode(bytes, size, &jpeg, mode, choose_eighths(&jpeg, least), image, err);
}

/* Not blocking: opening a FIFO would wait for a writer. */
static int open_file(const char *path, size_t *size, struct hl_error *err) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &status) != 0) {
    hl_fail_errno(err, "image", path);
  } else if (!S_ISREG(status.st_mode)) {
    hl_fail(err, HL_IO, "image", "%s: not a regular file", path);
  } else if ((uint64_t)status.st_size > HL_IMAGE_MAX_FILE) {
    hl_fail(err, HL_IO, "image", "%s: %lld bytes are more than the %llu that are read at most", path, (long long)status.st_size,
            (unsigned long long)HL_IMAGE_MAX_FILE);
  } else {
    *size = (size_t)status.st_size;
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

/* Up to *size bytes; *size becomes what was there, should the file have shrunk meanwhile. */
static bool read_all(int fd, uint8_t *bytes, size_t *size) {
  size_t done = 0;
  while (done < *size) {
    ssize_t got = read(fd, bytes + done, *size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    done += (size_t)got;
  }
  *size = done;
  return true;
}

bool hl_image_read(const char *path, struct hl_scratch *scratch, size_t *size, struct hl_error *err) {
  int fd = open_file(path, size, err);
  if (fd < 0) return false;
  bool is_read = hl_room_reserve(&scratch->file, *size) && read_all(fd, scratch->file.data, size);
  if (!is_read) hl_fail_errno(err, "image", path);
  close(fd);
  return is_read;
}

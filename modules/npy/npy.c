/* SPDX-License-Identifier: MIT */
#include "npy/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "npy/convert.h"

enum { ALIGNMENT = 64, PIECE = 1 << 20 };

/* An open file with a header that is right and data that are all there. */
struct opened {
  const char *op, *path;
  int fd;
  struct hl_npy_info info;
};

static bool fail(const struct opened *file, struct hl_error *err, const char *what) {
  return hl_fail(err, HL_PARSE, file->op, "%s: %s", file->path, what);
}

/* Reads exactly size bytes; false: errno, 0 when the file ends before. */
static bool read_at(int fd, uint8_t *to, size_t size, size_t offset) {
  while (size > 0) {
    ssize_t got = pread(fd, to, size, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return false;
    to += got;
    offset += (size_t)got;
    size -= (size_t)got;
  }
  return true;
}

static bool fail_read(const struct opened *file, struct hl_error *err) {
  return errno ? hl_fail_errno(err, file->op, file->path) : fail(file, err, "shorter than its header says: write it again");
}

/* Takes the first rows as all there are. */
static bool take_rows(struct opened *file, size_t rows, struct hl_error *err) {
  size_t said = file->info.rows;
  if (rows == HL_NPY_ALL) return true;
  file->info.rows = rows;
  return rows <= said || hl_fail(err, HL_INTEGRITY, file->op, "%s: has %zu rows, not %zu", file->path, said, rows);
}

static bool check_header(struct opened *file, size_t rows, struct hl_error *err) {
  struct stat st;
  if (fstat(file->fd, &st) != 0) return hl_fail_errno(err, file->op, file->path);
  size_t file_size = (size_t)st.st_size, size = file_size < HL_NPY_HEADER_MAX ? file_size : HL_NPY_HEADER_MAX;
  uint8_t *bytes = malloc(size + 1);
  struct hl_error why;
  bool read_it = bytes && read_at(file->fd, bytes, size, 0);
  bool parsed = read_it && hl_npy_parse(bytes, size, &file->info, &why);
  free(bytes);
  if (!read_it) return fail_read(file, err);
  if (!parsed) return fail(file, err, why.message);
  if (!take_rows(file, rows, err)) return false;
  errno = 0;
  return file->info.offset + hl_npy_size(&file->info) <= file_size || fail_read(file, err);
}

static bool open_npy(struct opened *file, int flags, size_t rows, struct hl_error *err) {
  file->fd = open(file->path, flags | O_CLOEXEC);
  if (file->fd < 0) return hl_fail_errno(err, file->op, file->path);
  if (check_header(file, rows, err)) return true;
  close(file->fd);
  return false;
}

bool hl_npy_info(const char *op, const char *path, struct hl_npy_info *info, struct hl_error *err) {
  struct opened file = {.op = op, .path = path};
  if (!open_npy(&file, O_RDONLY, HL_NPY_ALL, err)) return false;
  *info = file.info;
  close(file.fd);
  return true;
}

/* Reads all numbers as floats, in the order of the file. */
static bool read_numbers(const struct opened *file, float *to, struct hl_error *err) {
  uint8_t *piece = malloc(PIECE);
  size_t left = file->info.rows * file->info.cols, offset = file->info.offset, room = (size_t)PIECE / file->info.width;
  bool read_all = piece || hl_fail_errno(err, file->op, file->path);
  while (read_all && left > 0) {
    size_t count = left < room ? left : room;
    read_all = read_at(file->fd, piece, count * file->info.width, offset) || fail_read(file, err);
    if (read_all) hl_npy_convert(&file->info, piece, count, to);
    offset += count * file->info.width;
    to += count;
    left -= count;
  }
  free(piece);
  return read_all;
}

static bool read_matrix(const struct opened *file, struct hl_matrix *m, struct hl_error *err) {
  struct hl_matrix columns = {0};
  bool fortran = file->info.fortran && file->info.rows > 1 && file->info.cols > 1;
  errno = ENOMEM;
  if (!hl_matrix_alloc(m, file->info.rows, file->info.cols) || (fortran && !hl_matrix_alloc(&columns, m->cols, m->rows)))
    return hl_fail_errno(err, file->op, file->path);
  bool read_it = read_numbers(file, fortran ? columns.data : m->data, err);
  if (read_it && fortran) hl_npy_transpose(columns.data, m->rows, m->cols, m->data);
  hl_matrix_free(&columns);
  return read_it;
}

bool hl_npy_read(const char *op, const char *path, struct hl_matrix *m, struct hl_error *err) {
  struct opened file = {.op = op, .path = path};
  *m = (struct hl_matrix){0};
  if (!open_npy(&file, O_RDONLY, HL_NPY_ALL, err)) return false;
  bool read_it = read_matrix(&file, m, err);
  close(file.fd);
  if (!read_it) hl_matrix_free(m);
  return read_it;
}

static bool is_plain(const struct hl_npy_info *info) {
  bool rows_first = !info->fortran || info->rows <= 1 || info->cols <= 1;
  return info->type == 'f' && info->width == 4 && !info->big_endian && rows_first;
}

bool hl_npy_map(const char *op, const char *path, size_t rows, struct hl_matrix *m, struct hl_error *err) {
  struct opened file = {.op = op, .path = path};
  *m = (struct hl_matrix){0};
  if (!open_npy(&file, O_RDONLY, rows, err)) return false;
  size_t size = file.info.offset + hl_npy_size(&file.info);
  bool can = is_plain(&file.info) && file.info.offset % ALIGNMENT == 0;
  void *map = can ? mmap(NULL, size, PROT_READ, MAP_SHARED, file.fd, 0) : MAP_FAILED;
  close(file.fd);
  if (!can) return fail(&file, err, "cannot be mapped (no little-endian float32 in C order): npy.read converts it");
  if (map == MAP_FAILED) return hl_fail_errno(err, op, path);
  *m = (struct hl_matrix){.data = (float *)((uint8_t *)map + file.info.offset),
                          .rows = file.info.rows,
                          .cols = file.info.cols,
                          .map = map,
                          .map_size = size,
                          .readonly = true};
  return true;
}

void hl_npy_expect_few(const struct hl_matrix *m) {
  madvise(m->map, m->map_size, MADV_RANDOM);
  madvise(m->map, m->map_size, MADV_NOHUGEPAGE);
}

bool hl_npy_write(const char *op, const char *path, const struct hl_matrix *m, struct hl_error *err) {
  struct hl_file file;
  uint8_t header[HL_NPY_WRITTEN];
  hl_npy_format(header, m->rows, m->cols);
  if (!hl_file_create(&file, op, path, err)) return false;
  bool written = hl_file_write(&file, header, sizeof header, err) &&
                 hl_file_write(&file, m->data, m->rows * m->cols * sizeof *m->data, err) && hl_file_commit(&file, err);
  hl_file_abort(&file);
  return written;
}

static bool write_at(int fd, const void *data, size_t size, size_t offset) {
  return lseek(fd, (off_t)offset, SEEK_SET) >= 0 && hl_write_all(fd, data, size) && fdatasync(fd) == 0;
}

static bool add_rows(const struct opened *file, const struct hl_matrix *m, struct hl_error *err) {
  size_t end = file->info.offset + hl_npy_size(&file->info);
  if (!is_plain(&file->info) || file->info.dimensions != 2 || file->info.offset != HL_NPY_WRITTEN)
    return fail(file, err, "not made by npy.write: read it and write it anew to add to it");
  if (file->info.cols != m->cols)
    return hl_fail(err, HL_USAGE, file->op, "%s: has %zu columns, the rows to add have %zu", file->path, file->info.cols,
                   m->cols);
  uint8_t header[HL_NPY_WRITTEN];
  hl_npy_format(header, file->info.rows + m->rows, m->cols);
  bool added = ftruncate(file->fd, (off_t)end) == 0 && write_at(file->fd, m->data, m->rows * m->cols * sizeof *m->data, end) &&
               write_at(file->fd, header, sizeof header, 0);
  return added || hl_fail_errno(err, file->op, file->path);
}

bool hl_npy_append(const char *op, const char *path, size_t at, const struct hl_matrix *m, struct hl_error *err) {
  struct opened file = {.op = op, .path = path};
  if (access(path, F_OK) != 0 && errno == ENOENT) return hl_npy_write(op, path, m, err);
  if (!open_npy(&file, O_RDWR, at, err)) return false;
  bool added = add_rows(&file, m, err);
  close(file.fd);
  return added;
}

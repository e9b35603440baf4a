/* SPDX-License-Identifier: MIT
 *
 * Quantised rows in a file: a header of 64 bytes, the memory of struct hl_quantized as it is, and the CRC-64 (ECMA-182) of each
 * block of that memory. All numbers are little-endian.
 */
#include <errno.h>
#include <fcntl.h>
#include <isa-l/crc64.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "vec/quantized_layout.h"

enum { VERSION = 2, SAMPLES = 16, BLOCK = 1 << 20 };

struct header {
  char magic[8];
  uint64_t version, rows, cols, stride;
  uint64_t reserved;
  uint64_t sums;     /* the CRC-64 of those of the blocks */
  uint64_t checksum; /* of the bytes before it */
};

/* FNV-1a. */
static uint64_t checksum_of(const struct header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  uint64_t hash = 0xCBF29CE484222325U;
  for (size_t i = 0; i < offsetof(struct header, checksum); i++) hash = (hash ^ bytes[i]) * 0x100000001B3U;
  return hash;
}

static struct header header_of(const struct hl_quantized *q, uint64_t sums) {
  struct header header = {
      .magic = "hilum-q8", .version = VERSION, .rows = q->rows, .cols = q->cols, .stride = q->stride, .sums = sums};
  header.checksum = checksum_of(&header);
  return header;
}

/* Blocks. */

size_t hl_quantized_blocks(const struct hl_quantized *q) { return (hl_quantized_size(q) + BLOCK - 1) / BLOCK; }

static size_t sums_size(const struct hl_quantized *q) { return hl_quantized_blocks(q) * sizeof(uint64_t); }

static uint64_t sum_of(const struct hl_quantized *q, size_t block) {
  size_t left = hl_quantized_size(q) - block * BLOCK;
  return crc64_ecma_refl(0, (const uint8_t *)q->digits + block * BLOCK, left < BLOCK ? left : BLOCK);
}

/* In a mapped file. */
static const uint64_t *sums_of(const struct hl_quantized *q) {
  return (const uint64_t *)(const void *)((const uint8_t *)q->digits + hl_quantized_size(q));
}

static uint64_t sum_of_sums(const uint64_t *sums, size_t size) { return crc64_ecma_refl(0, (const uint8_t *)sums, size); }

bool hl_quantized_is_sound(const struct hl_quantized *q, size_t block) { return sums_of(q)[block] == sum_of(q, block); }

/* Files. */

static bool write_file(struct hl_file *file, const struct hl_quantized *q, const uint64_t *sums, struct hl_error *err) {
  struct header header = header_of(q, sum_of_sums(sums, sums_size(q)));
  return hl_file_write(file, &header, sizeof header, err) && hl_file_write(file, q->digits, hl_quantized_size(q), err) &&
         hl_file_write(file, sums, sums_size(q), err);
}

bool hl_quantized_save(const char *op, const char *path, const struct hl_quantized *q, struct hl_error *err) {
  struct hl_file file;
  uint64_t *sums = malloc(sums_size(q) + 1);
  if (!sums) return hl_fail(err, HL_IO, op, "%s: not enough memory", path);
  for (size_t block = 0; block < hl_quantized_blocks(q); block++) sums[block] = sum_of(q, block);
  bool written = hl_file_create(&file, op, path, err) && write_file(&file, q, sums, err);
  free(sums);
  if (written) return hl_file_commit(&file, err);
  hl_file_abort(&file);
  return false;
}

/* What is wrong with the file, or NULL. */
static const char *judge_header(const struct header *header, const struct hl_quantized *q, size_t file_size) {
  struct header wanted = header_of(q, header->sums);
  if (memcmp(header->magic, wanted.magic, sizeof wanted.magic) != 0) return "is no file of quantised vectors";
  if (header->checksum != checksum_of(header)) return "has a damaged header";
  if (header->version != wanted.version) return "is of another format version";
  if (memcmp(header, &wanted, sizeof wanted) != 0) return "has another shape than the matrix";
  if (file_size != sizeof wanted + hl_quantized_size(q) + sums_size(q)) return "is cut short or too long";
  return NULL;
}

static bool is_row_of(const struct hl_quantized *q, size_t i, const struct hl_matrix *data, int8_t *scratch) {
  struct quantized_row row = {.digits = scratch};
  return quantize_row(data->data + i * data->cols, data->cols, &row) && row.scale == q->scale[i] &&
         memcmp(scratch, q->digits + i * q->stride, data->cols) == 0;
}

/* The first row, the last, and some between. */
static bool is_of(const struct hl_quantized *q, const struct hl_matrix *data) {
  int8_t *scratch = malloc(data->cols + 1);
  bool same = scratch != NULL;
  for (size_t i = 0; i < SAMPLES && same && q->rows; i++) same = is_row_of(q, i * (q->rows - 1) / (SAMPLES - 1), data, scratch);
  free(scratch);
  return same;
}

static const char *map_file(int fd, const struct hl_matrix *data, struct hl_quantized *q) {
  struct header header;
  struct stat status;
  set_quantized_shape(q, data->rows, data->cols);
  if (fstat(fd, &status) != 0) return strerror(errno);
  if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header) return "is no file of quantised vectors";
  const char *problem = judge_header(&header, q, (size_t)status.st_size);
  if (problem) return problem;
  void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return strerror(errno);
  set_quantized_memory(q, (uint8_t *)map + sizeof header);
  q->map = map;
  q->map_size = (size_t)status.st_size;
  q->unchecked = true;
  if (sum_of_sums(sums_of(q), sums_size(q)) != header.sums) return "has damaged checksums";
  return is_of(q, data) ? NULL : "does not belong to the matrix";
}

bool hl_quantized_map(const char *op, const char *path, const struct hl_matrix *data, struct hl_quantized *q,
                      struct hl_error *err) {
  *q = (struct hl_quantized){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return hl_fail_errno(err, op, path);
  const char *problem = map_file(fd, data, q);
  close(fd);
  if (!problem) return true;
  hl_quantized_free(q);
  return hl_fail(err, HL_INTEGRITY, op, "%s %s: make it again with vec.quantize and save", path, problem);
}

/* SPDX-License-Identifier: MIT
 *
 * What bounds the scan of a certified search: bytes a second that its loop reads, and that a loop which does nothing but read
 * reaches, of rows in memory and of rows in the second cache. One thread, four streams and huge pages in both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/cpu.h"
#include "core/matrix.h"
#include "vec/scan_int8.h"

enum { STREAMS = HL_INT8_STREAMS, ROUNDS = 15, AHEAD = 2048, CACHED = 1 << 20, ROWS = 112120 };

typedef uint64_t word __attribute__((vector_size(64)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Returns something that depends on all that was read. */
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static uint64_t
read_all(const int8_t *data, size_t size) {
  size_t stream = size / STREAMS / sizeof(word) * sizeof(word);
  word sums[STREAMS] = {{0}};
  for (size_t i = 0; i < stream; i += sizeof(word))
    for (size_t s = 0; s < STREAMS; s++) {
      __builtin_prefetch(data + s * stream + i + AHEAD, 0, 2);
      sums[s] += *(const word *)(const void *)(data + s * stream + i);
    }
  word sum = sums[0] + sums[1] + sums[2] + sums[3];
  return sum[0] + sum[3] + sum[7];
}

static uint64_t scan_all(const int8_t *data, size_t size, size_t length, const struct hl_digits *query) {
  size_t stream = size / length / STREAMS, ahead = AHEAD / length;
  uint64_t sum = 0;
  for (size_t i = 0; i < stream; i++) {
    const int8_t *rows[STREAMS], *next[STREAMS];
    int32_t products[STREAMS];
    for (size_t s = 0; s < STREAMS; s++) {
      rows[s] = data + (s * stream + i) * length;
      next[s] = rows[s] + ahead * length;
    }
    hl_int8_kernels()->dot_streams(rows, next, query, length, products);
    for (size_t s = 0; s < STREAMS; s++) sum += (uint64_t)products[s];
  }
  return sum;
}

/* GB/s of passes over size bytes, as many as make up the whole; the median. length: of rows to scan; 0: only read. */
static double speed(const int8_t *data, size_t size, size_t whole, size_t length, const struct hl_digits *query) {
  static volatile uint64_t sink;
  double times[ROUNDS];
  size_t passes = whole / size;
  for (size_t round = 0; round < ROUNDS; round++) {
    double began = now();
    for (size_t i = 0; i < passes; i++) sink += length ? scan_all(data, size, length, query) : read_all(data, size);
    times[round] = now() - began;
  }
  qsort(times, ROUNDS, sizeof *times, ascending);
  return (double)(passes * size) / times[ROUNDS / 2] / 1e9;
}

static void compare(size_t length) {
  size_t size = ROWS * length;
  int8_t *data = hl_alloc_pages(size + AHEAD + length), *digits = calloc(2, length);
  if (!data || !digits) exit(1);
  for (size_t i = 0; i < size; i++) data[i] = (int8_t)(i * 2654435761U >> 24) / 2;
  struct hl_digits query = {.high = digits, .low = digits + length, .shift = 7};
  double read = speed(data, size, size, 0, &query), scan = speed(data, size, size, length, &query);
  double near_read = speed(data, CACHED, size, 0, &query), near_scan = speed(data, CACHED, size, length, &query);
  printf("%d x %zu, %s: read %.1f GB/s, scan %.1f (%.2f of it, %.2f ms); in cache: read %.1f, scan %.1f (%.1f times as fast)\n",
         ROWS, length, hl_cpu_path_name(hl_cpu_path()), read, scan, scan / read, (double)size / scan / 1e6, near_read, near_scan,
         near_scan / scan);
  free(data);
  free(digits);
}

int main(void) {
  compare(1024);
  compare(384);
  return 0;
}

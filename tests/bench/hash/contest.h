/* SPDX-License-Identifier: MIT
 *
 * A table of GB/s of processor time, a row for each contender and a column for each size of data: medians of rounds in which all
 * take their turn.
 */
#ifndef HILUM_BENCH_CONTEST_H
#define HILUM_BENCH_CONTEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/cpu.h"

enum { ROUNDS = 15, SIZES = 4 };

struct contender {
  const char *name;
  enum hl_cpu needs;
  uint64_t (*run)(size_t size);
};

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double measure(const struct contender *contender, size_t size) {
  enum { BYTES_A_ROUND = 1 << 24 };
  static volatile uint64_t sink;
  size_t done = 0;
  sink += contender->run(size); /* brings the data as near as they fit */
  double began = seconds();
  for (; done < BYTES_A_ROUND; done += size) sink += contender->run(size);
  return (double)done / (seconds() - began) * 1e-9;
}

static inline int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static inline void contest(const struct contender *contenders, size_t count, const size_t sizes[SIZES]) {
  double(*speeds)[SIZES][ROUNDS] = calloc(count, sizeof *speeds);
  for (int round = 0; round < ROUNDS; round++)
    for (int s = 0; s < SIZES; s++)
      for (size_t c = 0; c < count; c++)
        if (contenders[c].needs <= hl_cpu()) speeds[c][s][round] = measure(&contenders[c], sizes[s]);
  printf("%-24s", "GB/s");
  for (int s = 0; s < SIZES; s++) printf("%10zu", sizes[s]);
  for (size_t c = 0; c < count; c++) {
    printf("\n%-24s", contenders[c].name);
    for (int s = 0; s < SIZES; s++) {
      qsort(speeds[c][s], ROUNDS, sizeof speeds[c][s][0], compare);
      printf("%10.2f", speeds[c][s][ROUNDS / 2]);
    }
  }
  putchar('\n');
  free(speeds);
}

#endif

/* SPDX-License-Identifier: MIT
 *
 * What the C unit tests share: checks that count failures, and copies that end at an unreadable page, so that reading one byte
 * too many faults even without a sanitizer.
 */
#ifndef HILUM_TESTS_CHECK_H
#define HILUM_TESTS_CHECK_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int check_failures, check_count;

#define CHECK(condition)                                                                                                         \
  do {                                                                                                                           \
    check_count++;                                                                                                               \
    if (!(condition)) {                                                                                                          \
      check_failures++;                                                                                                          \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                                                    \
    }                                                                                                                            \
  } while (0)

#define CHECK_EQ_INT(got, wanted)                                                                                                \
  do {                                                                                                                           \
    long long check_got = (long long)(got), check_wanted = (long long)(wanted);                                                  \
    check_count++;                                                                                                               \
    if (check_got != check_wanted) {                                                                                             \
      check_failures++;                                                                                                          \
      fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, check_got, check_wanted);                       \
    }                                                                                                                            \
  } while (0)

#define CHECK_EQ_STR(got, wanted)                                                                                                \
  do {                                                                                                                           \
    const char *check_got = (got), *check_wanted = (wanted);                                                                     \
    check_count++;                                                                                                               \
    if (!check_got || strcmp(check_got, check_wanted) != 0) {                                                                    \
      check_failures++;                                                                                                          \
      fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, check_got ? check_got : "(null)",           \
              check_wanted);                                                                                                     \
    }                                                                                                                            \
  } while (0)

#define CHECK_NEAR(got, wanted, tolerance)                                                                                       \
  do {                                                                                                                           \
    double check_got = (got), check_wanted = (wanted);                                                                           \
    check_count++;                                                                                                               \
    if (!(fabs(check_got - check_wanted) <= (tolerance))) {                                                                      \
      check_failures++;                                                                                                          \
      fprintf(stderr, "%s:%d: %s is %.9g, not %.9g\n", __FILE__, __LINE__, #got, check_got, check_wanted);                       \
    }                                                                                                                            \
  } while (0)

/* A copy of size bytes whose last byte is the last of a page that an unreadable one follows. Never freed. */
static inline void *guard_copy(const void *data, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
  uint8_t *base = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED || mprotect(base + room, page, PROT_NONE) != 0) abort();
  uint8_t *copy = base + room - size;
  if (size) memcpy(copy, data, size);
  return copy;
}

static inline int check_report(void) {
  printf("%d checks, %d failed\n", check_count, check_failures);
  return check_failures ? 1 : 0;
}

#endif

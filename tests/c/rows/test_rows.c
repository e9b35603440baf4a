/* SPDX-License-Identifier: MIT
 *
 * Mapped beginnings of files and sets of rows.
 */
#include <fcntl.h>

#include "../check.h"
#include "rows/mapped.h"
#include "rows/set.h"

static struct hl_error err;

static struct hl_row_set *new_set(size_t count) {
  struct hl_row_set *set = calloc(1, sizeof *set + hl_row_set_words(count) * sizeof(uint64_t));
  if (!set) abort();
  set->count = count;
  return set;
}

static void test_mapped(void) {
  char path[] = "/tmp/hilum-test-XXXXXX";
  struct hl_mapped m, none;
  int fd = mkstemp(path);
  CHECK(write(fd, "0123456789", 10) == 10);
  CHECK(hl_mapped_open(&m, "test", path, 6, &err) && m.size == 6);
  CHECK(ftruncate(fd, 6) == 0 && write(fd, "x", 1) == 1);
  CHECK(memcmp(m.data, "012345", 6) == 0);
  CHECK(!hl_mapped_open(&none, "test", path, 100, &err) && err.kind == HL_INTEGRITY && !none.data);
  CHECK(hl_mapped_open(&none, "test", path, 0, &err) && none.data && none.size == 0);
  hl_mapped_close(&none);
  hl_mapped_close(&m);
  hl_mapped_close(&m);
  unlink(path);
  close(fd);
  CHECK(!hl_mapped_open(&none, "test", path, 0, &err) && err.kind == HL_IO);
}

/* The lists of some ranges have what is in the set. */
static void check_lists(const struct hl_row_set *set) {
  uint32_t *list = calloc(set->count + 1, sizeof *list);
  for (size_t from = 0; list && from <= set->count; from += 1 + from / 3) {
    for (size_t end = from; end <= set->count; end += 1 + end / 3) {
      size_t found = hl_row_set_list(set, from, end, list), i = 0, wrong = 0;
      for (size_t row = from; row < end; row++)
        if (hl_row_set_has(set, row)) wrong += i >= found || list[i++] != row;
      CHECK(!wrong && i == found);
    }
  }
  free(list);
}

/* Every operation against one byte a row. */
static void test_against_bytes(size_t count) {
  struct hl_row_set *a = new_set(count), *b = new_set(count);
  uint8_t *in_a = calloc(count + 1, 1), *in_b = calloc(count + 1, 1);
  for (size_t row = 0; row < count; row++) {
    in_a[row] = row * 7 % 5 < 2;
    in_b[row] = row * 11 % 3 == 0;
    if (in_a[row]) hl_row_set_add(a, row);
    if (in_b[row]) hl_row_set_add(b, row);
  }
  hl_row_set_invert(a);
  hl_row_set_keep(a, b);
  hl_row_set_invert(b);
  hl_row_set_remove(a, b);
  size_t size = 0, wrong = 0;
  for (size_t row = 0; row < count; row++) {
    bool wanted = !in_a[row] && in_b[row];
    size += wanted;
    wrong += hl_row_set_has(a, row) != wanted;
  }
  CHECK_EQ_INT(wrong, 0);
  CHECK_EQ_INT(hl_row_set_size(a), size);
  check_lists(a);
  CHECK_EQ_INT(hl_row_set_size(b), count - (count + 2) / 3);
  free(a);
  free(b);
  free(in_a);
  free(in_b);
}

static void test_tags(void) {
  static const uint8_t tags[] = {2, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 1, 1,
                                 0, 0, 0, 9, 0, 0, 0, 0, 1, 0, 0, 5, 0, 0, 0, 0};
  const uint8_t *guarded = guard_copy(tags, sizeof tags);
  struct hl_row_set *set = new_set(3);
  CHECK(hl_row_set_add_tagged(set, guarded, sizeof tags, 9));
  CHECK(!hl_row_set_has(set, 0) && hl_row_set_has(set, 1) && hl_row_set_has(set, 2));
  CHECK(hl_row_set_add_tagged(set, guarded, sizeof tags, 0x01000008) && hl_row_set_size(set) == 3);
  CHECK(!hl_row_set_add_tagged(set, guarded, sizeof tags, 5)); /* row 256 */
  free(set);
}

int main(void) {
  test_mapped();
  static const size_t counts[] = {0, 1, 63, 64, 65, 128, 1000};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) test_against_bytes(counts[i]);
  test_tags();
  return check_report();
}

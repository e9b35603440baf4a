/* SPDX-License-Identifier: MIT */
#include "archive/name.h"

#include "../check.h"

static void test_refusals(void) {
  static const struct {
    const char *name, *refusal;
  } cases[] = {
      {"a.png", NULL},
      {"images/00000001_000.png", NULL},
      {"./a//b/.", NULL},
      {"...", NULL},
      {"..a/b..", NULL},
      {"\xC3\xB6", NULL},
      {"\xE5\x83\x8F", NULL},
      {"\xF0\x9F\xA9\xBB", NULL},
      {"\xF4\x8F\xBF\xBF", NULL},
      {"", "it has no name"},
      {".", "it has no name"},
      {"././/", "it has no name"},
      {"/a", "its name is absolute"},
      {"..", "its name leads out of the folder"},
      {"../a", "its name leads out of the folder"},
      {"a/../b", "its name leads out of the folder"},
      {"a//..", "its name leads out of the folder"},
      {"a\nb", "its name has control characters in it"},
      {"a\x7F", "its name has control characters in it"},
      {"\xC2\x85", "its name has control characters in it"},
      {"\xC0\xAF", "its name is not UTF-8"},
      {"\xC3", "its name is not UTF-8"},
      {"\xE5\x83", "its name is not UTF-8"},
      {"\xE0\x80\xAF", "its name is not UTF-8"},
      {"\xED\xA0\x80", "its name is not UTF-8"},
      {"\xF4\x90\x80\x80", "its name is not UTF-8"},
      {"\xF8\x88\x80\x80\x80", "its name is not UTF-8"},
      {"\x80", "its name is not UTF-8"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *refusal = hl_name_refusal(guard_copy(cases[i].name, strlen(cases[i].name) + 1));
    CHECK_EQ_STR(refusal ? refusal : "", cases[i].refusal ? cases[i].refusal : "");
  }
}

static void test_length(void) {
  char name[HL_NAME_MAX + 2] = {0};
  memset(name, 'n', HL_NAME_MAX);
  CHECK(!hl_name_refusal(name));
  name[HL_NAME_MAX] = 'n';
  CHECK_EQ_STR(hl_name_refusal(name), "its name is too long");
}

static void test_clean(void) {
  static const char *const cases[][2] = {{"a", "a"},           {"./a", "a"}, {"./a//b/./c/", "a/b/c"}, {"a/", "a"}, {"././", ""},
                                         {".a/..b", ".a/..b"}, {"/a", "a"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *name = guard_copy(cases[i][0], strlen(cases[i][0]) + 1);
    hl_name_clean(name, name);
    CHECK_EQ_STR(name, cases[i][1]);
  }
}

int main(void) {
  test_refusals();
  test_length();
  test_clean();
  return check_report();
}

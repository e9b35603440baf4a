/* SPDX-License-Identifier: MIT */
#include "httpd/httpd.h"

#include "../check.h"

static void check_decoded(const char *text, bool plus_is_space, const char *wanted, size_t wanted_size) {
  size_t size = strlen(text);
  char *copy = (char *)guard_copy(text, size);
  size_t decoded = hl_percent_decode(copy, size, plus_is_space);
  CHECK_EQ_INT(decoded, wanted_size);
  CHECK(memcmp(copy, wanted, wanted_size) == 0);
}

int main(void) {
  check_decoded("", false, "", 0);
  check_decoded("abc", false, "abc", 3);
  check_decoded("a%20b%2fc%2Fd", false, "a b/c/d", 7);
  check_decoded("%C3%bc", false, "\xC3\xBC", 2);
  check_decoded("%00", false, "\0", 1);
  check_decoded("a+b", false, "a+b", 3);
  check_decoded("a+b%2B", true, "a b+", 4);
  check_decoded("%", false, "%", 1);
  check_decoded("100%", false, "100%", 4);
  check_decoded("%4", false, "%4", 2);
  check_decoded("%zz%4z%z4", false, "%zz%4z%z4", 9);
  check_decoded("%%41", false, "%A", 2);
  check_decoded("%2541", false, "%41", 3);
  return check_report();
}

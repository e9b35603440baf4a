/* SPDX-License-Identifier: MIT */
#include "../check.h"
#include "json/escape.h"
#include "json/scan.h"

static const char *escape(const char *text, size_t size, bool *replaced) {
  static char to[256];
  *replaced = false;
  to[hl_json_escape(to, guard_copy(text, size), size, replaced)] = '\0';
  return to;
}

#define ESCAPE(text) escape(text, sizeof(text) - 1, &replaced)

static void test_escape(void) {
  bool replaced;
  CHECK_EQ_STR(ESCAPE(""), "\"\"");
  CHECK_EQ_STR(ESCAPE("a/b\x7F"), "\"a/b\x7F\"");
  CHECK_EQ_STR(ESCAPE("\"\\\b\f\n\r\t\x01\x1F"), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\"");
  CHECK_EQ_STR(ESCAPE("a\0b"), "\"a\\u0000b\"");
  CHECK_EQ_STR(ESCAPE("é€😀"), "\"é€😀\"");
  CHECK(!replaced);
  static const char *const bad[] = {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xE0\x80\x80", "\xF4\x90\x80\x80", "\xE2\x82"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *got = escape(bad[i], strlen(bad[i]), &replaced);
    CHECK(replaced);
    CHECK(strncmp(got, "\"\xEF\xBF\xBD", 4) == 0);
  }
}

/* What stands for itself is copied in blocks: up to what does not, wherever that is. */
static void test_escape_places(void) {
  enum { SIZE = 150 };
  static const char *const odd[][2] = {{"\"", "\\\""}, {"\\", "\\\\"}, {"\x1F", "\\u001f"}, {"\x80", "\xEF\xBF\xBD"}};
  for (size_t place = 0; place < SIZE; place++)
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
      char text[SIZE], wanted[2 * SIZE];
      bool replaced;
      memset(text, 'x', SIZE);
      text[place] = odd[i][0][0];
      snprintf(wanted, sizeof wanted, "\"%.*s%s%.*s\"", (int)place, text, odd[i][1], (int)(SIZE - place - 1), text + place + 1);
      CHECK_EQ_STR(escape(text, SIZE, &replaced), wanted);
    }
}

static const char *mark(const char *text) {
  static char marked[256];
  size_t size = strlen(text);
  struct hl_buffer buffer = {0};
  CHECK(hl_json_mark(guard_copy(text, size), size, &buffer));
  snprintf(marked, sizeof marked, "%.*s", (int)buffer.size, buffer.size ? buffer.data : "");
  hl_buffer_free(&buffer);
  return marked;
}

static void test_mark(void) {
  CHECK_EQ_STR(mark("{\"a\":[1,2],\"b\":{},\"c\":123456789012345,\"d\":\"[]\"}"), "");
  CHECK_EQ_STR(mark("[]"), "\"\\u0000a\"");
  CHECK_EQ_STR(mark("{\"a\":[ \n],\"b\":[[]]}"), "{\"a\":\"\\u0000a\",\"b\":[\"\\u0000a\"]}");
  CHECK_EQ_STR(mark("[1234567890123456,-9223372036854775808]"),
               "[\"\\u0000i1234567890123456\",\"\\u0000i-9223372036854775808\"]");
  CHECK_EQ_STR(mark("[0.12345678901234567890,1234567890123456e1,1234567890123456.5,00000000000000000001]"), "");
  CHECK_EQ_STR(mark("[\"\\u0000a\"]"), "[\"\\u0000s\\u0000a\"]");
  CHECK_EQ_STR(mark("{\"\\u0000a\" : 1}"), "");
  CHECK_EQ_STR(mark("\"\\\"[]"), "");
  CHECK_EQ_STR(mark("\"\\"), "");
  CHECK_EQ_STR(mark("["), "");
  CHECK_EQ_STR(mark("-"), "");
  CHECK_EQ_STR(mark(""), "");
}

int main(void) {
  test_escape();
  test_escape_places();
  test_mark();
  return check_report();
}

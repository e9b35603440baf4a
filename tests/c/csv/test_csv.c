/* SPDX-License-Identifier: MIT */
#include "csv/csv.h"

#include "../check.h"

static struct hl_error err;

/* Parses text, whose last byte is next to an unreadable page. */
static bool parse(const char *text, size_t size, const struct hl_csv_options *options, struct hl_csv_table *table) {
  const char *copy = guard_copy(text, size);
  struct hl_csv_reader *reader = hl_csv_open_text("csv.parse", "text", copy, size, options, &err);
  bool parsed = reader;
  for (bool ended = false; parsed && !ended;) parsed = hl_csv_read(reader, table, &ended, &err);
  hl_csv_close(reader);
  return parsed;
}

/* The rows as text: cells between |, rows ended by ; and the line of each before it. */
static const char *show(const char *text, size_t size, struct hl_csv_options options) {
  static char shown[1024];
  struct hl_csv_table table = {0};
  if (!parse(text, size, &options, &table)) {
    hl_csv_free(&table);
    return err.message;
  }
  shown[0] = '\0';
  for (size_t row = 0; row < table.row_count; row++) {
    sprintf(shown + strlen(shown), "%u:", table.rows[row].line);
    for (size_t i = 0; i < table.rows[row].width; i++) sprintf(shown + strlen(shown), "%s|", hl_csv_cell(&table, row, i));
    strcat(shown, ";");
  }
  hl_csv_free(&table);
  return shown;
}

#define SHOW(text, ...) show(text, sizeof(text) - 1, (struct hl_csv_options){__VA_ARGS__})

static void test_rows(void) {
  CHECK_EQ_STR(SHOW("a,b\n1,2\n3,4\n", 0), "2:1|2|;3:3|4|;");
  CHECK_EQ_STR(SHOW("a,b\n1,2", 0), "2:1|2|;");
  CHECK_EQ_STR(SHOW("a,b\r\n1,2\r\n", 0), "2:1|2|;");
  CHECK_EQ_STR(SHOW("a,b\r1,2\r3,4\r", 0), "2:1|2|;3:3|4|;");
  CHECK_EQ_STR(SHOW("\xEF\xBB\xBF"
                    "a,b\n1,2\n",
                    .headless = true),
               "1:a|b|;2:1|2|;");
  CHECK_EQ_STR(SHOW("a,b\n\n\n1,2\n", 0), "4:1|2|;");
  CHECK_EQ_STR(SHOW("a,b\n\"x\ny\",\"p\"\"q\"\n3,4\n", 0), "2:x\ny|p\"q|;4:3|4|;");
  CHECK_EQ_STR(SHOW("a,b\n 1 ,\t2\n", 0), "2: 1 |\t2|;");
  CHECK_EQ_STR(SHOW("a,b\n5\" tube,2\n", 0), "2:5\" tube|2|;");
  CHECK_EQ_STR(SHOW("a;b\n1;2,3\n", .separator = ';'), "2:1|2,3|;");
  CHECK_EQ_STR(SHOW("a,b\n,\n", 0), "2:||;");
  CHECK_EQ_STR(SHOW("", .headless = true), "");
  CHECK_EQ_STR(SHOW("a,b\n", 0), "");
}

static void test_width(void) {
  CHECK_EQ_STR(SHOW("a,b\n1\n", 0), "text:2: 1 cell where the table has 2 columns");
  CHECK_EQ_STR(SHOW("a,b\n1,2\n1,2,3\n", 0), "text:3: 3 cells where the table has 2 columns");
  CHECK_EQ_STR(SHOW("a,b\n1\n1,2,3\n4,5\n", .ragged = true), "2:1||;3:1|2|;4:4|5|;");
  CHECK_EQ_STR(SHOW("a\n1,2,3\n", .headless = true), "1:a|;2:1|2|3|;");
}

static void test_damage(void) {
  CHECK(strstr(SHOW("a,b\n1,\0002\n", 0), "text:2: a NUL byte"));
  CHECK(strstr(SHOW("a\0", 0), "text:1: a NUL byte"));
  CHECK(strstr(SHOW("a,b\n1,2\n\"3,4\n5,6\n", 0), "text:3: a quote in the row that begins here is never closed"));
  CHECK(strstr(SHOW("", 0), "text:1: empty"));
  CHECK(strstr(SHOW("\x1F\x8B\x08\x00", 0), "gunzip"));
}

static void test_names(void) {
  struct hl_csv_table table = {0};
  struct hl_csv_options options = {0};
  const char text[] = "a,a,,Image[W,H],a_2,\n1,2,3,4,5,6,7\n";
  CHECK(parse(text, sizeof text - 1, &options, &table));
  static const char *const names[] = {"a", "a_2", "column_3", "Image[W", "H]", "a_2_2", "column_7"};
  CHECK_EQ_INT(table.columns, 7);
  for (size_t i = 0; i < 7; i++) CHECK_EQ_STR(table.names[i], names[i]);
  CHECK_EQ_INT(hl_csv_column(&table, "H]"), 4);
  CHECK_EQ_INT(hl_csv_column(&table, "nope"), 7);
  hl_csv_free(&table);
}

enum { ROWS = 40000 };

/* ROWS rows, ended by end; every quoted-th has a quoted cell with a line end in it (0: none). Returns the size. */
static size_t make_text(char *text, const char *end, int quoted) {
  size_t size = (size_t)sprintf(text, "id,n%s", end);
  for (int i = 0; i < ROWS; i++) {
    const char *format = quoted && i % quoted == 0 ? "row%d,\"%d\n\"%s" : "row%d,%d%s";
    size += (size_t)sprintf(text + size, format, i, i % 7, end);
  }
  return size;
}

/* A text of many pieces, read a piece at a time with the rows forgotten in between, gives each row once, at its line. */
static void check_streaming(const char *end, int quoted) {
  static char text[ROWS * 20 + 16];
  size_t size = make_text(text, end, quoted);
  struct hl_csv_options options = {0};
  struct hl_csv_reader *reader = hl_csv_open_text("csv.rows", "text", text, size, &options, &err);
  struct hl_csv_table table = {0};
  int seen = 0, wrong = 0, pieces = 0;
  unsigned line = 2;
  for (bool ended = false; !ended; pieces++) {
    hl_csv_forget_rows(&table);
    if (!hl_csv_read(reader, &table, &ended, &err)) break;
    for (size_t row = 0; row < table.row_count; row++, seen++, line++) {
      bool is_quoted = quoted && seen % quoted == 0;
      char id[16], n[16];
      sprintf(id, "row%d", seen);
      sprintf(n, is_quoted ? "%d\n" : "%d", seen % 7);
      wrong += strcmp(hl_csv_cell(&table, row, 0), id) != 0 || strcmp(hl_csv_cell(&table, row, 1), n) != 0 ||
               table.rows[row].line != line;
      line += is_quoted;
    }
  }
  CHECK(pieces > 5);
  CHECK_EQ_INT(seen, ROWS);
  CHECK_EQ_INT(wrong, 0);
  hl_csv_close(reader);
  hl_csv_free(&table);
}

/* Chunks without quotes and CRs take another path than the others. */
static void test_streaming(void) {
  check_streaming("\n", 0);
  check_streaming("\r\n", 0);
  check_streaming("\n", 9973);
  check_streaming("\n", 7);
  check_streaming("\r\n", 9973);
}

int main(void) {
  test_rows();
  test_width();
  test_damage();
  test_names();
  test_streaming();
  return check_report();
}

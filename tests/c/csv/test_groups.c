/* SPDX-License-Identifier: MIT */
#include "csv/groups.h"

#include "../check.h"
#include "csv/write.h"

static struct hl_error err;

static void load(const char *text, struct hl_csv_table *table) {
  struct hl_csv_options options = {0};
  struct hl_csv_reader *reader = hl_csv_open_text("csv.parse", "text", text, strlen(text), &options, &err);
  for (bool ended = false; !ended;)
    if (!hl_csv_read(reader, table, &ended, &err)) abort();
  hl_csv_close(reader);
}

static void test_distinct(void) {
  struct hl_csv_table table = {0};
  struct hl_csv_groups groups;
  load("id,x,y\na,1,2\nb,12,\nc,1,2\nd,,12\ne,1,2\n", &table);
  const size_t adjacent[] = {1, 2}, turned[] = {2, 1};
  CHECK(hl_csv_distinct(&table, adjacent, 2, &groups));
  CHECK_EQ_INT(groups.span_count, 1);
  CHECK_EQ_INT(groups.group_count, 3); /* 1|2 is neither 12| nor |12 */
  CHECK_EQ_INT(groups.groups[0].rows, 3);
  CHECK_EQ_INT(groups.of_row[4], 0);
  CHECK_EQ_INT(groups.groups[2].first, 3);
  hl_csv_groups_free(&groups);
  CHECK(hl_csv_distinct(&table, turned, 2, &groups));
  CHECK_EQ_INT(groups.span_count, 2);
  CHECK_EQ_INT(groups.group_count, 3);
  hl_csv_groups_free(&groups);
  const size_t id = 0;
  CHECK(hl_csv_distinct(&table, &id, 1, &groups));
  CHECK_EQ_INT(hl_csv_find(&groups, "d"), 3);
  CHECK(hl_csv_find(&groups, "dd") == HL_CSV_NONE);
  hl_csv_groups_free(&groups);
  hl_csv_free(&table);
}

/* Enough groups for the hash table to grow several times. */
static void test_many(void) {
  enum { ROWS = 20000 };
  static char text[ROWS * 12 + 8];
  size_t size = (size_t)sprintf(text, "id\n");
  for (int i = 0; i < ROWS; i++) size += (size_t)sprintf(text + size, "%d\n", (i * 7919) % 15013);
  struct hl_csv_table table = {0};
  struct hl_csv_groups groups;
  const size_t id = 0;
  load(text, &table);
  CHECK(hl_csv_distinct(&table, &id, 1, &groups));
  CHECK_EQ_INT(groups.group_count, 15013);
  int wrong = 0;
  for (int i = 0; i < 15013; i++) {
    char name[12];
    sprintf(name, "%d", i);
    uint32_t group = hl_csv_find(&groups, name);
    wrong += group == HL_CSV_NONE || strcmp(hl_csv_cell(&table, groups.groups[group].first, 0), name) != 0;
  }
  CHECK_EQ_INT(wrong, 0);
  hl_csv_groups_free(&groups);
  hl_csv_free(&table);
}

static void test_select(void) {
  struct hl_csv_table table = {0}, part;
  load("id,x\na,1\nb,2\nc,3\n", &table);
  const uint32_t rows[] = {2, 0};
  CHECK(hl_csv_select(&table, rows, 2, &part));
  CHECK_EQ_INT(part.row_count, 2);
  CHECK_EQ_STR(hl_csv_cell(&part, 0, 1), "3");
  CHECK_EQ_INT(part.rows[1].line, 2);
  hl_csv_free(&part);
  hl_csv_free(&table);
}

static void test_write(void) {
  char path[] = "/tmp/hilum-test-XXXXXX", got[256] = "";
  close(mkstemp(path));
  struct hl_csv_table table = {0};
  struct hl_csv_groups groups;
  load("id,x\n\"a\"\"\tä\",1\nb,2\nc,1\n", &table);
  const size_t column = 1;
  CHECK(hl_csv_distinct(&table, &column, 1, &groups));
  const struct hl_csv_text texts[] = {{"one", 3}, {"two", 3}};
  const uint32_t rows[] = {1, HL_CSV_NONE, 0};
  const struct hl_csv_piece pieces[] = {{.kind = HL_CSV_CONSTANT, .text = {"<", 1}},
                                        {.kind = HL_CSV_CELL, .table = &table, .column = 0},
                                        {.kind = HL_CSV_GROUP, .groups = &groups, .texts = texts},
                                        {.kind = HL_CSV_GROUP, .groups = &groups, .texts = texts, .rows = rows}};
  const struct hl_csv_layout layout = {{"[", 1}, {",", 1}, {"]", 1}};
  CHECK(hl_csv_write("csv.Table:write", path, table.row_count, pieces, 4, &layout, &err));
  FILE *file = fopen(path, "r");
  CHECK(fread(got, 1, sizeof got - 1, file) > 0);
  fclose(file);
  CHECK_EQ_STR(got, "[<\"a\\\"\\tä\"onetwo,<\"b\"two,<\"c\"oneone]");
  hl_csv_groups_free(&groups);
  hl_csv_free(&table);
  load("id,x\na,1\n\xFF,2\n", &table);
  CHECK(!hl_csv_write("csv.Table:write", path, table.row_count, pieces, 2, &layout, &err));
  CHECK(strstr(err.message, "line 3, column id: not UTF-8"));
  hl_csv_free(&table);
  unlink(path);
}

int main(void) {
  test_distinct();
  test_many();
  test_select();
  test_write();
  return check_report();
}

/* SPDX-License-Identifier: MIT
 *
 * The first byte chooses the options, the rest is the text: parsed at once, and a piece at a time with the rows forgotten;
 * grouped.
 */
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "csv/groups.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_all(struct hl_csv_reader *reader, struct hl_csv_table *table, bool forget) {
  bool ended = false, read_it = true;
  while (read_it && !ended) {
    if (forget) hl_csv_forget_rows(table);
    read_it = hl_csv_read(reader, table, &ended, NULL);
  }
  return read_it;
}

static bool parse(const char *text, size_t size, const struct hl_csv_options *options, bool forget, struct hl_csv_table *table) {
  struct hl_csv_reader *reader = hl_csv_open_text("fuzz", "text", text, size, options, NULL);
  bool parsed = read_all(reader, table, forget);
  hl_csv_close(reader);
  return parsed;
}

static bool have_same_cells(const struct hl_csv_table *a, const struct hl_csv_table *b) {
  if (a->row_count != b->row_count) return false;
  for (size_t row = 0; row < a->row_count; row++) {
    if (a->rows[row].width != b->rows[row].width || a->rows[row].line != b->rows[row].line) return false;
    for (size_t i = 0; i < a->rows[row].width; i++)
      if (strcmp(hl_csv_cell(a, row, i), hl_csv_cell(b, row, i)) != 0) return false;
  }
  return true;
}

static void check_paths(const char *text, size_t size, const struct hl_csv_options *options, const struct hl_csv_table *table,
                        bool parsed) {
  char *other = malloc(2 * size + 1);
  size_t length = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\n') other[length++] = '\r';
    other[length++] = text[i];
  }
  struct hl_csv_table same = {0};
  if (parse(other, length, options, false, &same) != parsed || (parsed && !have_same_cells(table, &same))) abort();
  hl_csv_free(&same);
  free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const char *text = (const char *)data + 1;
  bool forget = data[0] & 16;
  struct hl_csv_options options = {.headless = data[0] & 1,
                                   .ragged = data[0] & 2,
                                   .separator = data[0] & 4 ? ';' : ',',
                                   .file_column = (data[0] & 25) == 8 ? "file" : NULL};
  struct hl_csv_table table = {0};
  struct hl_csv_groups groups;
  bool parsed = parse(text, size - 1, &options, forget, &table);
  if (!forget && !memchr(text, '"', size - 1) && !memchr(text, '\r', size - 1))
    check_paths(text, size - 1, &options, &table, parsed);
  const size_t columns[] = {0, table.columns - 1};
  if (parsed && table.names && table.columns > 1 && hl_csv_distinct(&table, columns, 2, &groups)) hl_csv_groups_free(&groups);
  hl_csv_free(&table);
  return 0;
}

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  struct hl_csv_options options = {.headless = data[0] & 1,
                                   .ragged = data[0] & 2,
                                   .separator = data[0] & 4 ? ';' : ',',
                                   .file_column = (data[0] & 25) == 8 ? "file" : NULL};
  struct hl_csv_reader *reader = hl_csv_open_text("fuzz", "text", (const char *)data + 1, size - 1, &options, NULL);
  struct hl_csv_table table = {0};
  struct hl_csv_groups groups;
  bool parsed = read_all(reader, &table, data[0] & 16);
  size_t length = 0;
  for (size_t row = 0; parsed && row < table.row_count; row++)
    for (size_t i = 0; i < table.rows[row].width; i++) length += strlen(hl_csv_cell(&table, row, i));
  if (length > size * 4096) abort();
  const size_t columns[] = {0, table.columns - 1};
  if (parsed && table.names && table.columns > 1 && hl_csv_distinct(&table, columns, 2, &groups)) hl_csv_groups_free(&groups);
  hl_csv_close(reader);
  hl_csv_free(&table);
  return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Rows of a table written to a file, each as a sequence of pieces: the same text for all, a cell as a JSON string, or a text that
 * the caller has made for each group of rows. With the texts made once a group, lines of JSON cost little more than copying.
 */
#ifndef HILUM_CSV_WRITE_H
#define HILUM_CSV_WRITE_H

#include "core/file.h"
#include "csv/csv.h"
#include "csv/groups.h"

struct hl_csv_text {
  const char *data;
  size_t size;
};

struct hl_csv_piece {
  enum { HL_CSV_CONSTANT, HL_CSV_CELL, HL_CSV_GROUP } kind;
  struct hl_csv_text text;            /* CONSTANT */
  const struct hl_csv_table *table;   /* CELL: of which table, */
  size_t column;                      /*       which column */
  const struct hl_csv_groups *groups; /* GROUP */
  const struct hl_csv_text *texts;    /*       a text for each group */
  const uint32_t *rows; /* the row of `table` or `groups` for each row written (HL_CSV_NONE: nothing), or NULL: the same */
};

/* A file of rows: before, the rows with between between any two, after. */
struct hl_csv_layout {
  struct hl_csv_text before, between, after;
};

/* Writes row_count rows to a file that is there whole or not at all. op as for hl_file_create. False: err; a cell that is not
 * UTF-8 is an error too, which names its line. */
bool hl_csv_write(const char *op, const char *path, size_t row_count, const struct hl_csv_piece *pieces, size_t piece_count,
                  const struct hl_csv_layout *layout, struct hl_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Tables of text: RFC 4180 as libcsv reads it, and what the real world adds (byte order marks, any line end, quotes in unquoted
 * cells). A table keeps the text of its cells in one block, each cell ended by a NUL (a NUL in the file is refused), and the
 * offset of each cell; so cells that are neighbours in a row are neighbours in memory, and a range of columns is one range of
 * bytes. Not for several threads at once; any thread.
 */
#ifndef HILUM_CSV_CSV_H
#define HILUM_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct hl_csv_row {
  uint32_t cell;  /* index of its first cell */
  uint32_t width; /* cells */
  uint32_t line;  /* where it begins in the file, from 1 */
};

/* Zeroed: empty. */
struct hl_csv_table {
  char *text;
  uint32_t *cells; /* offsets into text */
  struct hl_csv_row *rows;
  char **names; /* of the columns, no two the same; NULL while unknown */
  size_t text_size, cell_count, row_count, columns;
  size_t adjacent; /* the first so many columns are neighbours in text */
  size_t text_room, cell_room, row_room;
  bool borrowed; /* text, cells and names belong to another table */
};

struct hl_csv_options {
  char separator;          /* 0: comma */
  bool headless;           /* the first row is a row like any other: no names, rows of any width */
  bool ragged;             /* short rows are filled with empty cells, long ones cut; otherwise both are errors */
  const char *file_column; /* hl_csv_load: the name of one more column, which holds the path; or NULL */
};

/* A file (or text) that is being parsed. */
struct hl_csv_reader;

/* Opens a file; op is the Lua name for errors and must outlive the reader, as must options' strings. NULL: err says why. */
struct hl_csv_reader *hl_csv_open(const char *op, const char *path, const struct hl_csv_options *options, struct hl_error *err);

/* The same for text in memory, which the reader does not copy; name stands for the path. */
struct hl_csv_reader *hl_csv_open_text(const char *op, const char *name, const char *text, size_t size,
                                       const struct hl_csv_options *options, struct hl_error *err);
void hl_csv_close(struct hl_csv_reader *reader);

/* Parses a piece more and adds the rows that it completes. *ended: there is no more. A second file read into the same table must
 * have the names of the first. False: err names file and line. */
bool hl_csv_read(struct hl_csv_reader *reader, struct hl_csv_table *table, bool *ended, struct hl_error *err);

/* Drops the complete rows and keeps the row that hl_csv_read is in the middle of. */
void hl_csv_forget_rows(struct hl_csv_table *table);

/* Reads files of one layout into one table. False: err, and table is to be freed. */
bool hl_csv_load(const char *op, char *const paths[], size_t count, const struct hl_csv_options *options,
                 struct hl_csv_table *table, struct hl_error *err);

/* A table of some of the rows (count row numbers from 0), which uses the memory of whole: whole must outlive it. False: no
 * memory. */
bool hl_csv_select(const struct hl_csv_table *whole, const uint32_t *rows, size_t count, struct hl_csv_table *part);

void hl_csv_free(struct hl_csv_table *table);

/* The column of that name, or table->columns. */
size_t hl_csv_column(const struct hl_csv_table *table, const char *name);

/* A cell of a row that has it. */
static inline const char *hl_csv_cell(const struct hl_csv_table *table, size_t row, size_t column) {
  return table->text + table->cells[table->rows[row].cell + column];
}

#endif

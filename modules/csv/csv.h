/* SPDX-License-Identifier: MIT
 *
 * Tables of text: RFC 4180 as libcsv reads it, and what the real world adds (byte order marks, any line end, quotes in unquoted
 * cells). A block keeps the cells of one file, each ended by a NUL (a NUL in the file is refused), and the offset of each; so
 * cells that are neighbours in a row are neighbours in memory, and a range of columns is one range of bytes. A table is rows of
 * one or more blocks. Any thread, one at a time; a table that is only read may be read by many.
 */
#ifndef HILUM_CSV_CSV_H
#define HILUM_CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct hl_csv_block {
  char *text;
  uint32_t *cells; /* offsets into text */
  size_t text_size, cell_count, text_room, cell_room;
};

struct hl_csv_row {
  uint32_t block;
  uint32_t cell;  /* index of its first cell in the block */
  uint32_t width; /* cells */
  uint32_t line;  /* where it begins in the file, from 1 */
};

/* Zeroed: empty. */
struct hl_csv_table {
  struct hl_csv_block *blocks;
  struct hl_csv_row *rows;
  char **names; /* of the columns, no two the same; NULL: the rows are of any width */
  size_t block_count, row_count, row_room, columns;
  size_t adjacent; /* the first so many columns are neighbours in memory */
  bool borrowed;   /* blocks and names belong to another table */
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

/* Parses a piece more and adds the rows that it completes to table, which has no rows of another file. *ended: there is no more.
 * False: err names file and line, and table is to be freed. */
bool hl_csv_read(struct hl_csv_reader *reader, struct hl_csv_table *table, bool *ended, struct hl_error *err);

/* Drops the complete rows and keeps the row that hl_csv_read is in the middle of. */
void hl_csv_forget_rows(struct hl_csv_table *table);

/* Reads a whole file. False: err, and table is empty. */
bool hl_csv_load(const char *op, const char *path, const struct hl_csv_options *options, struct hl_csv_table *table,
                 struct hl_error *err);

/* Moves the rows of all parts, which have the same names, into one table. False: no memory; free the parts and whole. */
bool hl_csv_join(struct hl_csv_table *parts, size_t count, struct hl_csv_table *whole);
bool hl_csv_same_names(const struct hl_csv_table *a, const struct hl_csv_table *b);

/* A table of some of the rows (count row numbers from 0), which uses the memory of whole: whole must outlive it. False: no
 * memory. */
bool hl_csv_select(const struct hl_csv_table *whole, const uint32_t *rows, size_t count, struct hl_csv_table *part);

void hl_csv_free(struct hl_csv_table *table);

/* The column of that name, or table->columns. */
size_t hl_csv_column(const struct hl_csv_table *table, const char *name);

/* A cell of a row that has it. */
static inline const char *hl_csv_cell(const struct hl_csv_table *table, size_t row, size_t column) {
  const struct hl_csv_row *at = &table->rows[row];
  const struct hl_csv_block *block = &table->blocks[at->block];
  return block->text + block->cells[at->cell + column];
}

#endif

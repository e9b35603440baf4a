/* SPDX-License-Identifier: MIT */
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/build.h"
#include "csv/input.h"

struct hl_csv_reader {
  struct csv_parser parser;
  struct hl_csv_input input;
  struct hl_csv_options options;

  struct hl_csv_table *table; /* during hl_csv_read, as the next two */
  struct hl_csv_block *block;
  struct hl_error *err;
  bool failed;

  size_t first_cell;     /* of the row under way */
  size_t line, row_line; /* under way; where the row under way began */
  bool at_line_end;      /* libcsv has reported one in what it was last fed */
  bool after_return;     /* the last line ended in CR: an LF now belongs to it */
  uint32_t path_offset;  /* of the path in the text, for file_column */
};

/* Failing: the parser goes on calling back until the end of its piece, so the first error is kept and the rest ignored. */

static bool fail_memory(struct hl_csv_reader *reader) {
  reader->failed = true;
  errno = ENOMEM;
  return hl_fail_errno(reader->err, reader->input.op, reader->input.path);
}

static bool fail_at(struct hl_csv_reader *reader, size_t line, const char *what) {
  reader->failed = true;
  return hl_fail(reader->err, HL_PARSE, reader->input.op, "%s:%zu: %s", reader->input.path, line, what);
}

/* Cells. */

static bool check_size(struct hl_csv_reader *reader, size_t size) {
  return reader->block->text_size + size < UINT32_MAX || fail_at(reader, reader->line, "the file is larger than 4 GB: split it");
}

static bool add_cell(struct hl_csv_reader *reader, const char *text, size_t size) {
  return check_size(reader, size) && (hl_csv_add_cell(reader->block, text, size) || fail_memory(reader));
}

static void take_cell(void *data, size_t size, void *context) {
  struct hl_csv_reader *reader = context;
  if (!reader->failed) add_cell(reader, data, size);
}

/* The row under way. */

static size_t width_so_far(const struct hl_csv_reader *reader) { return reader->block->cell_count - reader->first_cell; }

static const char *cell_so_far(const struct hl_csv_reader *reader, size_t i) {
  return reader->block->text + reader->block->cells[reader->first_cell + i];
}

/* Drops its cells from the i-th on, of which there is one. */
static void cut_row(struct hl_csv_reader *reader, size_t i) {
  reader->block->text_size = reader->block->cells[reader->first_cell + i];
  reader->block->cell_count = reader->first_cell + i;
}

/* The row becomes the names of the columns. */
static bool take_names(struct hl_csv_reader *reader) {
  struct hl_csv_table *table = reader->table;
  const char *file_column = reader->options.file_column;
  table->adjacent = width_so_far(reader);
  for (size_t i = 0; i < table->adjacent; i++)
    if (!hl_csv_add_column(table, cell_so_far(reader, i))) return fail_memory(reader);
  cut_row(reader, 0);
  if (!file_column) return true;
  const char *path = reader->input.path;
  reader->path_offset = (uint32_t)reader->block->text_size;
  return (hl_csv_add_column(table, file_column) && hl_csv_add_text(reader->block, path, strlen(path))) || fail_memory(reader);
}

/* Makes the row as wide as the table; false: it is not, and may not be. */
static bool fit_width(struct hl_csv_reader *reader) {
  size_t width = width_so_far(reader), wanted = reader->table->adjacent;
  if (reader->options.headless || width == wanted) return true;
  if (!reader->options.ragged) {
    char what[96];
    snprintf(what, sizeof what, "%zu cell%s where the table has %zu columns", width, width == 1 ? "" : "s", wanted);
    return fail_at(reader, reader->row_line, what);
  }
  if (width > wanted) cut_row(reader, wanted);
  for (; width < wanted; width++)
    if (!add_cell(reader, "", 0)) return false;
  return true;
}

static bool add_row(struct hl_csv_reader *reader) {
  if (reader->options.file_column && !hl_csv_add_offset(reader->block, reader->path_offset)) return fail_memory(reader);
  struct hl_csv_row row = {
      .cell = (uint32_t)reader->first_cell, .width = (uint32_t)width_so_far(reader), .line = (uint32_t)reader->row_line};
  return hl_csv_add_row(reader->table, row) || fail_memory(reader);
}

static bool finish_row(struct hl_csv_reader *reader) {
  const char *text = cell_so_far(reader, 0), *end = reader->block->text + reader->block->text_size;
  reader->line += hl_csv_count_newlines(text, (size_t)(end - text)); /* those between quotes, which libcsv does not report */
  if (reader->options.headless || reader->table->names) return fit_width(reader) && add_row(reader);
  return take_names(reader);
}

/* libcsv reports every CR and LF outside quotes (CSV_REPALL_NL), so that lines can be counted; end is -1 at the end of the file.
 */
static void take_line_end(int end, void *context) {
  struct hl_csv_reader *reader = context;
  if (reader->failed) return;
  bool has_cells = width_so_far(reader) > 0;
  if (has_cells && !finish_row(reader)) return;
  bool counted = end == '\n' && reader->after_return && !has_cells;
  reader->after_return = end == '\r';
  reader->at_line_end = true;
  if (!counted) reader->line++;
  reader->row_line = reader->line;
  reader->first_cell = reader->block->cell_count;
}

/* Pieces. */

static bool feed(struct hl_csv_reader *reader, const char *text, size_t size) {
  reader->at_line_end = false;
  if (csv_parse(&reader->parser, text, size, take_cell, take_line_end, reader) != size) return fail_memory(reader);
  return !reader->failed;
}

/* A line without quotes: the whole of it is copied, and its separators become the NULs. */
static bool take_plain_line(struct hl_csv_reader *reader, const char *line, size_t size) {
  struct hl_csv_block *block = reader->block;
  uint32_t start = (uint32_t)block->text_size;
  char separator = (char)csv_get_delim(&reader->parser);
  if (!check_size(reader, size)) return false;
  if (!hl_csv_reserve_cells(block, size + 1) || !hl_csv_add_text(block, line, size)) return fail_memory(reader);
  uint32_t *cells = block->cells;
  size_t count = block->cell_count;
  char *text = block->text + start;
  cells[count++] = start;
  for (uint32_t i = 0; i < size; i++)
    if (text[i] == separator) {
      text[i] = '\0';
      cells[count++] = start + i + 1;
    }
  block->cell_count = count;
  return true;
}

/* Takes the whole lines at text; returns what is left. */
static const char *take_plain_lines(struct hl_csv_reader *reader, const char *text, const char *end) {
  const char *newline;
  while (!reader->failed && (newline = memchr(text, '\n', (size_t)(end - text)))) {
    if (newline == text || take_plain_line(reader, text, (size_t)(newline - text))) take_line_end('\n', reader);
    text = newline + 1;
  }
  return text;
}

/* libcsv looks at every byte. Where there is no quote it need not: a piece with none, and no CR, is nothing but lines, once
 * libcsv has come to the end of the row under way. */
static bool parse_piece(struct hl_csv_reader *reader, const char *piece, size_t size) {
  const char *end = piece + size, *newline = memchr(piece, '\n', size);
  bool plain = newline && !memchr(piece, '"', size) && !memchr(piece, '\r', size);
  if (!plain) return feed(reader, piece, size);
  if (!feed(reader, piece, (size_t)(newline + 1 - piece))) return false;
  const char *rest = reader->at_line_end ? take_plain_lines(reader, newline + 1, end) : newline + 1;
  return !reader->failed && feed(reader, rest, (size_t)(end - rest));
}

static bool finish(struct hl_csv_reader *reader) {
  csv_set_opts(&reader->parser, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
  if (csv_fini(&reader->parser, take_cell, take_line_end, reader) != 0)
    return fail_at(reader, reader->row_line, "a quote in the row that begins here is never closed");
  if (reader->failed || reader->table->names || reader->options.headless) return !reader->failed;
  return fail_at(reader, 1, "empty: not even a header");
}

/* Reading. */

static int keep_blanks(unsigned char byte) {
  (void)byte;
  return 0;
}

static struct hl_csv_reader *open_reader(const char *op, const char *path, const char *text, size_t size,
                                         const struct hl_csv_options *options, struct hl_error *err) {
  struct hl_csv_reader *reader = calloc(1, sizeof *reader);
  if (!reader) hl_fail_errno(err, op, path);
  if (!reader || !hl_csv_open_input(&reader->input, op, path, text, size, err)) {
    free(reader);
    return NULL;
  }
  reader->options = *options;
  reader->line = reader->row_line = 1;
  csv_init(&reader->parser, CSV_REPALL_NL);
  csv_set_space_func(&reader->parser, keep_blanks);
  if (options->separator) csv_set_delim(&reader->parser, (unsigned char)options->separator);
  return reader;
}

struct hl_csv_reader *hl_csv_open(const char *op, const char *path, const struct hl_csv_options *options, struct hl_error *err) {
  return open_reader(op, path, NULL, 0, options, err);
}

struct hl_csv_reader *hl_csv_open_text(const char *op, const char *name, const char *text, size_t size,
                                       const struct hl_csv_options *options, struct hl_error *err) {
  return open_reader(op, name, text, size, options, err);
}

void hl_csv_close(struct hl_csv_reader *reader) {
  if (!reader) return;
  csv_free(&reader->parser);
  hl_csv_close_input(&reader->input);
  free(reader);
}

/* What a table needs before its first row. */
static bool prepare(struct hl_csv_table *table) {
  if (!table->blocks) table->blocks = calloc(1, sizeof *table->blocks);
  table->block_count = table->blocks != NULL;
  return table->blocks;
}

/* How many cells the complete rows have: those behind them are of the row under way. */
static size_t complete_cells(const struct hl_csv_table *table) {
  const struct hl_csv_row *last = table->row_count ? &table->rows[table->row_count - 1] : NULL;
  return last ? (size_t)last->cell + last->width : 0;
}

bool hl_csv_read(struct hl_csv_reader *reader, struct hl_csv_table *table, bool *ended, struct hl_error *err) {
  const char *piece = NULL;
  size_t size = 0;
  reader->table = table;
  reader->err = err;
  if (!prepare(table)) return fail_memory(reader);
  reader->block = table->blocks;
  reader->first_cell = complete_cells(table);
  if (!hl_csv_next_piece(&reader->input, &piece, &size, err)) return false;
  *ended = !piece;
  return *ended ? finish(reader) : parse_piece(reader, piece, size);
}

void hl_csv_forget_rows(struct hl_csv_table *table) {
  if (!table->row_count) return;
  struct hl_csv_block *block = table->blocks;
  size_t first = complete_cells(table), left = block->cell_count - first;
  uint32_t text = left ? block->cells[first] : (uint32_t)block->text_size;
  for (size_t i = 0; i < left; i++) block->cells[i] = block->cells[first + i] - text;
  memmove(block->text, block->text + text, block->text_size - text);
  block->text_size -= text;
  block->cell_count = left;
  table->row_count = 0;
}

bool hl_csv_load(const char *op, const char *path, const struct hl_csv_options *options, struct hl_csv_table *table,
                 struct hl_error *err) {
  struct hl_csv_reader *reader = hl_csv_open(op, path, options, err);
  bool loaded = reader;
  for (bool ended = false; loaded && !ended;) loaded = hl_csv_read(reader, table, &ended, err);
  hl_csv_close(reader);
  if (!loaded) hl_csv_free(table);
  return loaded;
}

/* SPDX-License-Identifier: MIT */
#include "csv/csv.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buffer.h"

enum { CHUNK = 1 << 16 };

struct hl_csv_reader {
  struct csv_parser parser;
  const char *op;
  char *path;
  struct hl_csv_options options;
  int fd;           /* -1: text in memory */
  const char *text; /* what of the text in memory is still to be read */
  size_t text_left;
  char *chunk;
  bool begun;

  struct hl_csv_table *table; /* during hl_csv_read, as the next two */
  struct hl_csv_block *block;
  struct hl_error *err;
  bool failed;

  size_t first_cell;     /* of the row under way */
  size_t line, row_line; /* under way; where the row under way began */
  bool at_line_end;      /* libcsv has reported one in what it was last fed */
  bool after_return;     /* the last line ended in CR: an LF now belongs to it */
  uint32_t path_offset;  /* of the path in the text, for file_column */
  size_t newlines;       /* in the chunks so far */
};

/* Failing: the parser goes on calling back until the end of its chunk, so the first error is kept and the rest ignored. */

static bool fail_memory(struct hl_csv_reader *reader) {
  reader->failed = true;
  errno = ENOMEM;
  return hl_fail_errno(reader->err, reader->op, reader->path);
}

static bool fail_at(struct hl_csv_reader *reader, size_t line, const char *what) {
  reader->failed = true;
  return hl_fail(reader->err, HL_PARSE, reader->op, "%s:%zu: %s", reader->path, line, what);
}

static size_t count_newlines(const char *text, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; i++) count += text[i] == '\n';
  return count;
}

/* Cells. */

static bool grow_cells(struct hl_csv_block *block, size_t count) {
  uint32_t *grown = hl_grow(block->cells, &block->cell_room, block->cell_count + count, sizeof *grown);
  if (grown) block->cells = grown;
  return grown;
}

/* Room for count more offsets; false: no memory. */
static bool reserve_cells(struct hl_csv_block *block, size_t count) {
  return count <= block->cell_room - block->cell_count || grow_cells(block, count);
}

static bool grow_text(struct hl_csv_block *block, size_t size) {
  char *grown = hl_grow(block->text, &block->text_room, block->text_size + size, 1);
  if (grown) block->text = grown;
  return grown;
}

static bool reserve_text(struct hl_csv_block *block, size_t size) {
  return size <= block->text_room - block->text_size || grow_text(block, size);
}

static bool add_offset(struct hl_csv_block *block, uint32_t offset) {
  if (!reserve_cells(block, 1)) return false;
  block->cells[block->cell_count++] = offset;
  return true;
}

/* Adds text and its NUL; false: no memory. */
static bool add_text(struct hl_csv_block *block, const char *text, size_t size) {
  if (!reserve_text(block, size + 1)) return false;
  memcpy(block->text + block->text_size, text, size);
  block->text_size += size + 1;
  block->text[block->text_size - 1] = '\0';
  return true;
}

static bool check_size(struct hl_csv_reader *reader, size_t size) {
  return reader->block->text_size + size < UINT32_MAX || fail_at(reader, reader->line, "the file is larger than 4 GB: split it");
}

static bool add_cell(struct hl_csv_reader *reader, const char *text, size_t size) {
  uint32_t offset = (uint32_t)reader->block->text_size;
  if (!check_size(reader, size)) return false;
  return (add_text(reader->block, text, size) && add_offset(reader->block, offset)) || fail_memory(reader);
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

/* Names. */

static bool is_taken(char *const *names, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return true;
  return false;
}

/* The name as it is, or column_N for none, or with _2, _3 … behind it when an earlier column has it. */
static char *make_name(char *const *names, size_t column, const char *given) {
  char *name = NULL;
  int length = *given ? asprintf(&name, "%s", given) : asprintf(&name, "column_%zu", column + 1);
  for (size_t copy = 2; length >= 0 && is_taken(names, column, name); copy++) {
    free(name);
    length = asprintf(&name, "%s_%zu", *given ? given : "column", copy);
  }
  return length < 0 ? NULL : name;
}

/* The row under way becomes the names of the columns. */
static bool take_names(struct hl_csv_reader *reader) {
  struct hl_csv_table *table = reader->table;
  table->adjacent = width_so_far(reader);
  table->columns = table->adjacent + (reader->options.file_column != NULL);
  table->names = calloc(table->columns, sizeof *table->names);
  if (!table->names) return fail_memory(reader);
  for (size_t i = 0; i < table->columns; i++) {
    table->names[i] = make_name(table->names, i, i < table->adjacent ? cell_so_far(reader, i) : reader->options.file_column);
    if (!table->names[i]) return fail_memory(reader);
  }
  cut_row(reader, 0);
  reader->path_offset = (uint32_t)reader->block->text_size;
  return !reader->options.file_column || add_text(reader->block, reader->path, strlen(reader->path)) || fail_memory(reader);
}

/* Rows. */

/* Makes the row under way as wide as the table; false: it is not, and may not be. */
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
  struct hl_csv_table *table = reader->table;
  if (reader->options.file_column && !add_offset(reader->block, reader->path_offset)) return fail_memory(reader);
  struct hl_csv_row *rows = hl_grow(table->rows, &table->row_room, table->row_count + 1, sizeof *rows);
  if (!rows) return fail_memory(reader);
  table->rows = rows;
  rows[table->row_count++] = (struct hl_csv_row){
      .cell = (uint32_t)reader->first_cell, .width = (uint32_t)width_so_far(reader), .line = (uint32_t)reader->row_line};
  return true;
}

static bool finish_row(struct hl_csv_reader *reader) {
  const char *text = cell_so_far(reader, 0);
  reader->line += count_newlines(text, (size_t)(reader->block->text + reader->block->text_size - text));
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

/* Reading. */

static int keep_blanks(unsigned char byte) {
  (void)byte;
  return 0;
}

static struct hl_csv_reader *open_reader(const char *op, const char *path, const struct hl_csv_options *options) {
  struct hl_csv_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->op = op;
  reader->options = *options;
  reader->fd = -1;
  reader->line = reader->row_line = 1;
  reader->path = strdup(path);
  csv_init(&reader->parser, CSV_REPALL_NL);
  csv_set_space_func(&reader->parser, keep_blanks);
  if (options->separator) csv_set_delim(&reader->parser, (unsigned char)options->separator);
  if (reader->path) return reader;
  hl_csv_close(reader);
  return NULL;
}

struct hl_csv_reader *hl_csv_open(const char *op, const char *path, const struct hl_csv_options *options, struct hl_error *err) {
  struct hl_csv_reader *reader = open_reader(op, path, options);
  if (reader && (reader->chunk = malloc(CHUNK)) && (reader->fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) return reader;
  hl_fail_errno(err, op, path);
  hl_csv_close(reader);
  return NULL;
}

struct hl_csv_reader *hl_csv_open_text(const char *op, const char *name, const char *text, size_t size,
                                       const struct hl_csv_options *options, struct hl_error *err) {
  struct hl_csv_reader *reader = open_reader(op, name, options);
  if (!reader) {
    hl_fail_errno(err, op, name);
    return NULL;
  }
  reader->text = text;
  reader->text_left = size;
  return reader;
}

void hl_csv_close(struct hl_csv_reader *reader) {
  if (!reader) return;
  csv_free(&reader->parser);
  if (reader->fd >= 0) close(reader->fd);
  free(reader->chunk);
  free(reader->path);
  free(reader);
}

/* The next piece of the file or text; *size 0 at its end. */
static bool next_chunk(struct hl_csv_reader *reader, const char **chunk, size_t *size) {
  if (reader->fd < 0) {
    *chunk = reader->text;
    *size = reader->text_left < CHUNK ? reader->text_left : CHUNK;
    reader->text += *size;
    reader->text_left -= *size;
    return true;
  }
  ssize_t got;
  do got = read(reader->fd, reader->chunk, CHUNK);
  while (got < 0 && errno == EINTR);
  if (got < 0) return hl_fail_errno(reader->err, reader->op, reader->path);
  *chunk = reader->chunk;
  *size = (size_t)got;
  return true;
}

/* What can be told from the bytes alone: a compressed file, a byte order mark (which is skipped), a NUL. */
static bool inspect(struct hl_csv_reader *reader, const char **chunk, size_t *size) {
  if (!reader->begun) {
    reader->begun = true;
    if (*size >= 2 && memcmp(*chunk, "\x1F\x8B", 2) == 0)
      return hl_fail(reader->err, HL_PARSE, reader->op, "%s: is compressed: run gunzip on it first", reader->path);
    size_t mark = *size >= 3 && memcmp(*chunk, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    *chunk += mark;
    *size -= mark;
  }
  const char *nul = memchr(*chunk, 0, *size);
  size_t clean = nul ? (size_t)(nul - *chunk) : *size;
  reader->newlines += count_newlines(*chunk, clean);
  return !nul || fail_at(reader, 1 + reader->newlines, "a NUL byte: the file is damaged, or not UTF-8 text (UTF-16 perhaps)");
}

static bool finish(struct hl_csv_reader *reader) {
  csv_set_opts(&reader->parser, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
  if (csv_fini(&reader->parser, take_cell, take_line_end, reader) != 0)
    return fail_at(reader, reader->row_line, "a quote in the row that begins here is never closed");
  if (reader->failed || reader->table->names || reader->options.headless) return !reader->failed;
  return fail_at(reader, 1, "empty: not even a header");
}

/* Parsing a chunk. */

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
  if (!reserve_cells(block, size + 1) || !add_text(block, line, size)) return fail_memory(reader);
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

/* libcsv looks at every byte. Where there is no quote it need not: a chunk with none, and no CR, is nothing but lines, once
 * libcsv has come to the end of the row under way. */
static bool parse_chunk(struct hl_csv_reader *reader, const char *chunk, size_t size) {
  const char *end = chunk + size, *newline = memchr(chunk, '\n', size);
  bool plain = newline && !memchr(chunk, '"', size) && !memchr(chunk, '\r', size);
  if (!plain) return feed(reader, chunk, size);
  if (!feed(reader, chunk, (size_t)(newline + 1 - chunk))) return false;
  const char *rest = reader->at_line_end ? take_plain_lines(reader, newline + 1, end) : newline + 1;
  return !reader->failed && feed(reader, rest, (size_t)(end - rest));
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
  const char *chunk = NULL;
  size_t size = 0;
  reader->table = table;
  reader->err = err;
  if (!prepare(table)) return fail_memory(reader);
  reader->block = table->blocks;
  reader->first_cell = complete_cells(table);
  if (!next_chunk(reader, &chunk, &size)) return false;
  *ended = size == 0;
  if (*ended) return finish(reader);
  if (!inspect(reader, &chunk, &size)) return false;
  return parse_chunk(reader, chunk, size);
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

/* SPDX-License-Identifier: MIT */
#include "csv/write.h"

#include <errno.h>
#include <string.h>

#include "core/buffer.h"
#include "json/escape.h"

static bool write_cell(struct hl_file *file, const struct hl_csv_piece *piece, size_t row, struct hl_buffer *scratch,
                       struct hl_error *err) {
  const char *cell = hl_csv_cell(piece->table, row, piece->column);
  size_t size = strlen(cell);
  if (!hl_buffer_reserve(scratch, HL_JSON_ESCAPED(size))) return hl_fail_errno(err, file->op, file->path);
  bool replaced = false;
  size_t escaped = hl_json_escape(scratch->data, cell, size, &replaced);
  if (replaced)
    return hl_fail(err, HL_PARSE, file->op, "line %u, column %s: not UTF-8 text: convert the table first",
                   piece->table->rows[row].line, piece->table->names[piece->column]);
  return hl_file_write(file, scratch->data, escaped, err);
}

static bool write_piece(struct hl_file *file, const struct hl_csv_piece *piece, size_t row, struct hl_buffer *scratch,
                        struct hl_error *err) {
  if (piece->kind == HL_CSV_CONSTANT) return hl_file_write(file, piece->text.data, piece->text.size, err);
  if (piece->rows) row = piece->rows[row];
  if (row == HL_CSV_NONE) return true;
  if (piece->kind == HL_CSV_CELL) return write_cell(file, piece, row, scratch, err);
  const struct hl_csv_text *text = &piece->texts[piece->groups->of_row[row]];
  return hl_file_write(file, text->data, text->size, err);
}

bool hl_csv_write(struct hl_file *file, size_t row_count, const struct hl_csv_piece *pieces, size_t piece_count,
                  struct hl_csv_text separator, struct hl_error *err) {
  struct hl_buffer scratch = {0};
  bool written = true;
  for (size_t row = 0; written && row < row_count; row++) {
    if (row > 0) written = hl_file_write(file, separator.data, separator.size, err);
    for (size_t i = 0; written && i < piece_count; i++) written = write_piece(file, &pieces[i], row, &scratch, err);
  }
  hl_buffer_free(&scratch);
  return written;
}

/* SPDX-License-Identifier: MIT */
#include "csv/write.h"

#include <errno.h>
#include <string.h>

#include "core/buffer.h"
#include "json/escape.h"

static bool write_text(struct hl_file *file, struct hl_csv_text text, struct hl_error *err) {
  return hl_file_write(file, text.data, text.size, err);
}

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
  if (piece->kind == HL_CSV_CONSTANT) return write_text(file, piece->text, err);
  if (piece->rows) row = piece->rows[row];
  if (row == HL_CSV_NONE) return true;
  if (piece->kind == HL_CSV_CELL) return write_cell(file, piece, row, scratch, err);
  return write_text(file, piece->texts[piece->groups->of_row[row]], err);
}

static bool write_rows(struct hl_file *file, size_t row_count, const struct hl_csv_piece *pieces, size_t piece_count,
                       struct hl_csv_text between, struct hl_error *err) {
  struct hl_buffer scratch = {0};
  bool written = true;
  for (size_t row = 0; written && row < row_count; row++) {
    if (row > 0) written = write_text(file, between, err);
    for (size_t i = 0; written && i < piece_count; i++) written = write_piece(file, &pieces[i], row, &scratch, err);
  }
  hl_buffer_free(&scratch);
  return written;
}

bool hl_csv_write(const char *op, const char *path, size_t row_count, const struct hl_csv_piece *pieces, size_t piece_count,
                  const struct hl_csv_layout *layout, struct hl_error *err) {
  struct hl_file file;
  if (!hl_file_create(&file, op, path, err)) return false;
  bool written = write_text(&file, layout->before, err) &&
                 write_rows(&file, row_count, pieces, piece_count, layout->between, err) &&
                 write_text(&file, layout->after, err) && hl_file_commit(&file, err);
  hl_file_abort(&file);
  return written;
}

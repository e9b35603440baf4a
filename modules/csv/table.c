/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"
#include "csv/csv.h"

bool hl_csv_same_names(const struct hl_csv_table *a, const struct hl_csv_table *b) {
  bool same = a->columns == b->columns;
  for (size_t i = 0; same && i < a->columns; i++) same = strcmp(a->names[i], b->names[i]) == 0;
  return same;
}

static void move_rows(struct hl_csv_table *part, struct hl_csv_table *whole) {
  for (size_t i = 0; i < part->row_count; i++) {
    struct hl_csv_row row = part->rows[i];
    row.block += (uint32_t)whole->block_count;
    whole->rows[whole->row_count++] = row;
  }
  memcpy(whole->blocks + whole->block_count, part->blocks, part->block_count * sizeof *part->blocks);
  whole->block_count += part->block_count;
  part->block_count = 0;
  hl_csv_free(part);
}

bool hl_csv_join(struct hl_csv_table *parts, size_t count, struct hl_csv_table *whole) {
  size_t rows = 0, blocks = 0;
  for (size_t i = 0; i < count; i++) {
    rows += parts[i].row_count;
    blocks += parts[i].block_count;
  }
  *whole = (struct hl_csv_table){.columns = parts[0].columns, .adjacent = parts[0].adjacent};
  whole->rows = hl_grow(NULL, &whole->row_room, rows, sizeof *whole->rows);
  whole->blocks = calloc(blocks, sizeof *whole->blocks);
  if (!whole->rows || !whole->blocks) return false;
  whole->names = parts[0].names;
  parts[0].names = NULL;
  for (size_t i = 0; i < count; i++) move_rows(&parts[i], whole);
  return true;
}

bool hl_csv_select(const struct hl_csv_table *whole, const uint32_t *rows, size_t count, struct hl_csv_table *part) {
  *part = *whole;
  part->borrowed = true;
  part->row_room = 0;
  part->row_count = 0;
  part->rows = hl_grow(NULL, &part->row_room, count, sizeof *part->rows);
  if (!part->rows) return false;
  for (size_t i = 0; i < count; i++) part->rows[part->row_count++] = whole->rows[rows[i]];
  return true;
}

static void free_blocks(struct hl_csv_table *table) {
  for (size_t i = 0; i < table->block_count; i++) {
    free(table->blocks[i].text);
    free(table->blocks[i].cells);
  }
  free(table->blocks);
}

void hl_csv_free(struct hl_csv_table *table) {
  free(table->rows);
  if (!table->borrowed) {
    for (size_t i = 0; table->names && i < table->columns; i++) free(table->names[i]);
    free(table->names);
    free_blocks(table);
  }
  *table = (struct hl_csv_table){0};
}

size_t hl_csv_column(const struct hl_csv_table *table, const char *name) {
  size_t column = 0;
  while (column < table->columns && strcmp(table->names[column], name) != 0) column++;
  return column;
}

/* SPDX-License-Identifier: MIT */
#include "csv/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"

bool hl_csv_reserve_cells(struct hl_csv_block *block, size_t count) {
  uint32_t *grown = hl_grow(block->cells, &block->cell_room, block->cell_count + count, sizeof *grown);
  if (grown) block->cells = grown;
  return grown;
}

bool hl_csv_add_offset(struct hl_csv_block *block, uint32_t offset) {
  if (!hl_csv_reserve_cells(block, 1)) return false;
  block->cells[block->cell_count++] = offset;
  return true;
}

bool hl_csv_add_text(struct hl_csv_block *block, const char *text, size_t size) {
  char *grown = hl_grow(block->text, &block->text_room, block->text_size + size + 1, 1);
  if (!grown) return false;
  block->text = grown;
  memcpy(grown + block->text_size, text, size);
  block->text_size += size + 1;
  grown[block->text_size - 1] = '\0';
  return true;
}

bool hl_csv_add_cell(struct hl_csv_block *block, const char *text, size_t size) {
  uint32_t offset = (uint32_t)block->text_size;
  return hl_csv_add_text(block, text, size) && hl_csv_add_offset(block, offset);
}

bool hl_csv_add_row(struct hl_csv_table *table, struct hl_csv_row row) {
  struct hl_csv_row *grown = hl_grow(table->rows, &table->row_room, table->row_count + 1, sizeof *grown);
  if (!grown) return false;
  table->rows = grown;
  grown[table->row_count++] = row;
  return true;
}

static bool is_taken(const struct hl_csv_table *table, const char *name) { return hl_csv_column(table, name) < table->columns; }

static char *make_name(const struct hl_csv_table *table, const char *given) {
  char *name = NULL;
  int length = *given ? asprintf(&name, "%s", given) : asprintf(&name, "column_%zu", table->columns + 1);
  for (size_t copy = 2; length >= 0 && is_taken(table, name); copy++) {
    free(name);
    length = asprintf(&name, "%s_%zu", *given ? given : "column", copy);
  }
  return length < 0 ? NULL : name;
}

bool hl_csv_add_column(struct hl_csv_table *table, const char *given) {
  char **grown = realloc(table->names, (table->columns + 1) * sizeof *grown);
  if (!grown) return false;
  table->names = grown;
  grown[table->columns] = make_name(table, given);
  if (!grown[table->columns]) return false;
  table->columns++;
  return true;
}

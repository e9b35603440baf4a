/* SPDX-License-Identifier: MIT
 *
 * Tables as they grow. Every function returns false when memory runs out.
 */
#ifndef HILUM_CSV_BUILD_H
#define HILUM_CSV_BUILD_H

#include "csv/csv.h"

/* Room for count more cells. */
bool hl_csv_reserve_cells(struct hl_csv_block *block, size_t count);

/* A cell whose text the block has. */
bool hl_csv_add_offset(struct hl_csv_block *block, uint32_t offset);

/* Text and its NUL; no cell yet. */
bool hl_csv_add_text(struct hl_csv_block *block, const char *text, size_t size);

/* A cell with its text; the block's text stays below 4 GB. */
bool hl_csv_add_cell(struct hl_csv_block *block, const char *text, size_t size);

bool hl_csv_add_row(struct hl_csv_table *table, struct hl_csv_row row);

/* One more column: named as given, or column_N for "", or with _2, _3 … behind it when an earlier column has that name. */
bool hl_csv_add_column(struct hl_csv_table *table, const char *given);

#endif

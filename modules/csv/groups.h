/* SPDX-License-Identifier: MIT
 *
 * The rows of a table sorted into groups whose cells in some columns are the same: what "once for each distinct row of labels",
 * joins and the search for duplicates are made of. Any thread, one at a time.
 */
#ifndef HILUM_CSV_GROUPS_H
#define HILUM_CSV_GROUPS_H

#include "csv/csv.h"

#define HL_CSV_NONE UINT32_MAX /* no such row or group */

/* Columns first to last, whose text is one range of bytes in each row. */
struct hl_csv_span {
  size_t first, last;
};

struct hl_csv_group {
  uint64_t hash;
  uint32_t first; /* its first row */
  uint32_t rows;  /* how many it has */
};

/* Zeroed: empty. Groups are numbered from 0 in the order of their first rows. */
struct hl_csv_groups {
  const struct hl_csv_table *table; /* not owned */
  size_t *columns;
  struct hl_csv_span *spans;
  struct hl_csv_group *groups;
  uint32_t *of_row; /* the group of each row */
  uint32_t *slots;  /* hash table of groups, a power of two, at most half full */
  size_t column_count, span_count, group_count, group_room, slot_count;
};

/* Groups the rows of table by the cells of some columns. False: no memory. */
bool hl_csv_distinct(const struct hl_csv_table *table, const size_t *columns, size_t count, struct hl_csv_groups *groups);
void hl_csv_groups_free(struct hl_csv_groups *groups);

/* Of groups by one column: the group whose cell is text, or HL_CSV_NONE. */
uint32_t hl_csv_find(const struct hl_csv_groups *groups, const char *text);

#endif

/* SPDX-License-Identifier: MIT */
#include "csv/groups.h"

#include <stdlib.h>
#include <string.h>

#include "core/buffer.h"

/* Eight bytes a step, by multiplying and folding; good enough for tables, no defence against an adversary. */
static uint64_t mix(uint64_t hash, uint64_t word) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)(hash ^ word) * 0x9E3779B97F4A7C15u;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size) {
  uint64_t word;
  for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
    memcpy(&word, bytes, sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  memcpy(&word, bytes, size);
  return mix(mix(hash, word), size);
}

/* The bytes of a span in a row, with the NUL of its last cell. */
static const char *span_bytes(const struct hl_csv_table *table, struct hl_csv_span span, size_t row, size_t *size) {
  const char *begin = hl_csv_cell(table, row, span.first), *last = hl_csv_cell(table, row, span.last);
  *size = (size_t)(last - begin) + strlen(last) + 1;
  return begin;
}

static uint64_t hash_row(const struct hl_csv_groups *groups, size_t row) {
  uint64_t hash = 0;
  for (size_t i = 0; i < groups->span_count; i++) {
    size_t size;
    const char *bytes = span_bytes(groups->table, groups->spans[i], row, &size);
    hash = hash_bytes(hash, bytes, size);
  }
  return hash;
}

static bool rows_equal(const struct hl_csv_groups *groups, size_t a, size_t b) {
  for (size_t i = 0; i < groups->span_count; i++) {
    struct hl_csv_span span = groups->spans[i];
    if (hl_csv_cell(groups->table, a, span.first) == hl_csv_cell(groups->table, b, span.first)) continue;
    size_t size_a, size_b;
    const char *bytes_a = span_bytes(groups->table, span, a, &size_a), *bytes_b = span_bytes(groups->table, span, b, &size_b);
    if (size_a != size_b || memcmp(bytes_a, bytes_b, size_a) != 0) return false;
  }
  return true;
}

/* The slot where the search for a hash goes on; the caller compares. */
static size_t next_slot(const struct hl_csv_groups *groups, size_t slot) { return (slot + 1) & (groups->slot_count - 1); }

static size_t first_slot(const struct hl_csv_groups *groups, uint64_t hash) { return (size_t)hash & (groups->slot_count - 1); }

/* The slot of the group of row, or the empty one where it belongs. */
static size_t find_slot(const struct hl_csv_groups *groups, size_t row, uint64_t hash) {
  size_t slot = first_slot(groups, hash);
  for (uint32_t group; (group = groups->slots[slot]) != HL_CSV_NONE; slot = next_slot(groups, slot))
    if (groups->groups[group].hash == hash && rows_equal(groups, groups->groups[group].first, row)) break;
  return slot;
}

static bool resize_slots(struct hl_csv_groups *groups, size_t count) {
  uint32_t *slots = realloc(groups->slots, count * sizeof *slots);
  if (!slots) return false;
  memset(slots, 0xFF, count * sizeof *slots);
  groups->slots = slots;
  groups->slot_count = count;
  for (size_t i = 0; i < groups->group_count; i++) {
    size_t slot = first_slot(groups, groups->groups[i].hash);
    while (slots[slot] != HL_CSV_NONE) slot = next_slot(groups, slot);
    slots[slot] = (uint32_t)i;
  }
  return true;
}

static bool add_group(struct hl_csv_groups *groups, size_t slot, size_t row, uint64_t hash) {
  struct hl_csv_group *grown = hl_grow(groups->groups, &groups->group_room, groups->group_count + 1, sizeof *grown);
  if (!grown) return false;
  groups->groups = grown;
  groups->slots[slot] = (uint32_t)groups->group_count;
  grown[groups->group_count++] = (struct hl_csv_group){hash, (uint32_t)row, 0};
  return groups->group_count * 2 <= groups->slot_count || resize_slots(groups, groups->slot_count * 2);
}

/* The group that the row belongs to, made if need be; HL_CSV_NONE: no memory. Tables tend to be sorted, so that the group of the
 * row before is worth a try. */
static uint32_t find_group(struct hl_csv_groups *groups, size_t row) {
  if (row > 0 && rows_equal(groups, row - 1, row)) return groups->of_row[row - 1];
  uint64_t hash = hash_row(groups, row);
  size_t slot = find_slot(groups, row, hash);
  uint32_t group = groups->slots[slot];
  if (group != HL_CSV_NONE) return group;
  group = (uint32_t)groups->group_count;
  return add_group(groups, slot, row, hash) ? group : HL_CSV_NONE;
}

static bool take_row(struct hl_csv_groups *groups, size_t row) {
  uint32_t group = find_group(groups, row);
  if (group == HL_CSV_NONE) return false;
  groups->groups[group].rows++;
  groups->of_row[row] = group;
  return true;
}

static void find_spans(struct hl_csv_groups *groups) {
  for (size_t i = 0; i < groups->column_count; i++) {
    size_t column = groups->columns[i];
    struct hl_csv_span *last = groups->span_count ? &groups->spans[groups->span_count - 1] : NULL;
    if (last && column == last->last + 1 && column < groups->table->adjacent)
      last->last = column;
    else
      groups->spans[groups->span_count++] = (struct hl_csv_span){column, column};
  }
}

static bool allocate(struct hl_csv_groups *groups, const size_t *columns) {
  groups->columns = malloc((groups->column_count + 1) * sizeof *groups->columns);
  groups->spans = malloc((groups->column_count + 1) * sizeof *groups->spans);
  groups->of_row = malloc((groups->table->row_count + 1) * sizeof *groups->of_row);
  if (!groups->columns || !groups->spans || !groups->of_row) return false;
  for (size_t i = 0; i < groups->column_count; i++) groups->columns[i] = columns[i];
  size_t slots = 1024;
  while (slots < groups->table->row_count / 4) slots *= 2;
  return resize_slots(groups, slots);
}

bool hl_csv_distinct(const struct hl_csv_table *table, const size_t *columns, size_t count, struct hl_csv_groups *groups) {
  *groups = (struct hl_csv_groups){.table = table, .column_count = count};
  bool grouped = allocate(groups, columns);
  if (grouped) find_spans(groups);
  for (size_t row = 0; grouped && row < table->row_count; row++) grouped = take_row(groups, row);
  if (!grouped) hl_csv_groups_free(groups);
  return grouped;
}

void hl_csv_groups_free(struct hl_csv_groups *groups) {
  free(groups->columns);
  free(groups->spans);
  free(groups->groups);
  free(groups->of_row);
  free(groups->slots);
  *groups = (struct hl_csv_groups){0};
}

uint32_t hl_csv_find(const struct hl_csv_groups *groups, const char *text) {
  uint64_t hash = hash_bytes(0, text, strlen(text) + 1);
  size_t slot = first_slot(groups, hash);
  for (uint32_t group; (group = groups->slots[slot]) != HL_CSV_NONE; slot = next_slot(groups, slot)) {
    const struct hl_csv_group *found = &groups->groups[group];
    if (found->hash == hash && strcmp(hl_csv_cell(groups->table, found->first, groups->columns[0]), text) == 0) return group;
  }
  return HL_CSV_NONE;
}

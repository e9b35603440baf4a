/* SPDX-License-Identifier: MIT
 *
 * From the stream to the rows: how many there must be, and that each begins with a filter type (PNG 9.2: 0 to 4).
 */
#include <stdio.h>

#include "image/inflate.h"
#include "image/png.h"

/* Goes from filter byte to filter byte through all passes. */
struct cursor {
  struct hl_png_pass passes[7];
  size_t count, pass, row;
  size_t at; /* offset of the next filter byte in the inflated data */
};

static void next_row(struct cursor *cursor) {
  const struct hl_png_pass *pass = &cursor->passes[cursor->pass];
  cursor->at += pass->row_bytes + 1;
  if (++cursor->row < pass->height) return;
  cursor->row = 0;
  cursor->pass++;
}

struct place {
  char text[64];
};

static struct place describe_place(const struct cursor *cursor) {
  struct place place;
  if (cursor->count == 1)
    snprintf(place.text, sizeof place.text, "row %zu of %zu", cursor->row + 1, cursor->passes[0].height);
  else
    snprintf(place.text, sizeof place.text, "row %zu of interlace pass %zu", cursor->row + 1, cursor->pass + 1);
  return place;
}

/* Looks at the filter bytes among the size bytes at window, which begin at offset base. */
static bool check_filters(struct cursor *cursor, const uint8_t *window, size_t base, size_t size, struct hl_error *err) {
  for (; cursor->pass < cursor->count && cursor->at < base + size; next_row(cursor)) {
    uint8_t filter = window[cursor->at - base];
    if (filter > 4)
      return hl_defect(err, "filter", "%s has filter type %u, which does not exist", describe_place(cursor).text, filter);
  }
  return true;
}

/* All rows through the window. A bad filter does not end it: if the stream turns out to be damaged, that is the cause to tell. */
static bool pass_rows(struct hl_scratch *scratch, size_t total, size_t window, struct cursor *cursor, struct hl_error *filter,
                      struct hl_error *err) {
  size_t got;
  for (size_t done = 0; done < total; done += got) {
    size_t room = total - done < window ? total - done : window;
    if (!hl_inflate_next(scratch, scratch->rows.data, room, &got, err)) return false;
    if (filter->kind == HL_OK) check_filters(cursor, scratch->rows.data, done, got, filter);
    if (got < room)
      return hl_defect(err, "short-data", "the image data end after %zu bytes of %zu, near %s", done + got, total,
                       describe_place(cursor).text);
  }
  return true;
}

/* After the last row: the stream must end here, and the data chunks with it. */
static bool check_end(struct hl_scratch *scratch, struct hl_error *err) {
  uint8_t more[64];
  size_t got, rest;
  if (!hl_inflate_ended(scratch, &rest)) {
    if (!hl_inflate_next(scratch, more, sizeof more, &got, err)) return false;
    if (got) return hl_defect(err, "extra-data", "the image data go on after the last row");
    if (!hl_inflate_ended(scratch, &rest)) return hl_defect(err, "short-data", "the end of the compressed image data is missing");
  }
  if (rest) return hl_defect(err, "extra-data", "%zu bytes follow the compressed image data in IDAT", rest);
  return true;
}

bool hl_png_inflate_rows(const struct hl_png *png, size_t window, struct hl_scratch *scratch, struct hl_error *err) {
  struct cursor cursor = {0};
  struct hl_error filter = {0};
  size_t total = hl_png_raw_size(&png->header);
  cursor.count = hl_png_passes(&png->header, cursor.passes);
  if (window > total) window = total;
  if (!hl_room_reserve(&scratch->rows, window)) return hl_no_memory(err);
  if (!hl_inflate_begin(scratch, png->stream, png->stream_size, err)) return false;
  if (!pass_rows(scratch, total, window, &cursor, &filter, err) || !check_end(scratch, err)) return false;
  if (filter.kind != HL_OK) *err = filter;
  return filter.kind == HL_OK;
}

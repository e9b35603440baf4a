/* SPDX-License-Identifier: MIT
 *
 * The bytes of a file, or of text in memory, a piece at a time, and what can be told from them before they are parsed: they are
 * compressed, they begin with a byte order mark (which is left out), or there is a NUL among them. Any thread, one at a time.
 */
#ifndef HILUM_CSV_INPUT_H
#define HILUM_CSV_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* Zeroed: closed. */
struct hl_csv_input {
  const char *op; /* not owned */
  char *path;
  int fd;           /* -1: text in memory */
  char *chunk;      /* what the last piece of a file was read into */
  const char *text; /* not owned: what of the text in memory is still to come */
  size_t left;
  size_t newlines; /* in the pieces so far */
  bool begun;
};

/* Opens the file path, or text (not copied) when that is given, for which path is only a name. False: err, and nothing is open.
 */
bool hl_csv_open_input(struct hl_csv_input *input, const char *op, const char *path, const char *text, size_t size,
                       struct hl_error *err);

/* The next piece, valid until the one after it; NULL at the end. False: err. */
bool hl_csv_next_piece(struct hl_csv_input *input, const char **piece, size_t *size, struct hl_error *err);

void hl_csv_close_input(struct hl_csv_input *input);

size_t hl_csv_count_newlines(const char *text, size_t size);

#endif

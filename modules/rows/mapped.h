/* SPDX-License-Identifier: MIT
 *
 * The beginning of a file in memory, read-only, as it was when it was mapped: files that only grow stay as they were seen,
 * however much a writer adds, or cuts off again, behind it. Any thread.
 */
#ifndef HILUM_ROWS_MAPPED_H
#define HILUM_ROWS_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* Zeroed: closed. */
struct hl_mapped {
  const uint8_t *data; /* not NULL when open, even with no bytes */
  size_t size;
};

/* Maps the first size bytes. False: err, of kind integrity when the file has fewer; *m is then closed. */
bool hl_mapped_open(struct hl_mapped *m, const char *op, const char *path, size_t size, struct hl_error *err);

/* Idempotent. */
void hl_mapped_close(struct hl_mapped *m);

#endif

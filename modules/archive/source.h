/* SPDX-License-Identifier: MIT
 *
 * Where the bytes of an archive come from, one after the other: a file, memory, or whatever else can be read from a thread.
 */
#ifndef HILUM_ARCHIVE_SOURCE_H
#define HILUM_ARCHIVE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* First member of each source's own struct. */
struct hl_source {
  const char *name; /* for messages: a path or a URL; lives as long as the source */

  /* Puts up to size bytes into data and their number into *got, 0 at the end; may block. False: err. Any thread, one at a time.
   */
  bool (*read)(struct hl_source *source, void *data, size_t size, size_t *got, struct hl_error *err);

  /* Makes a read under way, and each that follows, fail soon. Any thread, while another reads. NULL: reads never block for long.
   */
  void (*stop)(struct hl_source *source);

  /* Frees the source. Nobody reads any more. */
  void (*close)(struct hl_source *source);
};

/* A regular file. NULL: err. */
struct hl_source *hl_source_file(const char *op, const char *path, struct hl_error *err);

/* Bytes that stay where they are until the source is closed. NULL: no memory. */
struct hl_source *hl_source_bytes(const void *bytes, size_t size);

#endif

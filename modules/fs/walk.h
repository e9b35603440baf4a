/* SPDX-License-Identifier: MIT
 *
 * What is in a folder, and all the files below it. Names are bytes, newlines and all. Any thread.
 */
#ifndef HILUM_FS_WALK_H
#define HILUM_FS_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* Strings that it owns. Zeroed: empty. */
struct hl_names {
  char **names;
  size_t count, room;
};
void hl_names_free(struct hl_names *names);

/* The names in a folder, without . and .., sorted by their bytes. False: err. */
bool hl_list(const char *op, const char *folder, struct hl_names *names, struct hl_error *err);

/* The regular files below a folder as paths relative to it, sorted by their bytes. Symbolic links count as what they lead to; a
 * link back to a folder above it, or to nothing, is left out. A folder that cannot be read is an error. */
bool hl_walk(const char *op, const char *folder, struct hl_names *names, struct hl_error *err);

#endif

/* SPDX-License-Identifier: MIT
 *
 * Folders: what is in them, all the files below them, and getting rid of them. Names are bytes, newlines and all. Any thread.
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

/* Removes a file, or a folder with all that is in it, without following links. It is no error if there is nothing. */
bool hl_remove_tree(const char *op, const char *path, struct hl_error *err);

/* Removes what processes that died have left of unfinished files (core/file.h) in a folder; *removed says how many. */
bool hl_sweep(const char *op, const char *folder, size_t *removed, struct hl_error *err);

/* Makes a folder and those above it that are missing. */
bool hl_make_folders(const char *op, const char *path, struct hl_error *err);

#endif

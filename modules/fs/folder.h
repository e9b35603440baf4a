/* SPDX-License-Identifier: MIT
 *
 * Making folders and getting rid of them. Any thread.
 */
#ifndef HILUM_FS_FOLDER_H
#define HILUM_FS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

/* Makes a folder and those above it that are missing. */
bool hl_make_folders(const char *op, const char *path, struct hl_error *err);

/* Removes a file, or a folder with all that is in it, without following links. It is no error if there is nothing. */
bool hl_remove_tree(const char *op, const char *path, struct hl_error *err);

/* Removes what processes that died have left of unfinished files (core/file.h) in a folder; *removed says how many. */
bool hl_sweep(const char *op, const char *folder, size_t *removed, struct hl_error *err);

#endif

/* SPDX-License-Identifier: MIT */
#include "fs/folder.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool make_folder(const char *path) {
  struct stat st;
  return mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

bool hl_make_folders(const char *op, const char *path, struct hl_error *err) {
  if (make_folder(path)) return true;
  char *copy = errno == ENOENT ? strdup(path) : NULL;
  if (!copy) return hl_fail_errno(err, op, path);
  bool made = hl_make_folders(op, dirname(copy), err) && (make_folder(path) || hl_fail_errno(err, op, path));
  free(copy);
  return made;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  return remove(path);
}

bool hl_remove_tree(const char *op, const char *path, struct hl_error *err) {
  enum { OPEN_FOLDERS = 32 };
  return nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT || hl_fail_errno(err, op, path);
}

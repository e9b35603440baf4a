/* SPDX-License-Identifier: MIT */
#include "fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buffer.h"

/* Lists of names. */

void hl_names_free(struct hl_names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->names[i]);
  free(names->names);
  *names = (struct hl_names){0};
}

/* Takes name, which may be NULL for no memory. */
static bool add_name(struct hl_names *names, char *name) {
  char **grown = name ? hl_grow(names->names, &names->room, names->count + 1, sizeof *grown) : NULL;
  if (!grown) {
    free(name);
    errno = ENOMEM;
    return false;
  }
  names->names = grown;
  grown[names->count++] = name;
  return true;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void sort_names(struct hl_names *names) {
  if (names->count) qsort(names->names, names->count, sizeof *names->names, compare_names);
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* The next entry but . and ..; NULL at the end or, with errno set, on failure. */
static struct dirent *next_entry(DIR *stream) {
  struct dirent *entry;
  do {
    errno = 0;
    entry = readdir(stream);
  } while (entry && is_dots(entry->d_name));
  return entry;
}

bool hl_list(const char *op, const char *folder, struct hl_names *names, struct hl_error *err) {
  DIR *stream = opendir(folder);
  if (!stream) return hl_fail_errno(err, op, folder);
  struct dirent *entry;
  while ((entry = next_entry(stream)) && add_name(names, strdup(entry->d_name))) {
  }
  bool listed = errno == 0 || hl_fail_errno(err, op, folder);
  closedir(stream);
  sort_names(names);
  return listed;
}

/* Walking. */

/* A folder being walked, and the one it was reached from. */
struct level {
  const struct level *above;
  dev_t device;
  ino_t inode;
};

struct walk {
  const char *op, *root;
  struct hl_names *names;
  struct hl_error *err;
};

static bool is_above(const struct level *level, const struct stat *st) {
  for (; level; level = level->above)
    if (level->device == st->st_dev && level->inode == st->st_ino) return true;
  return false;
}

static bool fail_walk(const struct walk *walk, const char *relative) {
  int number = errno;
  char *path = NULL;
  bool made = *relative && asprintf(&path, "%s/%s", walk->root, relative) >= 0;
  errno = number;
  hl_fail_errno(walk->err, walk->op, made ? path : walk->root);
  free(path);
  return false;
}

static bool walk_folder(const struct walk *walk, int fd, const char *relative, const struct level *above);

/* Takes relative. */
static bool walk_entry(const struct walk *walk, int folder, const struct dirent *entry, char *relative,
                       const struct level *above) {
  if (!relative) return fail_walk(walk, "");
  if (entry->d_type == DT_REG) return add_name(walk->names, relative) || fail_walk(walk, "");
  struct stat st;
  bool walked = true;
  if (fstatat(folder, entry->d_name, &st, 0) != 0) {
    if (errno != ENOENT && errno != ELOOP) walked = fail_walk(walk, relative);
  } else if (S_ISREG(st.st_mode)) {
    return add_name(walk->names, relative) || fail_walk(walk, "");
  } else if (S_ISDIR(st.st_mode) && !is_above(above, &st)) {
    int fd = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walked = fd >= 0 ? walk_folder(walk, fd, relative, above) : fail_walk(walk, relative);
  }
  free(relative);
  return walked;
}

static char *join(const char *relative, const char *name) {
  char *path = NULL;
  return asprintf(&path, "%s%s%s", relative, *relative ? "/" : "", name) < 0 ? NULL : path;
}

/* Takes fd. */
static bool walk_folder(const struct walk *walk, int fd, const char *relative, const struct level *above) {
  struct stat st;
  DIR *stream = fstat(fd, &st) == 0 ? fdopendir(fd) : NULL;
  if (!stream) {
    fail_walk(walk, relative);
    close(fd);
    return false;
  }
  struct level level = {above, st.st_dev, st.st_ino};
  struct dirent *entry = NULL;
  bool walked = true;
  while (walked && (entry = next_entry(stream))) walked = walk_entry(walk, fd, entry, join(relative, entry->d_name), &level);
  if (!entry && errno) walked = fail_walk(walk, relative);
  closedir(stream);
  return walked;
}

bool hl_walk(const char *op, const char *folder, struct hl_names *names, struct hl_error *err) {
  struct walk walk = {op, folder, names, err};
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return hl_fail_errno(err, op, folder);
  bool walked = walk_folder(&walk, fd, "", NULL);
  sort_names(names);
  return walked;
}

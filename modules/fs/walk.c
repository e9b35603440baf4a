/* SPDX-License-Identifier: MIT */
#include "fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buffer.h"
#include "core/file.h"

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

/* Making and removing. */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  return remove(path);
}

bool hl_remove_tree(const char *op, const char *path, struct hl_error *err) {
  enum { OPEN_FOLDERS = 32 };
  return nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT || hl_fail_errno(err, op, path);
}

/* The process number in a temporary name, 0 if it is none. */
static pid_t owner_of(const char *name) {
  const char *mark = *name == '.' ? strstr(name, HL_FILE_MARK) : NULL;
  for (const char *later = mark; later; later = strstr(later + 1, HL_FILE_MARK)) mark = later;
  if (!mark) return 0;
  char *end;
  long pid = strtol(mark + strlen(HL_FILE_MARK), &end, 10);
  return *end == '-' && pid > 0 && pid == (pid_t)pid ? (pid_t)pid : 0;
}

static bool is_dead(pid_t pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

bool hl_sweep(const char *op, const char *folder, size_t *removed, struct hl_error *err) {
  struct hl_names names = {0};
  bool listed = hl_list(op, folder, &names, err);
  *removed = 0;
  for (size_t i = 0; listed && i < names.count; i++) {
    pid_t owner = owner_of(names.names[i]);
    char *path = owner && is_dead(owner) ? join(folder, names.names[i]) : NULL;
    if (path && unlink(path) == 0) ++*removed;
    free(path);
  }
  hl_names_free(&names);
  return listed;
}

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

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "fs/folder.h"
#include "fs/walk.h"

/* The process number in a temporary name, 0 if it is none. */
static pid_t owner_of(const char *name) {
  const char *mark = *name == '.' ? strstr(name, HL_FILE_MARK) : NULL;
  for (const char *later = mark; later; later = strstr(later + 1, HL_FILE_MARK)) mark = later;
  if (!mark) return 0;
  char *end;
  long pid = strtol(mark + strlen(HL_FILE_MARK), &end, 10);
  return *end == '-' && pid > 0 && pid == (pid_t)pid ? (pid_t)pid : 0;
}

/* Ended, though its parent has not asked for its exit status yet (proc(5): the state follows the name, which may hold anything).
 * Where there is no /proc, such a process counts as alive. */
static bool is_zombie(pid_t pid) {
  char path[32], text[128];
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
  if (fd >= 0) close(fd);
  text[size > 0 ? size : 0] = '\0';
  const char *name_end = strrchr(text, ')');
  return name_end && strncmp(name_end, ") Z", 3) == 0;
}

static bool is_dead(pid_t pid) { return (kill(pid, 0) != 0 && errno == ESRCH) || is_zombie(pid); }

static bool sweep_file(const char *folder, const char *name) {
  pid_t owner = owner_of(name);
  if (!owner || !is_dead(owner)) return false;
  char *path = NULL;
  bool removed = asprintf(&path, "%s/%s", folder, name) >= 0 && unlink(path) == 0;
  free(path);
  return removed;
}

bool hl_sweep(const char *op, const char *folder, size_t *removed, struct hl_error *err) {
  struct hl_names names = {0};
  bool listed = hl_list(op, folder, &names, err);
  *removed = 0;
  for (size_t i = 0; listed && i < names.count; i++) *removed += sweep_file(folder, names.names[i]);
  hl_names_free(&names);
  return listed;
}

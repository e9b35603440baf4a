/* SPDX-License-Identifier: MIT
 *
 * Atomic files (core/file.h) and folders (fs/folder.h, fs/walk.h).
 */
#include "core/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../check.h"
#include "fs/folder.h"
#include "fs/walk.h"

static struct hl_error err;

static void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file) abort();
  fputs(text, file);
  fclose(file);
}

static const char *get(const char *path) {
  static char text[256];
  uint8_t *data;
  size_t size;
  if (!hl_read_file("test", path, sizeof text - 1, &data, &size, &err)) return NULL;
  memcpy(text, data, size);
  text[size] = '\0';
  free(data);
  return text;
}

/* How many entries the current folder has. */
static size_t count_entries(void) {
  struct hl_names names = {0};
  CHECK(hl_list("test", ".", &names, &err));
  size_t count = names.count;
  hl_names_free(&names);
  return count;
}

static void test_commit_and_abort(void) {
  struct hl_file file;
  put("a", "old");
  chmod("a", 0640);
  CHECK(hl_file_create(&file, "test", "a", &err));
  CHECK(hl_file_write(&file, "new", 3, &err));
  CHECK_EQ_STR(get("a"), "old");
  CHECK(hl_file_commit(&file, &err));
  hl_file_abort(&file);
  CHECK_EQ_STR(get("a"), "new");
  struct stat st;
  CHECK(stat("a", &st) == 0 && (st.st_mode & 0777) == 0640);
  CHECK(hl_file_create(&file, "test", "a", &err));
  CHECK(hl_file_write(&file, "other", 5, &err));
  hl_file_abort(&file);
  CHECK_EQ_STR(get("a"), "new");
  CHECK_EQ_INT(count_entries(), 1);
  CHECK(!hl_file_create(&file, "test", "no/such/folder", &err));
  CHECK_EQ_STR(err.code, "ENOENT");
  CHECK(!hl_file_create(&file, "test", "/dev/null", &err));
  CHECK(!hl_file_create(&file, "test", ".", &err));
  unlink("a");
}

/* A name of the greatest length still has room for its temporary one. */
static void test_long_name(void) {
  char name[256];
  memset(name, 'n', 255);
  name[255] = '\0';
  struct hl_file file;
  CHECK(hl_file_create(&file, "test", name, &err));
  CHECK(hl_file_commit(&file, &err));
  unlink(name);
}

/* The limit stands for a full disk: the old file stays, nothing else is left. */
static void test_no_room(void) {
  put("a", "old");
  struct rlimit limit, small;
  getrlimit(RLIMIT_FSIZE, &limit);
  small = limit;
  small.rlim_cur = 100000;
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  static char block[50000];
  struct hl_file file;
  CHECK(hl_file_create(&file, "test", "a", &err));
  bool written = true;
  for (int i = 0; written && i < 10; i++) written = hl_file_write(&file, block, sizeof block, &err);
  CHECK(!written);
  CHECK_EQ_STR(err.code, "EFBIG");
  CHECK(strncmp(err.message, "a: ", 3) == 0);
  hl_file_abort(&file);
  setrlimit(RLIMIT_FSIZE, &limit);
  CHECK_EQ_STR(get("a"), "old");
  CHECK_EQ_INT(count_entries(), 1);
  unlink("a");
}

/* A process that is killed leaves a temporary, which sweep removes; that of a living one stays. */
static void test_sweep(void) {
  struct hl_file ours;
  size_t removed;
  CHECK(hl_file_create(&ours, "test", "living", &err));
  pid_t child = fork();
  if (child == 0) {
    struct hl_file file;
    hl_file_create(&file, "test", "dead", NULL);
    _exit(0);
  }
  siginfo_t ended;
  CHECK(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) == 0); /* it stays a zombie, which is dead too */
  put(".not.hilum-x", "");
  CHECK_EQ_INT(count_entries(), 3);
  CHECK(hl_sweep("test", ".", &removed, &err));
  CHECK_EQ_INT(removed, 1);
  waitpid(child, NULL, 0);
  CHECK_EQ_INT(count_entries(), 2);
  hl_file_abort(&ours);
  unlink(".not.hilum-x");
}

static void test_read(void) {
  uint8_t *data;
  size_t size;
  put("a", "12345");
  CHECK(hl_read_file("test", "a", 5, &data, &size, &err) && size == 5);
  free(data);
  CHECK(!hl_read_file("test", "a", 4, &data, &size, &err) && !data);
  CHECK(strstr(err.message, "a: larger than the 4 bytes"));
  CHECK(!hl_read_file("test", ".", 100, &data, &size, &err));
  CHECK_EQ_STR(err.code, "EISDIR");
  CHECK(hl_read_file("test", "/proc/self/status", SIZE_MAX, &data, &size, &err) && size > 100);
  free(data);
  unlink("a");
}

static void test_walk(void) {
  struct hl_names names = {0};
  CHECK(hl_make_folders("test", "d/e/f/", &err));
  CHECK(hl_make_folders("test", "d/e", &err));
  put("d/e/f/2", "");
  put("d/e/new\nline", "");
  put("d/1", "");
  put("outside", "");
  CHECK(symlink("..", "d/e/up") == 0);
  CHECK(symlink("../outside", "d/link") == 0);
  CHECK(symlink("nowhere", "d/broken") == 0);
  CHECK(hl_walk("test", "d", &names, &err));
  static const char *const wanted[] = {"1", "e/f/2", "e/new\nline", "link"};
  CHECK_EQ_INT(names.count, 4);
  for (size_t i = 0; i < names.count && i < 4; i++) CHECK_EQ_STR(names.names[i], wanted[i]);
  hl_names_free(&names);
  CHECK(!hl_walk("test", "nowhere", &names, &err));
  CHECK(!hl_make_folders("test", "outside/x", &err));
  CHECK(hl_remove_tree("test", "d", &err) && hl_remove_tree("test", "d", &err));
  CHECK_EQ_INT(count_entries(), 1);
  unlink("outside");
}

int main(void) {
  char folder[] = "/tmp/hilum-test-XXXXXX";
  if (!mkdtemp(folder) || chdir(folder) != 0) return 1;
  test_commit_and_abort();
  test_long_name();
  test_no_room();
  test_sweep();
  test_read();
  test_walk();
  rmdir(folder);
  return check_report();
}

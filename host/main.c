/* SPDX-License-Identifier: MIT
 *
 * The process: a Lua state, the event loop, the modules, and boot.lua, which does the rest. The only file that may exit.
 */
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/bind.h"
#include "host/modules.h"
#include "task/loop.h"

enum { EXIT_INTERRUPTED = 130 };

static int processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* Stack: argv as a table. Returns the exit status boot.lua gives. */
static int boot(lua_State *L) {
  hl_open_modules(L);
  hl_load_embedded(L, "host.boot");
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static void push_arguments(lua_State *L, int argc, char **argv) {
  lua_createtable(L, argc, 0);
  for (int i = 1; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
}

/* boot.lua reports what goes wrong in scripts; what arrives here went wrong in boot.lua itself. */
static int run(lua_State *L, int argc, char **argv) {
  lua_pushcfunction(L, boot);
  push_arguments(L, argc, argv);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) return (int)lua_tointeger(L, -1);
  fprintf(stderr, "hilum: %s\n", hl_push_message(L, -1));
  return hl_loop_interrupted(hl_loop_of(L)) ? EXIT_INTERRUPTED : EXIT_FAILURE;
}

/* A thousand transfers are two thousand descriptors, of which a shell gives 1,024. */
static void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Images and matrices come and go by the megabyte. Given back to the system after each, their memory would be cleared and mapped
 * anew for the next, which costs as much as a quarter of a decode. */
static void keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

/* Where one of the three standard descriptors is closed, the next file opened would take its place, and get what is printed. */
static void occupy_standard_descriptors(void) {
  int fd;
  do fd = open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO);
  close(fd);
}

/* At exit, however that came: results that did not reach stdout are a failure, of which a reader that left need not be told. */
static void check_output(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
  bool reader_left = poll(&out, 1, 0) == 1 && out.revents & POLLERR;
  if (!reader_left) fputs("hilum: stdout could not be written to; is its disk full?\n", stderr);
  _exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
  occupy_standard_descriptors();
  atexit(check_output);
  allow_many_files();
  keep_freed_memory();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);               /* a limit on the size of files is a failing write, told like any other */
  setenv("OPENBLAS_NUM_THREADS", "1", 1); /* BLAS runs on our workers; threads of its own would fight them */
  lua_State *L = luaL_newstate();
  if (!L) return fputs("hilum: not enough memory\n", stderr), EXIT_FAILURE;
  luaL_openlibs(L);
  struct hl_loop *loop = hl_loop_open(L, processors());
  if (!loop) return perror("hilum: event loop"), EXIT_FAILURE;
  hl_loop_catch_interrupts(loop);
  int status = run(L, argc, argv);
  hl_loop_close(loop);
  lua_close(L);
  return status;
}

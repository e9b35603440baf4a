/* SPDX-License-Identifier: MIT
 *
 * task.command: a program run without a shell, what it prints on stdout, and how it ended. The loop watches the pipe and the
 * process (pidfd_open(2), Linux 5.3). It has a process group of its own, which is killed as a whole when time is up or the wait
 * is given up; its stdin is empty, its stderr ours. One that is attached has our stdin and stdout too, and our process group.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/bind.h"
#include "core/buffer.h"
#include "task/internal.h"

#define OP "task.command"

enum { MOST_WORDS = 1024, PIECE = 1 << 14, KILLED = 128 };

struct command {
  struct hl_op op;
  char **words; /* one block: the pointers, NULL, the texts */
  double timeout;
  size_t limit;
  bool attached;
  pid_t pid;                       /* 0: not running */
  struct hl_watch process, output; /* fd < 0: not watched */
  struct hl_timer timer;
  struct hl_buffer text;
  int status;
  bool failed;
  struct hl_error err;
};

extern char **environ;

/* Giving up and ending. */

static void unwatch(struct hl_loop *loop, struct hl_watch *watch) {
  if (watch->fd < 0) return;
  hl_watch_remove(loop, watch);
  close(watch->fd);
  watch->fd = -1;
}

/* Ends the program and what it has started. After SIGKILL it is gone at once, so that waiting for it is no wait. */
static void end_program(struct command *c) {
  if (!c->pid) return;
  kill(c->attached ? c->pid : -c->pid, SIGKILL);
  while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR) {
  }
  c->pid = 0;
}

static void release(struct command *c) {
  end_program(c);
  unwatch(c->op.loop, &c->process);
  unwatch(c->op.loop, &c->output);
  hl_timer_stop(c->op.loop, &c->timer);
}

static void finish(struct command *c) {
  release(c);
  hl_op_complete(&c->op);
}

static void fail(struct command *c, enum hl_kind kind, const char *what) {
  c->failed = true;
  hl_fail(&c->err, kind, OP, "%s %s", c->words[0], what);
  finish(c);
}

static void cancel(struct hl_op *op) { release((struct command *)op); }

/* Reading. True: there may be more to come. */
static bool read_output(struct command *c) {
  for (;;) {
    if (!hl_buffer_reserve(&c->text, PIECE)) return fail(c, HL_IO, "printed more than memory holds"), false;
    ssize_t got = read(c->output.fd, c->text.data + c->text.size, PIECE);
    if (got > 0) c->text.size += (size_t)got;
    if (c->text.size > c->limit) return fail(c, HL_INTEGRITY, "printed more than was to be expected, and was stopped"), false;
    if (got < 0 && errno == EAGAIN) return true;
    if (got == 0 || (got < 0 && errno != EINTR)) return unwatch(c->op.loop, &c->output), true;
  }
}

static void output_ready(struct hl_watch *watch, uint32_t events) {
  struct command *c = (struct command *)((char *)watch - offsetof(struct command, output));
  (void)events;
  if (watch->fd >= 0) read_output(c);
}

/* What it left running may hold the pipe open; what was printed until now counts. */
static void process_ended(struct hl_watch *watch, uint32_t events) {
  struct command *c = (struct command *)((char *)watch - offsetof(struct command, process));
  (void)events;
  if (watch->fd < 0 || (c->output.fd >= 0 && !read_output(c))) return;
  while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR) {
  }
  c->pid = 0;
  finish(c);
}

static void time_is_up(struct hl_timer *timer) {
  struct command *c = (struct command *)((char *)timer - offsetof(struct command, timer));
  fail(c, HL_TIMEOUT, "did not end in time, and was stopped");
}

/* Starting. */

/* The host ignores SIGPIPE and SIGXFSZ; programs do not expect that. out < 0: attached. */
static int spawn(struct command *c, int out) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  if (out >= 0) {
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  }
  posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGDEF | (out < 0 ? 0 : POSIX_SPAWN_SETPGROUP)));
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  int failure = posix_spawnp(&c->pid, c->words[0], &files, &attributes, c->words, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failure) c->pid = 0;
  return failure;
}

static bool spawn_with_pipe(struct command *c) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return false;
  c->output.fd = ends[0];
  int failure = spawn(c, ends[1]);
  close(ends[1]);
  errno = failure;
  return failure == 0 && fcntl(c->output.fd, F_SETFL, O_NONBLOCK) == 0 && hl_watch_set(c->op.loop, &c->output, EPOLLIN);
}

static bool spawn_attached(struct command *c) {
  errno = spawn(c, -1);
  return errno == 0;
}

static bool spawn_watched(struct command *c) {
  if (c->attached ? !spawn_attached(c) : !spawn_with_pipe(c)) return false;
  c->process.fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
  return c->process.fd >= 0 && hl_watch_set(c->op.loop, &c->process, EPOLLIN);
}

static void start(struct hl_op *op) {
  struct command *c = (struct command *)op;
  c->process = (struct hl_watch){.fd = -1, .ready = process_ended};
  c->output = (struct hl_watch){.fd = -1, .ready = output_ready};
  c->timer.fire = time_is_up;
  hl_timer_start(op->loop, &c->timer, c->timeout);
  if (spawn_watched(c)) return;
  c->failed = true;
  hl_fail_errno(&c->err, OP, c->words[0]);
  finish(c);
}

/* Lua. */

static int push(lua_State *L, struct hl_op *op) {
  struct command *c = (struct command *)op;
  if (c->failed) return hl_push_error(L, &c->err);
  lua_createtable(L, 0, 2);
  lua_pushlstring(L, c->text.data, c->text.size);
  lua_setfield(L, -2, "output");
  lua_pushinteger(L, WIFEXITED(c->status) ? WEXITSTATUS(c->status) : KILLED + WTERMSIG(c->status));
  lua_setfield(L, -2, "status");
  return 1;
}

/* What was printed may be secret. */
static void destroy(struct hl_op *op) {
  struct command *c = (struct command *)op;
  if (c->text.data) explicit_bzero(c->text.data, c->text.size);
  hl_buffer_free(&c->text);
  free(c->words);
}

static size_t check_words(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer count = luaL_len(L, 1);
  luaL_argcheck(L, count >= 1 && count <= MOST_WORDS, 1, "the program and its arguments expected");
  for (lua_Integer i = 1; i <= count; i++) {
    size_t size;
    lua_rawgeti(L, 1, i);
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
    luaL_argcheck(L, word && strlen(word) == size, 1, "the program and its arguments must be strings without zero bytes");
    lua_pop(L, 1);
  }
  return (size_t)count;
}

/* The words, which check_words has found to be fine, as execve wants them. */
static char **copy_words(lua_State *L, size_t count) {
  size_t room = (count + 1) * sizeof(char *);
  for (size_t i = 1; i <= count; i++, lua_pop(L, 1)) {
    lua_rawgeti(L, 1, (lua_Integer)i);
    room += lua_rawlen(L, -1) + 1;
  }
  char **words = malloc(room);
  if (!words) luaL_error(L, "not enough memory");
  char *text = (char *)(words + count + 1);
  for (size_t i = 0; i < count; i++, lua_pop(L, 1)) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    words[i] = strcpy(text, lua_tostring(L, -1));
    text += lua_rawlen(L, -1) + 1;
  }
  words[count] = NULL;
  return words;
}

int hl_l_command(lua_State *L) {
  static const struct hl_op_class cls = {.name = OP, .start = start, .cancel = cancel, .push = push, .destroy = destroy};
  static const char *const options[] = {"timeout", "limit", "attached", NULL};
  lua_settop(L, 2);
  size_t count = check_words(L);
  hl_check_options(L, 2, options);
  double timeout = hl_opt_number(L, 2, "timeout", 60);
  lua_Integer limit = hl_opt_integer(L, 2, "limit", 1 << 20, 0, 1 << 30);
  bool attached = hl_opt_bool(L, 2, "attached", false);
  luaL_argcheck(L, timeout > 0, 2, "option 'timeout': must be positive");
  struct command *c = hl_op_new(L, &cls, sizeof *c);
  c->words = copy_words(L, count);
  c->timeout = timeout;
  c->limit = (size_t)limit;
  c->attached = attached;
  return hl_op_await(L, &c->op);
}

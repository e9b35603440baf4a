/* SPDX-License-Identifier: MIT
 *
 * A child process that does not outlive its parent, however that ends; its own children are of its process group, and end with it
 * when it is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "socket.h"

#define PROCESS "hilum.net.Process"

struct process {
  struct net_socket socket; /* a pidfd, readable when the child has ended */
  pid_t pid;
  bool reaped;
  int status;
  struct rusage usage;
};

static bool reap(struct process *process, int flags) {
  if (!process->reaped) process->reaped = wait4(process->pid, &process->status, flags, &process->usage) == process->pid;
  return process->reaped;
}

/* Signals that hilum does not leave at what they are by default. */
static const int STOPPING[] = {SIGPIPE, SIGINT, SIGTERM, 0};

/* In the child. Between fork and exec only what is safe there. */
static void become(char *const *argv, int out, const char *errors, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  for (int i = 0; STOPPING[i]; i++) signal(STOPPING[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int in = open("/dev/null", O_RDONLY), err = errors ? open(errors, O_WRONLY | O_CREAT | O_APPEND, 0666) : STDERR_FILENO;
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execvp(argv[0], argv);
  perror(argv[0]);
  _exit(127);
}

/* The strings of the array at index 1, as exec wants them; the userdata that holds them is pushed. */
static char *const *push_arguments(lua_State *L) {
  size_t count = lua_rawlen(L, 1);
  luaL_argcheck(L, count > 0, 1, "a program and its arguments");
  const char **argv = lua_newuserdatauv(L, (count + 1) * sizeof *argv, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "strings");
    argv[i] = lua_tostring(L, -1); /* the array holds it */
    lua_pop(L, 1);
  }
  argv[count] = NULL;
  return (char *const *)argv;
}

/* Forks with all signals blocked: one for the child must not reach the handlers it has of us. */
static pid_t fork_blocked(void) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid != 0) sigprocmask(SIG_SETMASK, &before, NULL);
  return pid;
}

/* net.spawn({program, argument…}[, {errors=path}]) -> Process; errors: a file for its stderr */
int l_spawn(lua_State *L) {
  static const char *const names[] = {"errors", NULL};
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  hl_check_options(L, 2, names);
  const char *errors = hl_opt_string(L, 2, "errors", NULL);
  char *const *argv = push_arguments(L);
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return luaL_error(L, "net.spawn: no pipe");
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  struct process *process = (struct process *)net_push_socket(L, PROCESS, sizeof *process, -1);
  net_push_socket(L, NET_CONNECTION, sizeof(struct net_socket), out[0]);
  lua_setiuservalue(L, -2, 1);
  pid_t parent = getpid();
  process->pid = fork_blocked();
  if (process->pid == 0) become(argv, out[1], errors, parent);
  close(out[1]);
  if (process->pid < 0) return luaL_error(L, "net.spawn: no process");
  setpgid(process->pid, process->pid);
  process->socket.watch.fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
  return 1;
}

/* process:output() -> the Connection to read its stdout from */
static int l_output(lua_State *L) {
  net_check_socket(L, PROCESS);
  lua_getiuservalue(L, 1, 1);
  return 1;
}

static bool step_wait(struct net_wait *wait) {
  wait->events = EPOLLIN;
  return reap((struct process *)wait->socket, WNOHANG);
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec * 1e-6; }

static int push_status(lua_State *L, struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  if (wait->failed) return hl_push_error(L, &wait->err);
  struct process *process = (struct process *)wait->socket;
  int status = process->status;
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  lua_pushnumber(L, seconds(process->usage.ru_utime) + seconds(process->usage.ru_stime));
  lua_pushinteger(L, process->usage.ru_maxrss * 1024);
  return 3;
}

/* process:wait() -> exit status, or 128 + number of the signal that ended it; seconds of processor time; most bytes in memory */
static int l_wait(lua_State *L) {
  static const struct hl_op_class cls = {.name = "net.wait", .start = net_start, .cancel = net_cancel, .push = push_status};
  struct net_socket *socket = net_check_socket(L, PROCESS);
  lua_settop(L, 1);
  return hl_op_await(L, &net_new_wait(L, &cls, socket, NET_IN, step_wait)->op);
}

/* process:kill([signal]): 15 if not given */
static int l_kill(lua_State *L) {
  struct process *process = (struct process *)net_check_socket(L, PROCESS);
  int signal = (int)luaL_optinteger(L, 2, SIGTERM);
  if (!reap(process, WNOHANG)) kill(process->pid, signal);
  return 0;
}

static int l_pid(lua_State *L) {
  lua_pushinteger(L, ((struct process *)net_check_socket(L, PROCESS))->pid);
  return 1;
}

/* Kills the group: what the child has left running too. */
static int l_close(lua_State *L) {
  struct process *process = luaL_checkudata(L, 1, PROCESS);
  if (process->pid > 0) kill(-process->pid, SIGKILL);
  if (process->pid > 0) reap(process, 0);
  process->pid = 0;
  net_close(&process->socket);
  return 0;
}

void net_new_process_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"wait", l_wait},     {"kill", l_kill},   {"pid", l_pid},
                                     {"output", l_output}, {"close", l_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_close}, {"__close", l_close}, {NULL, NULL}};
  hl_new_type(L, PROCESS, methods, meta);
}

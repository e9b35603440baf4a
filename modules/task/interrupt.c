/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C. The handler only sets a flag, wakes the loop, and hooks the Lua state that is running, so that busy code stops as well;
 * it then restores the default action: a second Ctrl-C ends the process. Hooks are per coroutine: code inside a coroutine that a
 * script resumes by itself is reached only by the second one.
 */
#include <string.h>
#include <unistd.h>

#include "core/bind.h"
#include "task/internal.h"

static struct {
  struct hl_loop *loop;
  pthread_t thread;
} handler_state;

bool hl_stop_due(const struct hl_stop *stop) { return stop->requested && (!stop->raised || hl_now() >= stop->until); }

int hl_stop_raise(lua_State *L, struct hl_stop *stop, enum hl_kind kind) {
  if (stop) {
    stop->raised = true;
    stop->until = hl_now() + HL_GRACE;
  }
  lua_sethook(L, NULL, 0, 0);
  lua_sethook(hl_loop_of(L)->running, NULL, 0, 0); /* L may be a coroutine of it */
  struct hl_error err = {0};
  hl_fail(&err, kind, "", "%s", hl_kind_name(kind));
  hl_push_error_value(L, &err);
  return lua_error(L);
}

static void raise_interrupt(lua_State *L, lua_Debug *activation) {
  (void)activation;
  struct hl_loop *loop = hl_loop_of(L);
  hl_stop_raise(L, loop->current ? NULL : &loop->stop, HL_INTERRUPTED);
}

static void handle(int number) {
  struct hl_loop *loop = handler_state.loop;
  if (!pthread_equal(pthread_self(), handler_state.thread)) {
    pthread_kill(handler_state.thread, number);
    return;
  }
  signal(number, SIG_DFL);
  loop->stop.requested = number;
  uint64_t one = 1;
  ssize_t written = write(loop->wake, &one, sizeof one);
  (void)written;
  lua_sethook(loop->running, raise_interrupt, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

void hl_loop_catch_interrupts(struct hl_loop *loop) {
  loop->stop = (struct hl_stop){0};
  lua_sethook(loop->running, NULL, 0, 0);
  handler_state.loop = loop;
  handler_state.thread = pthread_self();
  struct sigaction action = {.sa_handler = handle};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

void hl_loop_release_interrupts(void) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

int hl_loop_interrupted(const struct hl_loop *loop) { return loop->stop.requested; }

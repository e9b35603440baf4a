/* SPDX-License-Identifier: MIT
 *
 * Characters from the terminal, for which the loop waits, and the signals a terminal sends. Window size and Ctrl-Z come by a
 * descriptor; Ctrl-C is the loop's (task/interrupt.c), for it must also stop a task that runs meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wchar.h>

#include "line/editor.h"

/* Pastes come between two sequences instead of as typed keys (bracketed paste of xterm). */
static void bracket_pastes(bool on) {
  fputs(on ? "\x1b[?2004h" : "\x1b[?2004l", stdout);
  fflush(stdout);
}

/* Stops until the shell says go on; the line is then drawn below what the shell wrote. */
static void suspend(EditLine *el) {
  bracket_pastes(false);
  el_set(el, EL_PREP_TERM, 0);
  raise(SIGSTOP);
  el_set(el, EL_PREP_TERM, 1);
  bracket_pastes(true);
  el_set(el, EL_REFRESH);
}

static void take_signal(struct hl_watch *watch, uint32_t events) {
  struct hl_editor *self = (struct hl_editor *)((char *)watch - offsetof(struct hl_editor, signals));
  (void)events;
  struct signalfd_siginfo info;
  if (read(watch->fd, &info, sizeof info) != (ssize_t)sizeof info) return;
  if (info.ssi_signo == SIGTSTP)
    suspend(self->el);
  else
    self->resized = true;
}

/* The watch only ends the loop's step; whether there is input is asked before. */
static void wake_up(struct hl_watch *watch, uint32_t events) { (void)watch, (void)events; }

static bool has_input(void) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&in, 1, 0) > 0;
}

/* A character that stands for what happened while there was no input; 0 if nothing did. */
static char take_event(struct hl_editor *self) {
  if (hl_loop_interrupted(self->loop) == SIGINT) {
    hl_loop_catch_interrupts(self->loop);
    return *HL_LINE_INTERRUPTED;
  }
  if (!self->resized) return 0;
  self->resized = false;
  el_resize(self->el);
  return *HL_LINE_RESIZED;
}

/* The next byte, or the character of an event. 0 at the end of input, which a request to end the process is too; -1: errno. */
static int read_byte(struct hl_editor *self, char *byte) {
  for (;;) {
    if ((*byte = take_event(self))) return 1;
    if (hl_loop_interrupted(self->loop)) return 0;
    if (has_input()) {
      ssize_t got = read(STDIN_FILENO, byte, 1);
      if (got >= 0 || errno != EINTR) return (int)got;
    } else {
      if (!hl_watch_set(self->loop, &self->input, EPOLLIN | EPOLLONESHOT)) return -1;
      hl_loop_run_once(self->loop, self->L);
    }
  }
}

int hl_line_read_character(EditLine *el, wchar_t *character) {
  struct hl_editor *self = hl_editor_of(el);
  mbstate_t state = {0};
  for (;;) {
    char byte;
    int got = read_byte(self, &byte);
    if (got != 1) return got;
    size_t length = mbrtowc(character, &byte, 1, &state);
    if (length == (size_t)-2) continue;
    if (length == (size_t)-1) *character = L'\uFFFD';
    return 1;
  }
}

static void signals_of_terminals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGWINCH);
  sigaddset(set, SIGTSTP);
}

bool hl_line_begin_input(struct hl_editor *self) {
  sigset_t set;
  signals_of_terminals(&set);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  self->input = (struct hl_watch){.fd = STDIN_FILENO, .ready = wake_up};
  self->signals = (struct hl_watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = take_signal};
  self->resized = true; /* perhaps since the last line */
  hl_loop_catch_interrupts(self->loop);
  bracket_pastes(true);
  return self->signals.fd >= 0 && hl_watch_set(self->loop, &self->signals, EPOLLIN);
}

void hl_line_end_input(struct hl_editor *self) {
  sigset_t set;
  signals_of_terminals(&set);
  bracket_pastes(false);
  hl_watch_remove(self->loop, &self->input);
  hl_watch_remove(self->loop, &self->signals);
  if (self->signals.fd >= 0) close(self->signals.fd);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

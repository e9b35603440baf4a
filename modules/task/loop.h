/* SPDX-License-Identifier: MIT
 *
 * The event loop: epoll, timers, an eventfd that workers and signals write to, and the queue of tasks ready to run. It belongs
 * to no library: whoever has a descriptor or a deadline joins by hl_watch and hl_timer. One loop a process, on the thread that
 * runs Lua.
 */
#ifndef HILUM_TASK_LOOP_H
#define HILUM_TASK_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lua_State lua_State; /* as in lua.h, which those who only wait do not need */
struct hl_loop;

/* Creates the loop of this Lua state; jobs is the number of worker threads, started at first use. The loop's memory is Lua's.
 * NULL: errno says why. */
struct hl_loop *hl_loop_open(lua_State *L, int jobs);

/* Cancels what runs, gives it time to clean up, joins the workers. Before lua_close. */
void hl_loop_close(struct hl_loop *loop);

/* The loop of this state or any coroutine of it. */
struct hl_loop *hl_loop_of(lua_State *L);

int hl_loop_jobs(const struct hl_loop *loop);

/* Is there a task that could run while the caller waits? */
bool hl_loop_has_tasks(const struct hl_loop *loop);

/* One step: waits until something happens, and lets the tasks that can go on go on. Inside of a task, where no other may run,
 * only descriptors and deadlines have their turn. Never raises: for C that waits below a library that Lua's errors must not
 * cross. */
void hl_loop_run_once(struct hl_loop *loop, lua_State *L);

/* Says on stderr which tasks failed without anybody asking, and forgets them. False if there was one. */
bool hl_loop_report_failures(struct hl_loop *loop, lua_State *L);

/* Runs until no task is left. False if a task that nobody joined has failed (reported on stderr). */
bool hl_loop_drain(struct hl_loop *loop, lua_State *L);

/* Ctrl-C. hl_loop_catch_interrupts installs the handler for the next interrupt only: it stops the running Lua code or the wait
 * with an error of kind "interrupted"; a second one before it is installed again ends the process. One that came and stopped
 * nothing yet is forgotten. hl_loop_interrupted: the signal's number, 0 if none came. */
void hl_loop_catch_interrupts(struct hl_loop *loop);
int hl_loop_interrupted(const struct hl_loop *loop);

/* A deadline. Zero-initialise, set fire, start. fire runs on the main thread, outside Lua, and may start the timer again. */
struct hl_timer {
  void (*fire)(struct hl_timer *timer);
  double at;         /* private: seconds on the monotonic clock */
  size_t heap_index; /* private: 1-based, 0 when stopped */
};
void hl_timer_start(struct hl_loop *loop, struct hl_timer *timer, double seconds);
void hl_timer_stop(struct hl_loop *loop, struct hl_timer *timer);

/* A descriptor. events as in epoll(7); ready runs on the main thread, outside Lua. False: errno says why. */
struct hl_watch {
  int fd;
  void (*ready)(struct hl_watch *watch, uint32_t events);
};
bool hl_watch_set(struct hl_loop *loop, struct hl_watch *watch, uint32_t events);
void hl_watch_remove(struct hl_loop *loop, struct hl_watch *watch);

/* Seconds on the monotonic clock. */
double hl_now(void);

#endif

/* SPDX-License-Identifier: MIT
 *
 * A bounded pipe of bytes from the loop to one other thread: the loop writes and never blocks, the thread reads and blocks.
 * Either side may end it, with an error or without. Whoever uses a Lua value of type HL_PIPE pins it, and with that the pipe.
 */
#ifndef HILUM_TASK_PIPE_H
#define HILUM_TASK_PIPE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"
#include "task/loop.h"

#define HL_PIPE "hilum.task.Pipe"

struct hl_pipe {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  char *data; /* a ring; NULL: the pipe was never opened */
  size_t capacity, begin, used;
  bool ended;          /* nothing more is written; what is there can still be read */
  struct hl_error err; /* why, unless its kind is HL_OK */
  bool waiting;        /* the writer wants to be told of room */

  /* The loop's own. */
  struct hl_loop *loop;
  struct hl_watch watch;
  uint64_t written;           /* bytes, since the beginning */
  void (*room)(void *writer); /* NULL: there is no writer */
  void *writer;
};

/* What becomes of a piece that is written. */
enum hl_piped { HL_PIPE_TAKEN, HL_PIPE_FULL, HL_PIPE_ENDED };

/* Main thread. False: errno says why, and the pipe is closed. */
bool hl_pipe_open(struct hl_pipe *pipe, struct hl_loop *loop, size_t capacity);
/* Main thread, when nobody uses it any more. Accepts a zeroed pipe. */
void hl_pipe_close(struct hl_pipe *pipe);

/* Main thread. Makes writer the one that may write; room tells it, outside Lua, that there is room again or that the pipe has
 * ended. NULL: there is no writer any more. False: there is one already. */
bool hl_pipe_attach(struct hl_pipe *pipe, void (*room)(void *writer), void *writer);
/* Main thread. Takes all of size bytes (not more than the capacity) or nothing; when full, room will be called. */
enum hl_piped hl_pipe_write(struct hl_pipe *pipe, const void *data, size_t size);

/* The reader's thread. Waits for bytes and returns how many it got, 0 at the end, -1 when the pipe ended in an error. */
ssize_t hl_pipe_read(struct hl_pipe *pipe, void *data, size_t size, struct hl_error *err);

/* Any thread. No more bytes: err says why, NULL that all went well. The first call counts. */
void hl_pipe_end(struct hl_pipe *pipe, const struct hl_error *err);

#endif

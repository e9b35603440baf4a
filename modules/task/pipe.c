/* SPDX-License-Identifier: MIT */
#include "task/pipe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void tell_writer(struct hl_watch *watch, uint32_t events) {
  struct hl_pipe *pipe = (struct hl_pipe *)((char *)watch - offsetof(struct hl_pipe, watch));
  (void)events;
  uint64_t count;
  ssize_t got = read(watch->fd, &count, sizeof count);
  if (got > 0 && pipe->room) pipe->room(pipe->writer);
}

bool hl_pipe_open(struct hl_pipe *pipe, struct hl_loop *loop, size_t capacity) {
  *pipe = (struct hl_pipe){.loop = loop, .capacity = capacity};
  pipe->watch = (struct hl_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = tell_writer};
  if (pipe->watch.fd < 0) return false;
  if (hl_watch_set(loop, &pipe->watch, EPOLLIN)) pipe->data = malloc(capacity);
  if (!pipe->data) {
    close(pipe->watch.fd);
    return false;
  }
  pthread_mutex_init(&pipe->lock, NULL);
  pthread_cond_init(&pipe->filled, NULL);
  return true;
}

void hl_pipe_close(struct hl_pipe *pipe) {
  if (!pipe->data) return;
  hl_watch_remove(pipe->loop, &pipe->watch);
  close(pipe->watch.fd);
  pthread_cond_destroy(&pipe->filled);
  pthread_mutex_destroy(&pipe->lock);
  free(pipe->data);
  *pipe = (struct hl_pipe){0};
}

bool hl_pipe_attach(struct hl_pipe *pipe, void (*room)(void *writer), void *writer) {
  if (room && pipe->room) return false;
  pipe->room = room;
  pipe->writer = writer;
  return true;
}

/* The three below: locked. */

static void put(struct hl_pipe *pipe, const char *data, size_t size) {
  size_t end = (pipe->begin + pipe->used) % pipe->capacity, first = pipe->capacity - end;
  if (first > size) first = size;
  memcpy(pipe->data + end, data, first);
  memcpy(pipe->data, data + first, size - first);
  pipe->used += size;
}

static size_t take(struct hl_pipe *pipe, char *data, size_t size) {
  if (size > pipe->used) size = pipe->used;
  size_t first = pipe->capacity - pipe->begin;
  if (first > size) first = size;
  memcpy(data, pipe->data + pipe->begin, first);
  memcpy(data + first, pipe->data, size - first);
  pipe->begin = (pipe->begin + size) % pipe->capacity;
  pipe->used -= size;
  return size;
}

static void call_writer(struct hl_pipe *pipe) {
  if (!pipe->waiting) return;
  pipe->waiting = false;
  uint64_t one = 1;
  while (write(pipe->watch.fd, &one, sizeof one) < 0) {
  }
}

enum hl_piped hl_pipe_write(struct hl_pipe *pipe, const void *data, size_t size) {
  enum hl_piped piped = HL_PIPE_TAKEN;
  pthread_mutex_lock(&pipe->lock);
  if (pipe->ended) {
    piped = HL_PIPE_ENDED;
  } else if (size > pipe->capacity - pipe->used) {
    piped = HL_PIPE_FULL;
    pipe->waiting = true;
  } else {
    put(pipe, data, size);
    pipe->written += size;
    pthread_cond_signal(&pipe->filled);
  }
  pthread_mutex_unlock(&pipe->lock);
  return piped;
}

/* The writer is called once half of the pipe is empty, so that the two do not hand over every piece. */
ssize_t hl_pipe_read(struct hl_pipe *pipe, void *data, size_t size, struct hl_error *err) {
  pthread_mutex_lock(&pipe->lock);
  while (!pipe->used && !pipe->ended) pthread_cond_wait(&pipe->filled, &pipe->lock);
  size_t got = take(pipe, data, size);
  bool failed = !got && pipe->err.kind != HL_OK;
  if (failed) *err = pipe->err;
  if (pipe->used <= pipe->capacity / 2) call_writer(pipe);
  pthread_mutex_unlock(&pipe->lock);
  return failed ? -1 : (ssize_t)got;
}

void hl_pipe_end(struct hl_pipe *pipe, const struct hl_error *err) {
  pthread_mutex_lock(&pipe->lock);
  if (!pipe->ended) {
    pipe->ended = true;
    if (err) pipe->err = *err;
    pthread_cond_broadcast(&pipe->filled);
    call_writer(pipe);
  }
  pthread_mutex_unlock(&pipe->lock);
}

/* SPDX-License-Identifier: MIT */
#include "archive/archive.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct hl_archive {
  struct hl_stream stream;
  struct hl_members *members;
  struct hl_hash_shared hashes;
  struct hl_hash hash;
  size_t ahead;
  int fd;
  pthread_t thread;
  bool is_running, is_taken; /* the thread is to be joined; the owner has come to the end */

  pthread_mutex_t lock; /* of the following */
  pthread_cond_t room;
  struct queued *first, **last;
  size_t bytes;    /* of data in the queue */
  bool is_awaited; /* the owner found the queue empty */
  bool ended, failed;
  struct hl_error err;
};

struct queued {
  struct hl_member *member;
  struct queued *next;
};

/* The queue, as the thread sees it. */

static void tell_owner(struct hl_archive *archive) {
  if (!archive->is_awaited) return;
  archive->is_awaited = false;
  uint64_t one = 1;
  while (write(archive->fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

static bool is_stopping(struct hl_archive *archive) { return atomic_load(&archive->stream.stopping); }

static bool has_room(const struct hl_archive *archive, size_t size) {
  return archive->bytes == 0 || (size <= archive->ahead && archive->bytes <= archive->ahead - size);
}

static void enqueue(struct hl_archive *archive, struct queued *item) {
  size_t size = item->member->size;
  pthread_mutex_lock(&archive->lock);
  while (!has_room(archive, size) && !is_stopping(archive)) pthread_cond_wait(&archive->room, &archive->lock);
  *archive->last = item;
  archive->last = &item->next;
  archive->bytes += size;
  tell_owner(archive);
  pthread_mutex_unlock(&archive->lock);
}

static void finish(struct hl_archive *archive, bool failed, const struct hl_error *err) {
  pthread_mutex_lock(&archive->lock);
  archive->ended = !failed;
  archive->failed = failed;
  archive->err = *err;
  tell_owner(archive);
  pthread_mutex_unlock(&archive->lock);
}

/* The thread. */

/* What came before the damage is good. */
static void add_count(struct hl_error *err, uint64_t count) {
  size_t used = strlen(err->message);
  snprintf(err->message + used, sizeof err->message - used, "; %llu %s before that %s whole", (unsigned long long)count,
           count == 1 ? "member" : "members", count == 1 ? "is" : "are");
}

static void *read_ahead(void *argument) {
  struct hl_archive *archive = argument;
  struct hl_member *member;
  struct hl_error err = {0};
  bool ended = false;
  uint64_t count = 0;
  while ((member = hl_members_next(archive->members, &ended, &err))) {
    struct queued *item = malloc(sizeof *item);
    if (!item) {
      hl_member_free(member);
      hl_fail_errno(&err, archive->stream.op, archive->stream.source->name);
      break;
    }
    *item = (struct queued){.member = member};
    count += !member->error;
    enqueue(archive, item);
  }
  if (!ended && count) add_count(&err, count);
  finish(archive, !ended, &err);
  return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct hl_archive *archive) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  int status = pthread_create(&archive->thread, NULL, read_ahead, archive);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  errno = status;
  archive->is_running = status == 0;
  return archive->is_running;
}

/* The owner. */

static bool open_digest(struct hl_archive *archive, const char *name, struct hl_error *err) {
  if (!name) return true;
  if (!hl_hash_open(&archive->hashes, err)) return false;
  return hl_hash_begin(&archive->hash, &archive->hashes, hl_hash_kind(name)) || hl_fail_errno(err, archive->stream.op, NULL);
}

static bool open_parts(struct hl_archive *archive, struct hl_source *source, const struct hl_archive_options *options,
                       struct hl_error *err) {
  struct hl_hash *hash = options->digest ? &archive->hash : NULL;
  if (!hl_stream_open(&archive->stream, options->op, source, hash, err) || !open_digest(archive, options->digest, err))
    return false;
  archive->members = hl_members_open(&archive->stream, options->max_member, options->max_total);
  archive->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return (archive->members && archive->fd >= 0 && start_thread(archive)) || hl_fail_errno(err, options->op, source->name);
}

struct hl_archive *hl_archive_open(struct hl_source *source, const struct hl_archive_options *options, struct hl_error *err) {
  struct hl_archive *archive = malloc(sizeof *archive);
  if (!archive) {
    hl_fail_errno(err, options->op, source->name);
    source->close(source);
    return NULL;
  }
  *archive = (struct hl_archive){.ahead = options->ahead, .fd = -1};
  archive->last = &archive->first;
  pthread_mutex_init(&archive->lock, NULL);
  pthread_cond_init(&archive->room, NULL);
  if (open_parts(archive, source, options, err)) return archive;
  hl_archive_close(archive);
  return NULL;
}

/* Locked. */
static struct hl_member *dequeue(struct hl_archive *archive) {
  struct queued *item = archive->first;
  struct hl_member *member = item->member;
  archive->first = item->next;
  if (!archive->first) archive->last = &archive->first;
  archive->bytes -= member->size;
  pthread_cond_signal(&archive->room);
  free(item);
  return member;
}

enum hl_take hl_archive_take(struct hl_archive *archive, struct hl_member **member, struct hl_error *err) {
  enum hl_take taken = HL_TAKE_MEMBER;
  *member = NULL;
  pthread_mutex_lock(&archive->lock);
  if (archive->first) {
    *member = dequeue(archive);
  } else if (archive->ended) {
    taken = HL_TAKE_END;
  } else if (archive->failed) {
    taken = HL_TAKE_FAILED;
    *err = archive->err;
  } else {
    taken = HL_TAKE_LATER;
    archive->is_awaited = true;
  }
  pthread_mutex_unlock(&archive->lock);
  archive->is_taken |= taken == HL_TAKE_END;
  return taken;
}

int hl_archive_fd(const struct hl_archive *archive) { return archive->fd; }

uint64_t hl_archive_position(const struct hl_archive *archive) {
  return atomic_load_explicit(&archive->stream.position, memory_order_relaxed);
}

size_t hl_archive_digest(const struct hl_archive *archive, uint8_t digest[HL_DIGEST_MAX]) {
  return archive->is_taken && archive->hash.shared ? hl_hash_digest(&archive->hash, digest) : 0;
}

/* The thread may wait for the source or for room. */
static void stop_thread(struct hl_archive *archive) {
  struct hl_source *source = archive->stream.source;
  if (!archive->is_running) return;
  pthread_mutex_lock(&archive->lock);
  atomic_store(&archive->stream.stopping, true);
  pthread_cond_signal(&archive->room);
  pthread_mutex_unlock(&archive->lock);
  if (source->stop) source->stop(source);
  pthread_join(archive->thread, NULL);
}

void hl_archive_close(struct hl_archive *archive) {
  if (!archive) return;
  stop_thread(archive);
  while (archive->first) hl_member_free(dequeue(archive));
  hl_members_close(archive->members);
  hl_stream_close(&archive->stream);
  hl_hash_end(&archive->hash);
  hl_hash_close(&archive->hashes);
  archive->stream.source->close(archive->stream.source);
  if (archive->fd >= 0) close(archive->fd);
  pthread_cond_destroy(&archive->room);
  pthread_mutex_destroy(&archive->lock);
  free(archive);
}

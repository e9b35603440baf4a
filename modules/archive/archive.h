/* SPDX-License-Identifier: MIT
 *
 * An archive that a thread of its own reads ahead: the thread unpacks members into a bounded queue, the owner takes them out.
 */
#ifndef HILUM_ARCHIVE_ARCHIVE_H
#define HILUM_ARCHIVE_ARCHIVE_H

#include "archive/members.h"

struct hl_archive_options {
  const char *op;      /* the Lua name that errors carry; outlives the archive */
  uint64_t max_member; /* bytes: a larger member is refused */
  uint64_t max_total;  /* bytes of all members: beyond that the archive fails */
  size_t ahead;        /* bytes that wait in the queue at most, but for one member larger than that */
  const char *digest;  /* NULL, or a name as in hash/hash.h: of all that is read of the source */
};

struct hl_archive;

/* Starts the thread. The source belongs to the archive from here on. NULL: err, and the source is closed. All functions: one
 * thread, the owner's. */
struct hl_archive *hl_archive_open(struct hl_source *source, const struct hl_archive_options *options, struct hl_error *err);

/* The next member in the order of the archive, which is then the caller's to free; NULL with what else there is: */
enum hl_take {
  HL_TAKE_MEMBER,
  HL_TAKE_LATER,  /* nothing yet: hl_archive_fd becomes readable when there is something */
  HL_TAKE_END,    /* no more; the whole source was read and is sound */
  HL_TAKE_FAILED, /* no more; err */
};
enum hl_take hl_archive_take(struct hl_archive *archive, struct hl_member **member, struct hl_error *err);

/* An eventfd; it is readable at least until it was read after HL_TAKE_LATER. */
int hl_archive_fd(const struct hl_archive *archive);

/* Bytes read of the source so far. */
uint64_t hl_archive_position(const struct hl_archive *archive);

/* The digest, after HL_TAKE_END. Returns its length; 0: there is none. */
size_t hl_archive_digest(const struct hl_archive *archive, uint8_t digest[HL_DIGEST_MAX]);

/* Stops the thread, waits for it (not for the source), and frees everything. Accepts NULL. */
void hl_archive_close(struct hl_archive *archive);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The members of a tar or zip stream, read by libarchive, one at a time in memory of their own. What could do harm (names that
 * lead elsewhere, links, devices, what is larger than allowed) comes out as a member with an error instead of data. Any thread,
 * one at a time.
 */
#ifndef HILUM_ARCHIVE_MEMBERS_H
#define HILUM_ARCHIVE_MEMBERS_H

#include "archive/stream.h"

struct hl_member {
  char *name;       /* UTF-8 that may become a path below a folder, unless error says otherwise */
  uint8_t *data;    /* NULL if there is none */
  size_t size;      /* bytes of data */
  char *error;      /* why there are no data; NULL: nothing wrong */
  const char *type; /* "file", "symlink", "hardlink", "device", "fifo", "socket", "other" */
  uint64_t claimed; /* the size that the archive says; 0 if it does not */
  uint64_t offset;  /* of its header, in the bytes of the archive after gzip */
  int64_t mtime;    /* seconds since 1970; 0 if it has none */
};

void hl_member_free(struct hl_member *member);

struct hl_members; /* the reader */

/* Members of more than max_member bytes are refused, and the whole archive fails beyond max_total. stream stays the caller's.
 * NULL: no memory. */
struct hl_members *hl_members_open(struct hl_stream *stream, uint64_t max_member, uint64_t max_total);

/* The next member, or NULL at the end with *ended set: then the whole source was read. NULL and not ended: err. Folders are left
 * out. */
struct hl_member *hl_members_next(struct hl_members *members, bool *ended, struct hl_error *err);

void hl_members_close(struct hl_members *members);

#endif

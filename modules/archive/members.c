/* SPDX-License-Identifier: MIT */
#include "archive/members.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/name.h"

struct hl_members {
  struct archive *archive;
  struct hl_stream *stream;
  uint64_t max_member, max_total, total;
  locale_t utf8;           /* what names are converted to; 0: there is no such locale here */
  bool is_open;            /* the first bytes are those of a format */
  struct hl_error failure; /* of the stream; HL_OK: none */
};

void hl_member_free(struct hl_member *member) {
  if (!member) return;
  free(member->name);
  free(member->data);
  free(member->error);
  free(member);
}

/* Opening. */

static la_ssize_t read_block(struct archive *archive, void *context, const void **block) {
  struct hl_members *members = context;
  size_t size;
  if (hl_stream_next(members->stream, block, &size, &members->failure)) return (la_ssize_t)size;
  archive_set_error(archive, EIO, "%s", members->failure.message);
  return ARCHIVE_FATAL;
}

struct hl_members *hl_members_open(struct hl_stream *stream, uint64_t max_member, uint64_t max_total) {
  struct hl_members *members = malloc(sizeof *members);
  if (!members) return NULL;
  *members = (struct hl_members){.stream = stream, .max_member = max_member, .max_total = max_total};
  members->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  members->archive = archive_read_new();
  bool is_set = members->archive && archive_read_support_format_tar(members->archive) == ARCHIVE_OK &&
                archive_read_support_format_zip_streamable(members->archive) == ARCHIVE_OK &&
                archive_read_set_options(members->archive, "tar:read_concatenated_archives") == ARCHIVE_OK;
  if (is_set) return members;
  hl_members_close(members);
  return NULL;
}

void hl_members_close(struct hl_members *members) {
  if (!members) return;
  archive_read_free(members->archive);
  if (members->utf8) freelocale(members->utf8);
  free(members);
}

/* Failing. */

static bool fail(struct hl_members *members, struct hl_error *err) {
  if (members->failure.kind != HL_OK) {
    *err = members->failure;
    return false;
  }
  if (archive_errno(members->archive) == ENOMEM) {
    errno = ENOMEM;
    return hl_fail_errno(err, members->stream->op, members->stream->source->name);
  }
  const char *what = archive_error_string(members->archive);
  if (!members->is_open) what = "it is neither a tar, gzipped or not, nor a zip";
  return hl_stream_fail(members->stream, err, members->is_open ? "damaged" : "format", "%s", what ? what : "it is damaged");
}

/* Marks the member as one without data. False: no memory. */
static bool refuse(struct hl_member *member, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct hl_member *member, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  bool is_kept = vasprintf(&member->error, format, arguments) >= 0;
  va_end(arguments);
  if (!is_kept) member->error = NULL;
  free(member->data);
  member->data = NULL;
  member->size = 0;
  return is_kept;
}

/* What the header says. */

static const char *type_of(struct archive_entry *entry) {
  if (archive_entry_hardlink(entry)) return "hardlink";
  switch (archive_entry_filetype(entry)) {
  case AE_IFREG: return "file";
  case AE_IFLNK: return "symlink";
  case AE_IFCHR:
  case AE_IFBLK: return "device";
  case AE_IFIFO: return "fifo";
  case AE_IFSOCK: return "socket";
  default: return "other";
  }
}

static const char *name_of(struct archive_entry *entry) {
  const char *name = archive_entry_pathname(entry);
  if (!name) name = archive_entry_pathname_utf8(entry);
  return name ? name : "";
}

/* Sets error if the header alone is reason enough. False: no memory. */
static bool judge(struct hl_members *members, struct archive_entry *entry, struct hl_member *member) {
  const char *refusal = hl_name_refusal(member->name);
  if (refusal) return refuse(member, "%s", refusal);
  hl_name_clean(member->name, member->name);
  if (strcmp(member->type, "file") != 0) return refuse(member, "it is no file but a %s", member->type);
  if (archive_entry_is_encrypted(entry)) return refuse(member, "it is encrypted");
  if (archive_entry_sparse_count(entry) > 0) return refuse(member, "it is a sparse file");
  if (member->claimed <= members->max_member) return true;
  return refuse(member, "it has %llu bytes: %llu are allowed", (unsigned long long)member->claimed,
                (unsigned long long)members->max_member);
}

static struct hl_member *new_member(struct hl_members *members, struct archive_entry *entry) {
  struct hl_member *member = calloc(1, sizeof *member);
  if (!member) return NULL;
  member->name = strdup(name_of(entry));
  member->type = type_of(entry);
  member->claimed = archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
  member->offset = (uint64_t)archive_read_header_position(members->archive);
  member->mtime = archive_entry_mtime(entry);
  if (member->name && judge(members, entry, member)) return member;
  hl_member_free(member);
  return NULL;
}

/* Data. */

/* Room for size bytes; all that the header claims, when it does. */
static bool reserve(struct hl_member *member, size_t *capacity, size_t size) {
  size_t wanted = size <= member->claimed ? (size_t)member->claimed : size + size / 2;
  if (size <= *capacity) return true;
  uint8_t *larger = realloc(member->data, wanted);
  if (!larger) return false;
  member->data = larger;
  *capacity = wanted;
  return true;
}

static bool add_block(struct hl_members *members, struct hl_member *member, size_t *capacity, const void *block, size_t size) {
  if (size > members->max_member - member->size)
    return refuse(member, "it has more than the %llu bytes that are allowed", (unsigned long long)members->max_member);
  if (size == 0) return true;
  if (!reserve(member, capacity, member->size + size)) return false;
  memcpy(member->data + member->size, block, size);
  member->size += size;
  return true;
}

/* Reads the data, or refuses the member for what they are. False: the archive cannot be read on, or there is no memory. */
static bool read_data(struct hl_members *members, struct hl_member *member) {
  const void *block;
  size_t size, capacity = 0;
  la_int64_t offset;
  int status = ARCHIVE_OK;
  while (!member->error && (status = archive_read_data_block(members->archive, &block, &size, &offset)) == ARCHIVE_OK) {
    bool is_added = (uint64_t)offset == member->size ? add_block(members, member, &capacity, block, size)
                                                     : refuse(member, "it is a sparse file");
    if (!is_added) archive_set_error(members->archive, ENOMEM, "not enough memory");
    if (!is_added) return false;
  }
  if (status == ARCHIVE_FATAL) return false;
  if (member->error || (status == ARCHIVE_EOF && (member->size == member->claimed || !member->claimed))) return true;
  const char *what = status == ARCHIVE_EOF ? "its size is not what its header says" : archive_error_string(members->archive);
  return refuse(member, "%s", what ? what : "it is damaged");
}

static bool is_within_total(struct hl_members *members, const struct hl_member *member, struct hl_error *err) {
  members->total += member->size;
  return members->total <= members->max_total ||
         hl_stream_fail(members->stream, err, "bomb", "its members have more than the %llu bytes that are allowed",
                        (unsigned long long)members->max_total);
}

static struct hl_member *take(struct hl_members *members, struct archive_entry *entry, struct hl_error *err) {
  struct hl_member *member = new_member(members, entry);
  if (!member) archive_set_error(members->archive, ENOMEM, "not enough memory");
  if (member && (member->error || read_data(members, member)) && is_within_total(members, member, err)) return member;
  if (err->kind == HL_OK) fail(members, err);
  hl_member_free(member);
  return NULL;
}

/* What follows the last member still counts for checksums and digest. */
static bool read_rest(struct hl_members *members, struct hl_error *err) {
  const void *block;
  size_t size = 1;
  while (size > 0)
    if (!hl_stream_next(members->stream, &block, &size, err)) return false;
  return true;
}

/* Looks at the first bytes for what format it is. */
static bool open_stream(struct hl_members *members) {
  if (!members->is_open) members->is_open = archive_read_open(members->archive, members, NULL, read_block, NULL) == ARCHIVE_OK;
  return members->is_open;
}

static bool is_header(int status) { return status == ARCHIVE_OK || status == ARCHIVE_WARN; }

static bool is_folder(struct archive_entry *entry) { return archive_entry_filetype(entry) == AE_IFDIR; }

static struct hl_member *find_next(struct hl_members *members, bool *ended, struct hl_error *err) {
  struct archive_entry *entry;
  int status;
  do status = archive_read_next_header(members->archive, &entry);
  while (status == ARCHIVE_RETRY || (is_header(status) && is_folder(entry)));
  if (is_header(status)) return take(members, entry, err);
  if (status == ARCHIVE_EOF)
    *ended = read_rest(members, err);
  else
    fail(members, err);
  return NULL;
}

/* libarchive makes names of the thread's locale; those that are not of it stay as they are. */
struct hl_member *hl_members_next(struct hl_members *members, bool *ended, struct hl_error *err) {
  struct hl_member *member = NULL;
  locale_t before = members->utf8 ? uselocale(members->utf8) : (locale_t)0;
  *ended = false;
  *err = (struct hl_error){.kind = HL_OK};
  if (open_stream(members))
    member = find_next(members, ended, err);
  else
    fail(members, err);
  if (before) uselocale(before);
  return member;
}

/* SPDX-License-Identifier: MIT
 *
 * Files that are there whole or not at all. A new file is written under a temporary name in the folder of the final one
 * (.NAME.hilum-PID-RANDOM), flushed to the disk, and renamed by commit; until then the old file is untouched, and whatever
 * happens afterwards the new one is complete. fs.sweep removes the temporaries of processes that died. Any thread, one at a time.
 */
#ifndef HILUM_CORE_FILE_H
#define HILUM_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* What stands between the name and the process number in a temporary name. */
#define HL_FILE_MARK ".hilum-"

/* Zeroed: closed. */
struct hl_file {
  const char *op;  /* the Lua name that errors carry; not owned */
  char *path;      /* the final name; NULL when closed */
  char *temporary; /* the name until commit */
  uint8_t *buffer;
  size_t used;     /* bytes in buffer */
  size_t unsynced; /* bytes written since the disk was last told to begin */
  int fd;
  bool lazy; /* commit does not wait for the disk: a power failure right after it may leave the file without its content */
};

/* Begins the file that will be at path. An existing one keeps its permissions; what is no regular file is refused. False: file is
 * closed. op must outlive file. */
bool hl_file_create(struct hl_file *file, const char *op, const char *path, struct hl_error *err);

/* Appends. After a failure (disk full, say) the only thing left to do is hl_file_abort. */
bool hl_file_write(struct hl_file *file, const void *data, size_t size, struct hl_error *err);

/* Puts the file in place and closes it. False: closed too, and nothing of it is left behind. */
bool hl_file_commit(struct hl_file *file, struct hl_error *err);

/* Closes the file and removes what was written. Accepts a closed file. */
void hl_file_abort(struct hl_file *file);

/* Writes all of data to fd, however many calls that takes. False: errno says why. */
bool hl_write_all(int fd, const void *data, size_t size);

/* Flushes the folder that holds path, so that a new name in it survives a power failure. False: errno says why. */
bool hl_sync_folder_of(const char *path);

/* Reads a whole file (or pipe) into memory that the caller frees; refuses more than limit bytes. False: *data is NULL. */
bool hl_read_file(const char *op, const char *path, size_t limit, uint8_t **data, size_t *size, struct hl_error *err);

#endif

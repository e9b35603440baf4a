/* SPDX-License-Identifier: MIT
 *
 * What all operations of the binding share: their inputs (a path, bytes or an image, or a list of these), an error for each input
 * that failed, scratch memory for the workers, and the shape of the results. A single input is a list of one.
 */
#ifndef HILUM_IMAGE_BATCH_H
#define HILUM_IMAGE_BATCH_H

#include <lua.h>

#include "core/image.h"
#include "image/scratch.h"
#include "task/op.h"

/* An image, or the bytes of a file, or its path. */
struct hl_input {
  const struct hl_image *image; /* pinned */
  const uint8_t *bytes;         /* pinned */
  size_t size;
  char *name; /* of the file: its path, if there are no bytes, and else NULL or what it is called; owned */
};

/* First member of each operation's own struct. */
struct hl_batch {
  struct hl_op op;
  struct hl_input *inputs;
  const struct hl_error **errors; /* NULL where nothing failed; written by the worker of the item */
  struct hl_scratch_pool scratches;
  bool is_list;
};

enum { HL_TAKES_FILES = 1, HL_TAKES_IMAGES = 2 };

/* An operation of size bytes on the argument at index 1, which is one input or a list of them; takes says which kinds. Raises on
 * anything else. [-0, +1, e] */
void *hl_batch_new(lua_State *L, const struct hl_op_class *cls, size_t size, int takes);

/* For class->destroy. */
void hl_batch_free(struct hl_batch *batch);

/* Zeroed memory for each item, owned by the operation that slot belongs to. Raises when there is none. [-0, +0, m] */
void hl_batch_items(lua_State *L, struct hl_batch *batch, void *slot, size_t size);

/* Worker: the bytes of an input that is a path or bytes. */
bool hl_batch_read(struct hl_batch *batch, size_t item, struct hl_scratch *scratch, const uint8_t **bytes, size_t *size,
                   struct hl_error *err);

/* Worker: the input as a gray image, which the caller frees. False: the failure is kept. */
bool hl_batch_gray(struct hl_batch *batch, size_t item, struct hl_image *gray);

/* Worker: returns scratch memory, for the next item if there is one: many single inputs that wait for Lua must not keep theirs.
 */
void hl_batch_give(struct hl_batch *batch, struct hl_scratch *scratch);

/* Worker: keeps err, with the name of the operation and of the file, as what became of the item. */
void hl_batch_fail(struct hl_batch *batch, size_t item, const struct hl_error *err);

/* Worker: counts for the progress display. */
void hl_batch_count(struct hl_batch *batch, uint64_t bytes, bool has_failed);

/* Pushes the results: of one input what push_item pushes, or nil and its error; of a list a list, with false for what failed, and
 * a table of the errors by their place, or nil when there are none. [-0, +1|2, m] */
int hl_batch_push(lua_State *L, struct hl_batch *batch, void (*push_item)(lua_State *L, struct hl_batch *batch, size_t item));

/* The table of errors, or nil when there are none. [-0, +1, m] */
void hl_batch_push_errors(lua_State *L, const struct hl_batch *batch);

/* Fields of the module, defined by the files of the binding. */
int hl_l_image_check(lua_State *L);
int hl_l_image_info(lua_State *L);
int hl_l_image_decode(lua_State *L);
int hl_l_image_describe(lua_State *L);
int hl_l_image_thumbnail(lua_State *L);
int hl_l_image_resize(lua_State *L);
int hl_l_image_encode(lua_State *L);
int hl_l_image_write(lua_State *L);
int hl_l_image_phash(lua_State *L);
int hl_l_image_similar(lua_State *L);
int hl_l_image_correlation(lua_State *L);
void hl_push_image_limits(lua_State *L);

#endif

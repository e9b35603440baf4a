/* SPDX-License-Identifier: MIT
 *
 * Folding (Gopal and others, Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel 2009), written once
 * and compiled for each instruction set by crc_avx2.c and crc_avx512.c. A block moved on by its distance from a later one, and
 * added to it, leaves the remainder of the whole as it was; in the end one block is left, which goes to a narrower path.
 *
 * They define: block, which is one or more times sixteen bytes; load_block, first_block (a remainder, then zeros), spread (the
 * two factors, for all of a block), fold (block moved on and added to next); NEAR, the index in hl_crc.fold of what moves a block
 * to the next (the index after it: to the fourth); UPDATE, the name, and NARROWER, the path below.
 */
#include "hash/crc.h"

enum { BLOCK = sizeof(block), STREAMS = 4, STRIDE = STREAMS * BLOCK };

/* Each of the streams is folded by itself, so that no product waits for another; then they are folded into the last. */
static block fold_streams(const struct hl_crc *crc, block first, const uint8_t **bytes, const uint8_t *end) {
  block streams[STREAMS], far = spread(crc->fold[NEAR + 1]), near = spread(crc->fold[NEAR]);
  for (int i = 0; i < STREAMS; i++) streams[i] = load_block(*bytes + i * BLOCK);
  streams[0] ^= first;
  for (*bytes += STRIDE; end - *bytes >= STRIDE; *bytes += STRIDE)
    for (int i = 0; i < STREAMS; i++) streams[i] = fold(streams[i], far, load_block(*bytes + i * BLOCK));
  for (int i = 1; i < STREAMS; i++) streams[i] = fold(streams[i - 1], near, streams[i]);
  return streams[STREAMS - 1];
}

uint64_t UPDATE(const struct hl_crc *crc, uint64_t remainder, const void *data, size_t size) {
  const uint8_t *bytes = data, *end = bytes + size;
  if (size < STRIDE) return NARROWER(crc, remainder, data, size);
  block near = spread(crc->fold[NEAR]), folded = fold_streams(crc, first_block(remainder), &bytes, end);
  for (; end - bytes >= BLOCK; bytes += BLOCK) folded = fold(folded, near, load_block(bytes));
  return NARROWER(crc, NARROWER(crc, 0, &folded, BLOCK), bytes, (size_t)(end - bytes));
}

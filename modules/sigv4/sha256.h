/* SPDX-License-Identifier: MIT
 *
 * SHA-256 (FIPS 180-4) of what is whole in memory, in the fewest steps: no context, no allocation, no provider to look up, and a
 * start from any state, which is what a kept HMAC key is. Any thread.
 */
#ifndef HILUM_SIGV4_SHA256_H
#define HILUM_SIGV4_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { HL_SHA256_SIZE = 32, HL_SHA256_BLOCK = 64 };

struct hl_sha256 {
  uint32_t words[8];
};

/* The state before the first byte, and the constants of the 64 rounds. */
extern const struct hl_sha256 hl_sha256_start;
extern const uint32_t hl_sha256_rounds[64];

void hl_sha256(const void *data, size_t size, uint8_t digest[HL_SHA256_SIZE]);

/* Compresses whole blocks into state. */
void hl_sha256_blocks(struct hl_sha256 *state, const uint8_t *data, size_t blocks);

/* The digest of before bytes, whole blocks that state has taken in, followed by data. */
void hl_sha256_finish(struct hl_sha256 state, uint64_t before, const void *data, size_t size, uint8_t digest[HL_SHA256_SIZE]);

/* What hl_sha256_blocks chooses from. The second needs a processor with SHA and AVX instructions. */
void hl_sha256_blocks_portable(struct hl_sha256 *state, const uint8_t *data, size_t blocks);
void hl_sha256_blocks_shani(struct hl_sha256 *state, const uint8_t *data, size_t blocks);

#endif

/* SPDX-License-Identifier: MIT */
#include "sigv4/hmac.h"

#include <string.h>

enum { INNER = 0x36, OUTER = 0x5c };

static void begin_with(struct hl_sha256 *state, const uint8_t key[HL_SHA256_BLOCK], uint8_t pad) {
  uint8_t block[HL_SHA256_BLOCK];
  for (size_t i = 0; i < sizeof block; i++) block[i] = key[i] ^ pad;
  *state = hl_sha256_start;
  hl_sha256_blocks(state, block, 1);
  explicit_bzero(block, sizeof block);
}

void hl_hmac_key(struct hl_hmac *hmac, const void *key, size_t size) {
  uint8_t block[HL_SHA256_BLOCK] = {0};
  if (size > sizeof block)
    hl_sha256(key, size, block);
  else if (size)
    memcpy(block, key, size);
  begin_with(&hmac->inner, block, INNER);
  begin_with(&hmac->outer, block, OUTER);
  explicit_bzero(block, sizeof block);
}

void hl_hmac(const struct hl_hmac *hmac, const void *message, size_t size, uint8_t digest[HL_SHA256_SIZE]) {
  uint8_t inner[HL_SHA256_SIZE];
  hl_sha256_finish(hmac->inner, HL_SHA256_BLOCK, message, size, inner);
  hl_sha256_finish(hmac->outer, HL_SHA256_BLOCK, inner, sizeof inner, digest);
}

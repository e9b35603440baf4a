/* SPDX-License-Identifier: MIT
 *
 * HMAC-SHA-256 (RFC 2104) with the two states that a key leads to kept instead of the key: two compressions less a message.
 */
#ifndef HILUM_SIGV4_HMAC_H
#define HILUM_SIGV4_HMAC_H

#include "sigv4/sha256.h"

/* A secret: to be wiped by whoever owns it. */
struct hl_hmac {
  struct hl_sha256 inner, outer;
};

void hl_hmac_key(struct hl_hmac *hmac, const void *key, size_t size);

void hl_hmac(const struct hl_hmac *hmac, const void *message, size_t size, uint8_t digest[HL_SHA256_SIZE]);

#endif

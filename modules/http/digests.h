/* SPDX-License-Identifier: MIT
 *
 * Several digests of the same bytes in one pass, as HTTP and S3 write them: SHA-256, SHA-1 and MD5 in hexadecimal, CRCs in base64
 * with the highest byte first. Any thread.
 */
#ifndef HILUM_HTTP_DIGESTS_H
#define HILUM_HTTP_DIGESTS_H

#include "hash/hash.h"

enum { HL_HTTP_DIGEST_TEXT = 2 * HL_DIGEST_MAX + 1 };

/* Zeroed: none. */
struct hl_http_digests {
  unsigned wanted; /* a bit for each hl_hash_kind */
  struct hl_hash hashes[HL_HASH_KINDS];
};

/* False: no memory. shared must outlive the digests. */
bool hl_http_digests_begin(struct hl_http_digests *digests, const struct hl_hash_shared *shared, unsigned wanted);
void hl_http_digests_update(struct hl_http_digests *digests, const void *data, size_t size);
/* Writes the text of one that is wanted. False: no memory. */
bool hl_http_digests_text(const struct hl_http_digests *digests, enum hl_hash_kind kind, char text[HL_HTTP_DIGEST_TEXT]);
/* Idempotent. */
void hl_http_digests_end(struct hl_http_digests *digests);

/* The digest of hash in base64, with a NUL. Returns its length, 0: no memory. */
size_t hl_http_base64_digest(const struct hl_hash *hash, char text[HL_HTTP_DIGEST_TEXT]);

#endif

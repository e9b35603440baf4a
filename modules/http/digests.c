/* SPDX-License-Identifier: MIT */
#include "http/digests.h"

#include "core/base64.h"

bool hl_http_digests_begin(struct hl_http_digests *digests, const struct hl_hash_shared *shared, unsigned wanted) {
  *digests = (struct hl_http_digests){.wanted = wanted};
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++)
    if (wanted >> kind & 1 && !hl_hash_begin(&digests->hashes[kind], shared, kind)) {
      hl_http_digests_end(digests);
      return false;
    }
  return true;
}

void hl_http_digests_update(struct hl_http_digests *digests, const void *data, size_t size) {
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++)
    if (digests->wanted >> kind & 1) hl_hash_update(&digests->hashes[kind], data, size);
}

size_t hl_http_base64_digest(const struct hl_hash *hash, char text[HL_HTTP_DIGEST_TEXT]) {
  uint8_t digest[HL_DIGEST_MAX];
  size_t size = hl_hash_digest(hash, digest);
  if (!size) return 0;
  hl_base64_encode(text, digest, size);
  text[HL_BASE64_LENGTH(size)] = '\0';
  return HL_BASE64_LENGTH(size);
}

bool hl_http_digests_text(const struct hl_http_digests *digests, enum hl_hash_kind kind, char text[HL_HTTP_DIGEST_TEXT]) {
  uint8_t digest[HL_DIGEST_MAX];
  const struct hl_hash *hash = &digests->hashes[kind];
  if (!hash->context) return hl_http_base64_digest(hash, text) > 0;
  size_t size = hl_hash_digest(hash, digest);
  hl_hex(digest, size, text);
  return size > 0;
}

void hl_http_digests_end(struct hl_http_digests *digests) {
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++) hl_hash_end(&digests->hashes[kind]);
  *digests = (struct hl_http_digests){0};
}

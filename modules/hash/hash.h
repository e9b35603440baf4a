/* SPDX-License-Identifier: MIT
 *
 * Checksums and digests of bytes that come in pieces: SHA-256, SHA-1 and MD5 by OpenSSL, CRC-32 (zip, PNG) and CRC-32C (iSCSI,
 * S3) by ISA-L, CRC-64/NVME (S3) by hash/crc.h. CRCs as in the catalogue of Koopman and Williams. Any thread.
 */
#ifndef HILUM_HASH_HASH_H
#define HILUM_HASH_HASH_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "hash/crc.h"

enum hl_hash_kind { HL_HASH_SHA256, HL_HASH_SHA1, HL_HASH_MD5, HL_HASH_CRC32, HL_HASH_CRC32C, HL_HASH_CRC64NVME, HL_HASH_KINDS };

enum { HL_DIGEST_MAX = 32 };

/* What all hashes of a process share, looked up once. Read-only after hl_hash_open: any thread. */
struct hl_hash_shared {
  EVP_MD *digests[HL_HASH_KINDS]; /* NULL where a CRC is */
  struct hl_crc crc64nvme;
};
bool hl_hash_open(struct hl_hash_shared *shared, struct hl_error *err);
void hl_hash_close(struct hl_hash_shared *shared);

/* "sha256", "sha1", "md5", "crc32", "crc32c", "crc64nvme"; HL_HASH_KINDS for any other name. */
enum hl_hash_kind hl_hash_kind(const char *name);

/* One hash under way. Zeroed: closed. */
struct hl_hash {
  const struct hl_hash_shared *shared;
  enum hl_hash_kind kind;
  EVP_MD_CTX *context; /* digests */
  uint64_t remainder;  /* CRCs */
};

/* False: no memory, and errno says so. */
bool hl_hash_begin(struct hl_hash *hash, const struct hl_hash_shared *shared, enum hl_hash_kind kind);
void hl_hash_update(struct hl_hash *hash, const void *data, size_t size);

/* The digest of what came so far (a CRC with its highest byte first); more may come. Returns its length, 0 when out of memory. */
size_t hl_hash_digest(const struct hl_hash *hash, uint8_t digest[HL_DIGEST_MAX]);
void hl_hash_end(struct hl_hash *hash);

/* Digest of a file, read in pieces. Returns its length; 0: err. */
size_t hl_hash_file(const char *op, const char *path, const struct hl_hash_shared *shared, enum hl_hash_kind kind,
                    uint8_t digest[HL_DIGEST_MAX], struct hl_error *err);

/* Two lower-case digits a byte and a NUL. */
void hl_hex(const uint8_t *bytes, size_t size, char *text);

#endif

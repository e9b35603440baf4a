/* SPDX-License-Identifier: MIT */
#include "hash/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/crc.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 18 };

/* A CRC's update goes on from the remainder, which is the complement of the checksum. */

static uint64_t update_crc32(const struct hl_hash_shared *shared, uint64_t remainder, const void *data, size_t size) {
  (void)shared;
  return ~crc32_gzip_refl(~(uint32_t)remainder, data, size);
}

static uint64_t update_crc32c(const struct hl_hash_shared *shared, uint64_t remainder, const void *data, size_t size) {
  (void)shared;
  uint8_t *bytes = (uint8_t *)data; /* which ISA-L does not change */
  for (int piece; size > 0; bytes += piece, size -= (size_t)piece) {
    piece = size < INT_MAX ? (int)size : INT_MAX;
    remainder = crc32_iscsi(bytes, piece, (uint32_t)remainder);
  }
  return remainder;
}

static uint64_t update_crc64nvme(const struct hl_hash_shared *shared, uint64_t remainder, const void *data, size_t size) {
  return hl_crc_update(&shared->crc64nvme, remainder, data, size);
}

/* A new kind: a row here, and one in the enum. */
static const struct {
  const char *name;
  size_t size;       /* bytes of the digest */
  const char *fetch; /* a digest: OpenSSL's name */
  uint64_t (*update)(const struct hl_hash_shared *shared, uint64_t remainder, const void *data, size_t size); /* a CRC */
} kinds[HL_HASH_KINDS] = {
    [HL_HASH_SHA256] = {"sha256", 32, .fetch = "SHA256"},
    [HL_HASH_SHA1] = {"sha1", 20, .fetch = "SHA1"},
    [HL_HASH_MD5] = {"md5", 16, .fetch = "MD5"},
    [HL_HASH_CRC32] = {"crc32", 4, .update = update_crc32},
    [HL_HASH_CRC32C] = {"crc32c", 4, .update = update_crc32c},
    [HL_HASH_CRC64NVME] = {"crc64nvme", 8, .update = update_crc64nvme},
};

enum hl_hash_kind hl_hash_kind(const char *name) {
  enum hl_hash_kind kind = 0;
  while (kind < HL_HASH_KINDS && strcmp(kinds[kind].name, name) != 0) kind++;
  return kind;
}

bool hl_hash_open(struct hl_hash_shared *shared, struct hl_error *err) {
  hl_crc_make(&shared->crc64nvme, HL_CRC64NVME);
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++) {
    if (!kinds[kind].fetch) continue;
    shared->digests[kind] = EVP_MD_fetch(NULL, kinds[kind].fetch, NULL);
    if (!shared->digests[kind]) return hl_fail(err, HL_IO, "hash", "OpenSSL has no %s here", kinds[kind].fetch);
  }
  return true;
}

void hl_hash_close(struct hl_hash_shared *shared) {
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++) EVP_MD_free(shared->digests[kind]);
  *shared = (struct hl_hash_shared){0};
}

bool hl_hash_begin(struct hl_hash *hash, const struct hl_hash_shared *shared, enum hl_hash_kind kind) {
  *hash = (struct hl_hash){.shared = shared, .kind = kind, .remainder = kinds[kind].size == 4 ? UINT32_MAX : UINT64_MAX};
  if (kinds[kind].update) return true;
  hash->context = EVP_MD_CTX_new();
  if (hash->context && EVP_DigestInit_ex2(hash->context, shared->digests[kind], NULL)) return true;
  hl_hash_end(hash);
  errno = ENOMEM;
  return false;
}

void hl_hash_update(struct hl_hash *hash, const void *data, size_t size) {
  if (hash->context)
    EVP_DigestUpdate(hash->context, data, size);
  else
    hash->remainder = kinds[hash->kind].update(hash->shared, hash->remainder, data, size);
}

size_t hl_hash_digest(const struct hl_hash *hash, uint8_t digest[HL_DIGEST_MAX]) {
  size_t size = kinds[hash->kind].size;
  if (!hash->context) {
    for (size_t i = 0; i < size; i++) digest[i] = (uint8_t)(~hash->remainder >> 8 * (size - 1 - i));
    return size;
  }
  EVP_MD_CTX *copy = EVP_MD_CTX_new();
  bool done = copy && EVP_MD_CTX_copy_ex(copy, hash->context) && EVP_DigestFinal_ex(copy, digest, NULL);
  EVP_MD_CTX_free(copy);
  return done ? size : 0;
}

void hl_hash_end(struct hl_hash *hash) {
  EVP_MD_CTX_free(hash->context);
  *hash = (struct hl_hash){0};
}

static bool update_from(struct hl_hash *hash, int fd) {
  uint8_t *piece = malloc(PIECE);
  ssize_t got = piece ? 1 : -1;
  while (got > 0 || (piece && got < 0 && errno == EINTR)) {
    got = read(fd, piece, PIECE);
    if (got > 0) hl_hash_update(hash, piece, (size_t)got);
  }
  free(piece);
  return got == 0;
}

size_t hl_hash_file(const char *op, const char *path, const struct hl_hash_shared *shared, enum hl_hash_kind kind,
                    uint8_t digest[HL_DIGEST_MAX], struct hl_error *err) {
  struct hl_hash hash = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t size = fd >= 0 && hl_hash_begin(&hash, shared, kind) && update_from(&hash, fd) ? hl_hash_digest(&hash, digest) : 0;
  if (!size) hl_fail_errno(err, op, path);
  if (fd >= 0) close(fd);
  hl_hash_end(&hash);
  return size;
}

void hl_hex(const uint8_t *bytes, size_t size, char *text) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; i++) {
    *text++ = digits[bytes[i] >> 4];
    *text++ = digits[bytes[i] & 15];
  }
  *text = '\0';
}

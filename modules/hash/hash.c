/* SPDX-License-Identifier: MIT */
#include "hash/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 18 };

/* A new kind: a row here, and one in the enum. */
static const struct {
  const char *name, *fetch; /* OpenSSL's name, NULL for a CRC */
  uint64_t polynomial;
  size_t size; /* bytes of the digest */
} kinds[HL_HASH_KINDS] = {
    [HL_SHA256] = {"sha256", "SHA256", 0, 32},
    [HL_MD5] = {"md5", "MD5", 0, 16},
    [HL_HASH_CRC32] = {"crc32", NULL, HL_CRC32, 4},
    [HL_HASH_CRC32C] = {"crc32c", NULL, HL_CRC32C, 4},
    [HL_HASH_CRC64NVME] = {"crc64nvme", NULL, HL_CRC64NVME, 8},
};

enum hl_hash_kind hl_hash_kind(const char *name) {
  enum hl_hash_kind kind = 0;
  while (kind < HL_HASH_KINDS && strcmp(kinds[kind].name, name) != 0) kind++;
  return kind;
}

bool hl_hash_open(struct hl_hash_shared *shared, struct hl_error *err) {
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++) {
    if (!kinds[kind].fetch) {
      hl_crc_make_tables(&shared->crcs[kind - HL_HASH_CRC32], kinds[kind].polynomial);
      continue;
    }
    shared->digests[kind] = EVP_MD_fetch(NULL, kinds[kind].fetch, NULL);
    if (!shared->digests[kind]) return hl_fail(err, HL_IO, "hash", "OpenSSL has no %s here", kinds[kind].fetch);
  }
  return true;
}

void hl_hash_close(struct hl_hash_shared *shared) {
  EVP_MD_free(shared->digests[HL_SHA256]);
  EVP_MD_free(shared->digests[HL_MD5]);
  *shared = (struct hl_hash_shared){0};
}

bool hl_hash_begin(struct hl_hash *hash, const struct hl_hash_shared *shared, enum hl_hash_kind kind) {
  *hash = (struct hl_hash){.shared = shared, .kind = kind, .remainder = kinds[kind].size == 4 ? UINT32_MAX : UINT64_MAX};
  if (!kinds[kind].fetch) return true;
  hash->context = EVP_MD_CTX_new();
  if (hash->context && EVP_DigestInit_ex2(hash->context, shared->digests[kind], NULL)) return true;
  hl_hash_end(hash);
  return false;
}

void hl_hash_update(struct hl_hash *hash, const void *data, size_t size) {
  if (hash->context)
    EVP_DigestUpdate(hash->context, data, size);
  else
    hash->remainder = hl_crc_update(&hash->shared->crcs[hash->kind - HL_HASH_CRC32], hash->remainder, data, size);
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

/* SPDX-License-Identifier: MIT */
#include "hash/hash.h"

#include "../check.h"

static struct hl_hash_shared shared;

/* The digest of data, given in pieces of step bytes. */
static const char *digest(enum hl_hash_kind kind, const void *data, size_t size, size_t step) {
  static char text[2 * HL_DIGEST_MAX + 1];
  const uint8_t *copy = guard_copy(data, size);
  uint8_t bytes[HL_DIGEST_MAX];
  struct hl_hash hash;
  CHECK(hl_hash_begin(&hash, &shared, kind));
  for (size_t at = 0; at < size; at += step) hl_hash_update(&hash, copy + at, size - at < step ? size - at : step);
  hl_hex(bytes, hl_hash_digest(&hash, bytes), text);
  hl_hash_end(&hash);
  return text;
}

static void test_known(void) {
  /* The check values of the CRC catalogue; FIPS 180-4 and RFC 1321 for "abc". */
  CHECK_EQ_STR(digest(HL_HASH_CRC32, "123456789", 9, 9), "cbf43926");
  CHECK_EQ_STR(digest(HL_HASH_CRC32C, "123456789", 9, 9), "e3069283");
  CHECK_EQ_STR(digest(HL_HASH_CRC64NVME, "123456789", 9, 9), "ae8b14860a799888");
  CHECK_EQ_STR(digest(HL_HASH_SHA1, "abc", 3, 3), "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK_EQ_STR(digest(HL_HASH_MD5, "abc", 3, 3), "900150983cd24fb0d6963f7d28e17f72");
  CHECK_EQ_STR(digest(HL_HASH_SHA256, "abc", 3, 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ_STR(digest(HL_HASH_CRC32, "", 0, 1), "00000000");
  CHECK_EQ_INT(hl_hash_kind("crc32c"), HL_HASH_CRC32C);
  CHECK_EQ_INT(hl_hash_kind("sha512"), HL_HASH_KINDS);
}

/* The pieces do not matter. */
static void test_pieces(void) {
  uint8_t data[1000];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * i >> 3);
  for (enum hl_hash_kind kind = 0; kind < HL_HASH_KINDS; kind++) {
    char whole[2 * HL_DIGEST_MAX + 1];
    strcpy(whole, digest(kind, data, sizeof data, 1));
    for (size_t step = 2; step < 40; step += 3) CHECK_EQ_STR(digest(kind, data, sizeof data, step), whole);
  }
}

static void test_files(void) {
  struct hl_error err;
  uint8_t bytes[HL_DIGEST_MAX];
  CHECK_EQ_INT(hl_hash_file("hash.file", "/dev/null", &shared, HL_HASH_MD5, bytes, &err), 16);
  CHECK(!hl_hash_file("hash.file", "/does/not/exist", &shared, HL_HASH_MD5, bytes, &err));
  CHECK(strstr(err.message, "/does/not/exist") && strcmp(err.code, "ENOENT") == 0);
  CHECK(!hl_hash_file("hash.file", "/tmp", &shared, HL_HASH_MD5, bytes, &err));
  CHECK_EQ_STR(err.code, "EISDIR");
}

int main(void) {
  struct hl_error err;
  CHECK(hl_hash_open(&shared, &err));
  test_known();
  test_pieces();
  test_files();
  hl_hash_close(&shared);
  return check_report();
}

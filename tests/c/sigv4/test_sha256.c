/* SPDX-License-Identifier: MIT
 *
 * SHA-256 and HMAC: published values, and the two compressions against each other.
 */
#include "../check.h"

#include "core/cpu.h"
#include "sigv4/hmac.h"
#include "sigv4/text.h"

static const char *hex_of(const uint8_t digest[HL_SHA256_SIZE]) {
  static char hex[2 * HL_SHA256_SIZE + 1];
  struct hl_text text = hl_text(hex, sizeof hex - 1);
  hl_put_hex(&text, digest);
  return hex;
}

static void check_digest(const char *message, size_t size, const char *wanted) {
  uint8_t digest[HL_SHA256_SIZE];
  hl_sha256(guard_copy(message, size), size, digest);
  CHECK_EQ_STR(hex_of(digest), wanted);
}

static void test_published(void) {
  static char million[1000000];
  memset(million, 'a', sizeof million);
  check_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  check_digest(million, sizeof million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231, cases 1, 2 and 6. */
static void check_hmac(const char *key, size_t key_size, const char *message, const char *wanted) {
  struct hl_hmac hmac;
  uint8_t digest[HL_SHA256_SIZE];
  hl_hmac_key(&hmac, guard_copy(key, key_size), key_size);
  for (int again = 0; again < 2; again++) {
    hl_hmac(&hmac, message, strlen(message), digest);
    CHECK_EQ_STR(hex_of(digest), wanted);
  }
}

static void test_hmac(void) {
  char key[131];
  memset(key, 0x0b, 20);
  check_hmac(key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  check_hmac("Jefe", 4, "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  memset(key, 0xaa, sizeof key);
  check_hmac(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static uint32_t next_random(uint32_t *seed) { return *seed = *seed * 1664525 + 1013904223; }

/* The chosen compression and the portable one agree for any number of blocks, at any alignment, from any state. */
static void test_kernels_agree(void) {
  static uint8_t data[40 * HL_SHA256_BLOCK + 16];
  uint32_t seed = 1;
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(next_random(&seed) >> 24);
  for (size_t blocks = 0; blocks < 40; blocks++) {
    struct hl_sha256 chosen, portable;
    for (int i = 0; i < 8; i++) chosen.words[i] = next_random(&seed);
    portable = chosen;
    hl_sha256_blocks(&chosen, data + blocks % 16, blocks);
    hl_sha256_blocks_portable(&portable, data + blocks % 16, blocks);
    CHECK(memcmp(&chosen, &portable, sizeof chosen) == 0);
  }
}

/* A message in two parts, the first in whole blocks, has the digest of the whole; nothing is read behind its end. */
static void test_every_length(void) {
  char message[300];
  for (size_t i = 0; i < sizeof message; i++) message[i] = (char)(i * 7);
  for (size_t size = 0; size <= sizeof message; size++) {
    const char *copy = guard_copy(message, size);
    size_t before = size / 2 / HL_SHA256_BLOCK * HL_SHA256_BLOCK;
    struct hl_sha256 state = hl_sha256_start;
    uint8_t whole[HL_SHA256_SIZE], parts[HL_SHA256_SIZE];
    hl_sha256(copy, size, whole);
    hl_sha256_blocks_portable(&state, (const uint8_t *)copy, before / HL_SHA256_BLOCK);
    hl_sha256_finish(state, before, copy + before, size - before, parts);
    CHECK(memcmp(whole, parts, sizeof whole) == 0);
  }
}

int main(void) {
  printf("%s\n", hl_cpu_name(hl_cpu()));
  test_published();
  test_hmac();
  test_kernels_agree();
  test_every_length();
  return check_report();
}

/* SPDX-License-Identifier: MIT
 *
 * core/base64.h on the path that HILUM_CPU chooses: RFC 4648's vectors, all lengths up to several blocks beside a group-by-group
 * reading of the definition, and at every place of a long text every character that must be refused.
 */
#include "core/base64.h"

#include "../check.h"

enum { LONGEST = 300 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint8_t *data;   /* LONGEST bytes, up to a page that cannot be read */
static char *text_room; /* of LONGEST + 100 characters, likewise */
static uint8_t *bytes_room;

static int bit_of(const uint8_t *bytes, size_t size, size_t bit) { return bit < 8 * size && bytes[bit / 8] >> (7 - bit % 8) & 1; }

/* Six bits a character, as the definition has it. */
static void by_definition(char *text, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < HL_BASE64_LENGTH(size); i++) {
    int number = 0;
    for (size_t bit = 6 * i; bit < 6 * i + 6; bit++) number = number << 1 | bit_of(bytes, size, bit);
    text[i] = 6 * i < 8 * size ? digits[number] : '=';
  }
}

/* Writes where the room ends, so that a byte too many faults. */
static char *encode(const uint8_t *bytes, size_t size) {
  char *text = text_room + LONGEST / 3 * 4 - HL_BASE64_LENGTH(size);
  hl_base64_encode(text, bytes, size);
  return text;
}

static bool decode(const char *text, size_t length, uint8_t **bytes, size_t *size) {
  *bytes = bytes_room + LONGEST - HL_BASE64_SIZE(length);
  return hl_base64_decode(*bytes, size, text, length);
}

static void test_vectors(void) {
  static const char *const vectors[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    const char *plain = vectors[i][0], *wanted = vectors[i][1];
    uint8_t *bytes;
    size_t size;
    CHECK(memcmp(encode((const uint8_t *)plain, strlen(plain)), wanted, strlen(wanted)) == 0);
    CHECK(decode(wanted, strlen(wanted), &bytes, &size));
    CHECK(size == strlen(plain) && memcmp(bytes, plain, size) == 0);
  }
}

static void test_lengths(void) {
  for (size_t size = 0; size <= LONGEST; size++) {
    char wanted[LONGEST / 3 * 4 + 4];
    uint8_t *from = data + LONGEST - size, *bytes;
    size_t length = HL_BASE64_LENGTH(size), got;
    by_definition(wanted, from, size);
    char *text = encode(from, size);
    CHECK(memcmp(text, wanted, length) == 0);
    CHECK(decode(text, length, &bytes, &got));
    CHECK(got == size && memcmp(bytes, from, size) == 0);
  }
}

/* At each of these places, each of the 256 characters is taken if it is of the alphabet, else refused. */
static void test_refusals(void) {
  enum { LENGTH = 200 };
  char *text = text_room + LONGEST / 3 * 4 - LENGTH;
  for (size_t place = 0; place < LENGTH; place++)
    for (int character = 0; character < 256; character++) {
      uint8_t *bytes;
      size_t size;
      memset(text, 'R', LENGTH); /* "RRR=" has a bit behind its last byte */
      text[place] = (char)character;
      bool known = character && strchr(digits, character);
      bool taken = decode(text, LENGTH, &bytes, &size);
      CHECK(taken == known);
      CHECK(size == (taken ? LENGTH / 4 * 3 : place / 4 * 4));
    }
}

static bool is_taken(const char *text) {
  uint8_t *bytes;
  size_t size;
  char *copy = text_room + LONGEST / 3 * 4 - strlen(text);
  memcpy(copy, text, strlen(text));
  return decode(copy, strlen(text), &bytes, &size);
}

static void test_strictness(void) {
  static const char *const wrong[] = {"Q",    "QQ",   "QUE",    "QQ=",      "=QQQ",     "Q=QQ",      "QQ=Q", "Q===",  "====",
                                      "QR==", "QUF=", "QUE=\n", "QQ==QQ==", "QUE=QUEB", "QUEBQQ==Q", "QU B", "QUEB=", "QUEB===="};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) CHECK(!is_taken(wrong[i]));
  CHECK(is_taken("QQ==") && is_taken("QUE=") && is_taken("QUEBQQ=="));
}

int main(void) {
  uint8_t bytes[LONGEST];
  char text[LONGEST / 3 * 4];
  for (uint32_t i = 0; i < LONGEST; i++) bytes[i] = (uint8_t)((i * 2246822519U) >> 24);
  memset(text, 0, sizeof text);
  data = guard_copy(bytes, LONGEST);
  bytes_room = guard_copy(bytes, LONGEST);
  text_room = guard_copy(text, sizeof text);
  test_vectors();
  test_lengths();
  test_refusals();
  test_strictness();
  return check_report();
}

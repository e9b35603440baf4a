/* SPDX-License-Identifier: MIT
 *
 * The C interface that http signs with: what the tests in Lua cannot reach.
 */
#include "../check.h"

#include <sys/prctl.h>

#include "sigv4/sigv4.h"

enum { TIME = 1440938160 };

static struct hl_slice slice(const char *text) { return (struct hl_slice){text, strlen(text)}; }

static struct hl_slice guarded(const char *text) { return (struct hl_slice){guard_copy(text, strlen(text)), strlen(text)}; }

static struct hl_sigv4_signer open_signer(const char *service, const char *token) {
  struct hl_sigv4_signer signer;
  struct hl_error err;
  const struct hl_sigv4_config config = {.access_key = guarded("AKIDEXAMPLE"),
                                         .secret_key = guarded("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                                         .token = guarded(token),
                                         .region = guarded("us-east-1"),
                                         .service = guarded(service),
                                         .rules = hl_sigv4_rules(slice(service))};
  CHECK(hl_sigv4_open(&signer, &config, &err));
  return signer;
}

static void check_signature(struct hl_sigv4_signer *signer, const struct hl_sigv4_request *request, const char *wanted) {
  struct hl_sigv4_signature signature;
  struct hl_error err = {0};
  CHECK(hl_sigv4_sign(signer, request, &signature, &err));
  CHECK_EQ_INT(strlen(signature.authorization), signature.authorization_size);
  CHECK_EQ_STR(signature.authorization + signature.authorization_size - HL_SIGV4_HEX, wanted);
}

/* get-header-key-duplicate and get-header-value-order of the published suite, as headers that stand apart. */
static void test_repeated_headers(void) {
  struct hl_sigv4_signer signer = open_signer("service", "");
  const struct hl_sigv4_header same[] = {
      {slice("My-Header1"), slice("value2")}, {slice("MY-HEADER1"), slice("value2")}, {slice("my-header1"), slice(" value1 ")}};
  const struct hl_sigv4_header order[] = {{slice("My-Header1"), slice("value4")},
                                          {slice("My-Header1"), slice("value1")},
                                          {slice("My-Header1"), slice("value3")},
                                          {slice("My-Header1"), slice("value2")}};
  struct hl_sigv4_request request = {.method = slice("GET"), .host = slice("example.amazonaws.com"), .time = TIME};
  request.headers = same, request.header_count = 3;
  check_signature(&signer, &request, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  request.headers = order, request.header_count = 4;
  check_signature(&signer, &request, "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01");
  hl_sigv4_close(&signer);
}

/* The same request signed again and again, as each retry does, at other times between. Every text ends at an unreadable page. */
static void test_retries(void) {
  struct hl_sigv4_signer signer = open_signer("bedrock", "");
  const struct hl_sigv4_header headers[] = {{guarded("Content-Type"), guarded("application/json")},
                                            {guarded("Accept"), guarded("application/json")},
                                            {guarded("Expect"), guarded("100-continue")}};
  struct hl_sigv4_request request = {
      .method = guarded("POST"),
      .host = guarded("bedrock-runtime.us-east-1.amazonaws.com"),
      .path = guarded("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefabcdef/invoke"),
      .payload = guarded("3c3a4c0c0fb53d7c51f204fdeeee8af335b4e6dedf7e868857b3ad7619943df9"),
      .headers = headers,
      .header_count = 3};
  for (int i = 0; i < 3; i++) {
    struct hl_sigv4_signature other;
    request.time = TIME;
    check_signature(&signer, &request, "5b06de02107885a3789cf3ff600f7258752ddacc8a07dc42eb2eca1a25624fc2");
    request.time = TIME + 86400 * i + 1;
    CHECK(hl_sigv4_sign(&signer, &request, &other, NULL));
    CHECK_EQ_INT(other.time, request.time);
  }
  hl_sigv4_close(&signer);
}

/* Queries that end in the middle of a code, or are hardly queries, are read to their end and no further. */
static void test_odd_queries(void) {
  static const char *const pairs[][2] = {
      {"a=%", "a=%25"},          {"a=%4", "a=%254"},   {"a=%zz", "a=%25zz"}, {"a=%41", "a=A"},   {"&&a&", "a="},
      {"b=1&a=2", "a=2&b=1"},    {"a=b=c", "a=b%3Dc"}, {"a=+", "a=%2B"},     {"a=%2f", "a=%2F"}, {"=", "="},
      {"a=~&a=%20", "a=%20&a=~"}};
  struct hl_sigv4_signer signer = open_signer("s3", "");
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    struct hl_sigv4_signature odd, plain;
    struct hl_sigv4_request request = {.method = slice("GET"), .host = slice("h"), .time = TIME, .query = guarded(pairs[i][0])};
    CHECK(hl_sigv4_sign(&signer, &request, &odd, NULL));
    request.query = guarded(pairs[i][1]);
    CHECK(hl_sigv4_sign(&signer, &request, &plain, NULL));
    CHECK_EQ_STR(odd.authorization, plain.authorization);
  }
  hl_sigv4_close(&signer);
}

static void test_failures(void) {
  struct hl_sigv4_signer signer = open_signer("s3", "");
  struct hl_sigv4_signature signature;
  struct hl_error err = {0};
  char url[HL_SIGV4_URL];
  const struct hl_sigv4_header date = {slice("X-Amz-Date"), slice("20150830T123600Z")};
  struct hl_sigv4_request request = {.method = slice("GET"), .host = slice("h"), .headers = &date, .header_count = 1};
  CHECK(!hl_sigv4_sign(&signer, &request, &signature, &err));
  CHECK_EQ_INT(err.kind, HL_USAGE);
  request.header_count = 0;
  CHECK_EQ_INT(hl_sigv4_presign(&signer, &request, slice("https"), 0, url, &err), 0);
  CHECK_EQ_INT(hl_sigv4_presign(&signer, &request, slice("https"), HL_SIGV4_EXPIRES + 1, url, &err), 0);
  CHECK(hl_sigv4_presign(&signer, &request, slice("https"), HL_SIGV4_EXPIRES, url, &err) == strlen(url));
  request.time = HL_DATE_LAST + 1;
  CHECK(!hl_sigv4_sign(&signer, &request, &signature, &err));
  hl_sigv4_close(&signer);
}

/* No room of a request, whatever its length, is written past: run with guards behind what is read and sanitizers behind the rest.
 */
static void test_every_length(void) {
  static char long_text[HL_SIGV4_CANONICAL + 300];
  struct hl_sigv4_signer signer = open_signer("sts", "");
  memset(long_text, '%', sizeof long_text);
  long_text[0] = '/';
  int signed_count = 0, linked_count = 0;
  for (size_t size = 1; size <= sizeof long_text; size += size < 5200 ? 97 : 1) {
    static char url[HL_SIGV4_URL];
    struct hl_sigv4_signature signature;
    const struct hl_sigv4_header header = {slice("a"), {long_text, size % 64}};
    const struct hl_sigv4_request request = {.method = slice("GET"),
                                             .host = slice("h"),
                                             .path = {long_text, size},
                                             .query = {long_text, size % 4096},
                                             .headers = &header,
                                             .header_count = 1,
                                             .time = TIME};
    signed_count += hl_sigv4_sign(&signer, &request, &signature, NULL);
    linked_count += hl_sigv4_presign(&signer, &request, slice("https"), 60, url, NULL) > 0;
  }
  CHECK(signed_count > 20 && linked_count > 20);
  hl_sigv4_close(&signer);
}

static bool holds(const void *memory, size_t size, const char *text) { return memmem(memory, size, text, strlen(text)) != NULL; }

static void test_secrets(void) {
  struct hl_sigv4_signer signer = open_signer("s3", "TOKENTOKEN");
  const struct hl_sigv4_signer closed = {0};
  struct hl_sigv4_chunks chunks;
  struct hl_sigv4_signature signature;
  const struct hl_sigv4_request request = {
      .method = slice("PUT"), .host = slice("h"), .payload = slice("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), .time = TIME};
#ifndef __SANITIZE_ADDRESS__
  CHECK_EQ_INT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
  CHECK(!holds(&signer, sizeof signer, "wJalrXUtnFEMI"));
  CHECK(hl_sigv4_sign(&signer, &request, &signature, NULL));
  hl_sigv4_chunks_begin(&chunks, &signer, &signature);
  hl_sigv4_chunks_end(&chunks);
  for (size_t i = 0; i < sizeof chunks; i++) CHECK(((const char *)&chunks)[i] == 0);
  hl_sigv4_close(&signer);
  CHECK(memcmp(&signer, &closed, sizeof signer) == 0);
  hl_sigv4_close(&signer);
}

int main(void) {
  test_repeated_headers();
  test_retries();
  test_odd_queries();
  test_failures();
  test_every_length();
  test_secrets();
  return check_report();
}

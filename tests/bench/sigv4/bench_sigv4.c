/* SPDX-License-Identifier: MIT
 *
 * Nanoseconds of processor time a signature of an S3 PUT, ours and what OpenSSL's functions allow, in turns in one run. The peers
 * keep the signing key and print the two texts that are hashed in the order that this one request needs; ours sorts and checks
 * besides.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sigv4/sigv4.h"

enum { ROUNDS = 31, SIGNATURES = 20000, CONTENDERS = 4 };

#define DATE "20150830T123600Z"
#define SCOPE "20150830/us-east-1/s3/aws4_request"
#define HOST "bucket.s3.us-east-1.amazonaws.com"
#define NAMES "content-type;host;x-amz-content-sha256;x-amz-date"

static struct hl_sigv4_signer signer;
static struct hl_sigv4_signature signature;
static uint8_t key[32];
static EVP_MD *sha256;
static EVP_MAC_CTX *mac;

static void die(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static void sign_ours(void) {
  static const struct hl_sigv4_header headers[] = {{HL_SLICE("Content-Type"), HL_SLICE("image/png")}};
  static const struct hl_sigv4_request request = {.method = HL_SLICE("PUT"),
                                                  .host = HL_SLICE(HOST),
                                                  .path = HL_SLICE("/images/00000001_000.png"),
                                                  .payload = HL_SLICE("UNSIGNED-PAYLOAD"),
                                                  .headers = headers,
                                                  .header_count = 1,
                                                  .time = 1440938160};
  struct hl_error err;
  if (!hl_sigv4_sign(&signer, &request, &signature, &err)) die(err.message);
}

/* The same with a token of a session, of the size that STS gives. */
static void sign_with_token(void) {
  static struct hl_slice none;
  static char token[800];
  memset(token, 'x', sizeof token);
  none = signer.token;
  signer.token = (struct hl_slice){token, sizeof token};
  sign_ours();
  signer.token = none;
}

static size_t print_canonical(char room[512]) {
  return (size_t)snprintf(room, 512, "PUT\n%s\n\ncontent-type:%s\nhost:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n\n%s\n%s",
                          "/images/00000001_000.png", "image/png", HOST, "UNSIGNED-PAYLOAD", DATE, NAMES, "UNSIGNED-PAYLOAD");
}

static void to_hex(const uint8_t digest[32], char hex[65]) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < 32; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[64] = '\0';
}

static size_t print_to_sign(const uint8_t digest[32], char room[512]) {
  char hex[65];
  to_hex(digest, hex);
  return (size_t)snprintf(room, 512, "AWS4-HMAC-SHA256\n%s\n%s\n%s", DATE, SCOPE, hex);
}

static void print_authorization(const uint8_t digest[32]) {
  char hex[65];
  to_hex(digest, hex);
  snprintf(signature.authorization, sizeof signature.authorization,
           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/%s, SignedHeaders=%s, Signature=%s", SCOPE, NAMES, hex);
}

static void sign_one_shot(void) {
  char text[512];
  uint8_t digest[32];
  EVP_Digest(text, print_canonical(text), digest, NULL, EVP_sha256(), NULL);
  HMAC(EVP_sha256(), key, sizeof key, (uint8_t *)text, print_to_sign(digest, text), digest, NULL);
  print_authorization(digest);
}

static void sign_fetched(void) {
  char text[512];
  uint8_t digest[32];
  size_t size;
  EVP_Digest(text, print_canonical(text), digest, NULL, sha256, NULL);
  EVP_MAC_init(mac, NULL, 0, NULL);
  size = print_to_sign(digest, text);
  EVP_MAC_update(mac, (uint8_t *)text, size);
  EVP_MAC_final(mac, digest, &size, sizeof digest);
  print_authorization(digest);
}

static const struct contender {
  const char *name;
  void (*sign)(void);
} contenders[CONTENDERS] = {{"hilum", sign_ours},
                            {"hilum, a token of 800 bytes", sign_with_token},
                            {"OpenSSL, digest and MAC fetched once", sign_fetched},
                            {"OpenSSL, EVP_Digest and HMAC", sign_one_shot}};

static void derive_key(void) {
  static const char *const steps[] = {"20150830", "us-east-1", "s3", "aws4_request"};
  char first[] = "AWS4secret";
  HMAC(EVP_sha256(), first, 10, (const uint8_t *)steps[0], strlen(steps[0]), key, NULL);
  for (int i = 1; i < 4; i++) HMAC(EVP_sha256(), key, 32, (const uint8_t *)steps[i], strlen(steps[i]), key, NULL);
}

static void set_up(void) {
  const struct hl_sigv4_config config = {.access_key = HL_SLICE("AKIDEXAMPLE"),
                                         .secret_key = HL_SLICE("secret"),
                                         .region = HL_SLICE("us-east-1"),
                                         .service = HL_SLICE("s3"),
                                         .rules = hl_sigv4_rules(HL_SLICE("s3"))};
  struct hl_error err;
  if (!hl_sigv4_open(&signer, &config, &err)) die(err.message);
  derive_key();
  sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0), OSSL_PARAM_END};
  mac = EVP_MAC_CTX_new(hmac);
  if (!EVP_MAC_init(mac, key, sizeof key, params)) die("OpenSSL has no HMAC");
}

/* All but the second, which signs another request, must agree. */
static void compare(void) {
  char first[256];
  sign_ours();
  snprintf(first, sizeof first, "%.255s", signature.authorization);
  for (int i = 2; i < CONTENDERS; i++) {
    contenders[i].sign();
    if (strcmp(first, signature.authorization) != 0) die(contenders[i].name);
  }
}

static double time_round(const struct contender *contender) {
  struct timespec start, end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (int i = 0; i < SIGNATURES; i++) contender->sign();
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / SIGNATURES;
}

static int compare_times(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  static double times[CONTENDERS][ROUNDS];
  set_up();
  compare();
  for (int round = 0; round < ROUNDS; round++)
    for (int i = 0; i < CONTENDERS; i++) times[i][round] = time_round(&contenders[i]);
  for (int i = 0; i < CONTENDERS; i++) qsort(times[i], ROUNDS, sizeof(double), compare_times);
  for (int i = 0; i < CONTENDERS; i++)
    printf("%-40s %7.0f ns (best %.0f), %.2f times ours\n", contenders[i].name, times[i][ROUNDS / 2], times[i][0],
           times[i][ROUNDS / 2] / times[0][ROUNDS / 2]);
  return 0;
}

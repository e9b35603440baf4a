/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "sigv4/canonical.h"

enum { SECRET_MAX = 256, TOKEN_MAX = 8192 };

struct hl_sigv4_rules hl_sigv4_rules(struct hl_slice service) {
  static const struct hl_slice family[] = {HL_SLICE("s3"), HL_SLICE("s3express"), HL_SLICE("s3-object-lambda"),
                                           HL_SLICE("s3-outposts")};
  bool s3 = false;
  for (size_t i = 0; i < sizeof family / sizeof *family; i++) s3 |= hl_slice_is(service, family[i]);
  return (struct hl_sigv4_rules){.s3 = s3, .normalize = !s3, .send_hash = s3 || hl_slice_is(service, HL_SLICE("aoss"))};
}

/* No core file, no tracer: what is in memory stays there. */
static void hide_memory(void) {
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks traces its own process */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Visible ASCII but for what means something in a query. The values themselves are not told: two of them are secret. */
static bool check(const char *what, struct hl_slice s, size_t max, struct hl_error *err) {
  if (s.size > max) return hl_fail(err, HL_AUTH, "sigv4.signer", "%s is longer than %zu bytes", what, max);
  for (size_t i = 0; i < s.size; i++)
    if (s.data[i] <= ' ' || s.data[i] >= 0x7f || s.data[i] == '%' || s.data[i] == '&')
      return hl_fail(err, HL_AUTH, "sigv4.signer", "%s has a character that cannot be in one (a space or line break?)", what);
  return true;
}

static bool check_names(const struct hl_sigv4_config *config, struct hl_error *err) {
  const struct hl_slice access_key = config->access_key, region = config->region, service = config->service;
  if (!access_key.size || !region.size || !service.size)
    return hl_fail(err, HL_AUTH, "sigv4.signer", "access_key, secret_key, region and service must not be empty");
  return check("access_key", access_key, 128, err) && check("token", config->token, TOKEN_MAX, err) &&
         check("region", region, 48, err) && check("service", service, 48, err);
}

static bool check_secret(struct hl_slice secret_key, struct hl_error *err) {
  if (!secret_key.size)
    return hl_fail(err, HL_AUTH, "sigv4.signer", "access_key, secret_key, region and service must not be empty");
  return check("secret_key", secret_key, SECRET_MAX, err);
}

static void set_secret(struct hl_sigv4_signer *signer, struct hl_slice secret_key) {
  char prefixed[4 + SECRET_MAX];
  struct hl_text text = hl_text(prefixed, sizeof prefixed);
  hl_put(&text, HL_SLICE("AWS4"));
  hl_put(&text, secret_key);
  hl_hmac_key(&signer->secret, prefixed, hl_text_since(&text, prefixed).size);
  explicit_bzero(prefixed, sizeof prefixed);
}

/* Puts s and returns where it is now. */
static struct hl_slice keep(struct hl_text *text, struct hl_slice s) {
  const char *start = text->at;
  hl_put(text, s);
  return hl_text_since(text, start);
}

static void set_text(struct hl_sigv4_signer *signer, const struct hl_sigv4_config *config, size_t room) {
  struct hl_text text = hl_text(signer->text, room);
  keep(&text, config->access_key);
  hl_put_char(&text, '/');
  const char *scope = text.at;
  hl_put(&text, HL_SLICE("yyyymmdd/"));
  signer->region = keep(&text, config->region);
  hl_put_char(&text, '/');
  signer->service = keep(&text, config->service);
  hl_put(&text, HL_SLICE("/aws4_request"));
  signer->scope = hl_text_since(&text, scope);
  signer->credential = hl_text_since(&text, signer->text);
  signer->token = keep(&text, config->token);
}

/* All but the secret. */
static bool open_names(struct hl_sigv4_signer *signer, const struct hl_sigv4_config *config, struct hl_error *err) {
  *signer = (struct hl_sigv4_signer){.rules = config->rules, .time = -1};
  if (!check_names(config, err)) return false;
  size_t room = HL_SIGV4_CREDENTIAL + config->token.size;
  signer->text = malloc(room);
  if (!signer->text) return hl_fail(err, HL_IO, "sigv4.signer", "not enough memory");
  set_text(signer, config, room);
  return true;
}

bool hl_sigv4_open(struct hl_sigv4_signer *signer, const struct hl_sigv4_config *config, struct hl_error *err) {
  *signer = (struct hl_sigv4_signer){0};
  if (!check_secret(config->secret_key, err) || !open_names(signer, config, err)) return false;
  set_secret(signer, config->secret_key);
  hide_memory();
  return true;
}

bool hl_sigv4_open_like(struct hl_sigv4_signer *signer, const struct hl_sigv4_signer *other, struct hl_slice region,
                        struct hl_slice service, struct hl_error *err) {
  size_t access_key = (size_t)(other->scope.data - other->credential.data) - 1;
  const struct hl_sigv4_config config = {.access_key = {other->credential.data, access_key},
                                         .token = other->token,
                                         .region = region,
                                         .service = service,
                                         .rules = hl_sigv4_rules(service)};
  if (!open_names(signer, &config, err)) return false;
  signer->secret = other->secret;
  signer->skew = other->skew;
  return true;
}

void hl_sigv4_close(struct hl_sigv4_signer *signer) {
  if (signer->text) explicit_bzero(signer->text, signer->credential.size + signer->token.size);
  free(signer->text);
  explicit_bzero(signer, sizeof *signer);
}

bool hl_sigv4_learn_skew(struct hl_sigv4_signer *signer, struct hl_slice server_time) {
  int64_t server;
  if (!hl_date_read(server_time, &server)) return false;
  signer->skew = server - time(NULL);
  return true;
}

static void derive(struct hl_hmac *key, const void *message, size_t size) {
  uint8_t digest[HL_SHA256_SIZE];
  hl_hmac(key, message, size, digest);
  hl_hmac_key(key, digest, sizeof digest);
  explicit_bzero(digest, sizeof digest);
}

/* The key of a day opens nothing on another, nor in another region or service. */
static void set_day(struct hl_sigv4_signer *signer, const char day[HL_DAY_SIZE]) {
  memcpy(signer->text + (signer->scope.data - signer->text), day, HL_DAY_SIZE);
  signer->key = signer->secret;
  derive(&signer->key, day, HL_DAY_SIZE);
  derive(&signer->key, signer->region.data, signer->region.size);
  derive(&signer->key, signer->service.data, signer->service.size);
  derive(&signer->key, "aws4_request", strlen("aws4_request"));
}

bool hl_sigv4_move(struct hl_sigv4_signer *signer, int64_t moment, struct hl_error *err) {
  if (moment == 0) moment = time(NULL) + signer->skew;
  if (moment == signer->time) return true;
  if (moment < 0 || moment > HL_DATE_LAST) return hl_fail(err, HL_USAGE, "sigv4", "a time must be in the years 1970 to 9999");
  hl_date_write(moment, signer->date);
  if (memcmp(signer->scope.data, signer->date, HL_DAY_SIZE) != 0) set_day(signer, signer->date);
  signer->time = moment;
  return true;
}

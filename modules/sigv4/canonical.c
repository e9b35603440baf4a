/* SPDX-License-Identifier: MIT */
#include "sigv4/canonical.h"

#include "sigv4/target.h"

static bool is_sound(const struct hl_sigv4_request *request, struct hl_error *err) {
  struct hl_slice path = request->path;
  if (!request->method.size || !request->host.size) return hl_fail(err, HL_USAGE, "sigv4", "a request needs a method and a host");
  if (!hl_is_line(request->method) || !hl_is_line(request->host) || !hl_is_line(path) || !hl_is_line(request->query))
    return hl_fail(err, HL_USAGE, "sigv4", "a request line with a line break or control character in it is not signed");
  if (!path.size || (path.data[0] == '/' && !memchr(path.data, '?', path.size))) return true;
  return hl_fail(err, HL_USAGE, "sigv4", "a path begins with a slash and holds no query: %.*s",
                 (int)(path.size < 256 ? path.size : 256), path.data);
}

bool hl_canonical_write(struct hl_canonical *canonical, const struct hl_sigv4_request *request, const struct hl_headers *headers,
                        struct hl_sigv4_rules rules, struct hl_error *err) {
  struct hl_text text = hl_text(canonical->room, sizeof canonical->room);
  if (!is_sound(request, err)) return false;
  hl_put(&text, request->method);
  hl_put_char(&text, '\n');
  hl_put_path(&text, request->path, rules);
  hl_put_char(&text, '\n');
  const char *query = text.at;
  if (!hl_put_query(&text, request->query, err)) return false;
  canonical->query = hl_text_since(&text, query);
  hl_put_char(&text, '\n');
  hl_put_headers(&text, headers);
  hl_put_char(&text, '\n');
  const char *names = text.at;
  hl_put_header_names(&text, headers);
  canonical->names = hl_text_since(&text, names);
  hl_put_char(&text, '\n');
  hl_put(&text, request->payload);
  canonical->text = hl_text_since(&text, canonical->room);
  if (!text.overflowed) return true;
  return hl_fail(err, HL_USAGE, "sigv4", "a request with more than %d bytes of path, query and headers is not signed",
                 HL_SIGV4_CANONICAL);
}

void hl_put_signature(struct hl_text *text, const struct hl_sigv4_signer *signer, struct hl_slice canonical) {
  char room[128 + HL_SIGV4_CREDENTIAL];
  uint8_t digest[HL_SHA256_SIZE];
  struct hl_text to_sign = hl_text(room, sizeof room);
  hl_sha256(canonical.data, canonical.size, digest);
  hl_put(&to_sign, HL_SLICE("AWS4-HMAC-SHA256\n"));
  hl_put(&to_sign, (struct hl_slice){signer->date, HL_DATE_SIZE});
  hl_put_char(&to_sign, '\n');
  hl_put(&to_sign, signer->scope);
  hl_put_char(&to_sign, '\n');
  hl_put_hex(&to_sign, digest);
  hl_hmac(&signer->key, room, hl_text_since(&to_sign, room).size, digest);
  hl_put_hex(text, digest);
}

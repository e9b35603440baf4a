/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "sigv4/canonical.h"

/* The query with the parameters of the signature behind it, not all of them encoded: the canonical form sees to that. */
static void put_wire_query(struct hl_text *text, const struct hl_sigv4_signer *signer, struct hl_slice query,
                           const struct hl_headers *headers, uint32_t expires) {
  char seconds[16];
  int size = snprintf(seconds, sizeof seconds, "%u", expires);
  hl_put(text, query);
  hl_put(text, HL_SLICE("&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="));
  hl_put(text, signer->credential);
  hl_put(text, HL_SLICE("&X-Amz-Date="));
  hl_put(text, (struct hl_slice){signer->date, HL_DATE_SIZE});
  hl_put(text, HL_SLICE("&X-Amz-Expires="));
  hl_put(text, (struct hl_slice){seconds, (size_t)size});
  if (signer->token.size) hl_put(text, HL_SLICE("&X-Amz-Security-Token="));
  hl_put(text, signer->token);
  hl_put(text, HL_SLICE("&X-Amz-SignedHeaders="));
  hl_put_header_names(text, headers);
}

static bool resolve(struct hl_canonical *canonical, const struct hl_sigv4_signer *signer, struct hl_sigv4_request request,
                    const struct hl_headers *headers, uint32_t expires, struct hl_error *err) {
  char room[HL_SIGV4_CANONICAL];
  struct hl_text query = hl_text(room, sizeof room);
  put_wire_query(&query, signer, request.query, headers, expires);
  if (query.overflowed) return hl_fail(err, HL_USAGE, "sigv4", "the query is too long to be signed");
  request.query = hl_text_since(&query, room);
  if (!request.payload.size) request.payload = signer->rules.s3 ? HL_SLICE("UNSIGNED-PAYLOAD") : HL_SIGV4_EMPTY_HASH;
  return hl_canonical_write(canonical, &request, headers, signer->rules, err);
}

size_t hl_sigv4_presign(struct hl_sigv4_signer *signer, const struct hl_sigv4_request *request, struct hl_slice scheme,
                        uint32_t expires, char url[HL_SIGV4_URL], struct hl_error *err) {
  struct hl_canonical canonical;
  struct hl_headers headers;
  headers.count = 0;
  if (!expires || expires > HL_SIGV4_EXPIRES)
    return hl_fail(err, HL_USAGE, "sigv4", "a link lives for 1 to %d seconds, not %u", HL_SIGV4_EXPIRES, expires);
  if (!hl_sigv4_move(signer, request->time, err) || !hl_headers_add(&headers, HL_SLICE("host"), request->host, err) ||
      !hl_headers_add_request(&headers, request, err) || !resolve(&canonical, signer, *request, &headers, expires, err))
    return 0;
  struct hl_text text = hl_text(url, HL_SIGV4_URL - 1);
  hl_put(&text, scheme);
  hl_put(&text, HL_SLICE("://"));
  hl_put(&text, request->host);
  hl_put(&text, request->path.size ? request->path : HL_SLICE("/"));
  hl_put_char(&text, '?');
  hl_put(&text, canonical.query);
  hl_put(&text, HL_SLICE("&X-Amz-Signature="));
  hl_put_signature(&text, signer, canonical.text);
  if (text.overflowed) return hl_fail(err, HL_USAGE, "sigv4", "the link would be longer than %d bytes", HL_SIGV4_URL);
  *text.at = '\0';
  return hl_text_since(&text, url).size;
}

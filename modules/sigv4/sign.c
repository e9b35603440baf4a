/* SPDX-License-Identifier: MIT */
#include "sigv4/canonical.h"

static bool sets_ours(const struct hl_sigv4_request *request, struct hl_error *err) {
  static const struct hl_slice ours[] = {HL_SLICE("authorization"), HL_SLICE("host"), HL_SLICE("x-amz-content-sha256"),
                                         HL_SLICE("x-amz-date"), HL_SLICE("x-amz-security-token")};
  for (size_t i = 0; i < request->header_count; i++)
    for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
      if (hl_slice_is_nocase(request->headers[i].name, ours[k]))
        return !hl_fail(err, HL_USAGE, "sigv4", "the header %s is the signer's to set", ours[k].data);
  return false;
}

/* In their order, so that adding them moves nothing. */
static void add_ours(struct hl_headers *headers, struct hl_slice host, const struct hl_sigv4_signature *signature) {
  const struct hl_slice date = {signature->date, HL_DATE_SIZE};
  hl_headers_add(headers, HL_SLICE("host"), host, NULL);
  if (signature->payload.size) hl_headers_add(headers, HL_SLICE("x-amz-content-sha256"), signature->payload, NULL);
  hl_headers_add(headers, HL_SLICE("x-amz-date"), date, NULL);
  if (signature->token.size) hl_headers_add(headers, HL_SLICE("x-amz-security-token"), signature->token, NULL);
}

static bool write_authorization(struct hl_sigv4_signature *signature, const struct hl_sigv4_signer *signer,
                                const struct hl_canonical *canonical, struct hl_error *err) {
  struct hl_text text = hl_text(signature->authorization, HL_SIGV4_AUTHORIZATION);
  hl_put(&text, HL_SLICE("AWS4-HMAC-SHA256 Credential="));
  hl_put(&text, signer->credential);
  hl_put(&text, HL_SLICE(", SignedHeaders="));
  hl_put(&text, canonical->names);
  hl_put(&text, HL_SLICE(", Signature="));
  hl_put_signature(&text, signer, canonical->text);
  if (text.overflowed) return hl_fail(err, HL_USAGE, "sigv4", "the names of the headers are too long to be signed");
  *text.at = '\0';
  signature->authorization_size = hl_text_since(&text, signature->authorization).size;
  return true;
}

bool hl_sigv4_sign(struct hl_sigv4_signer *signer, const struct hl_sigv4_request *request, struct hl_sigv4_signature *signature,
                   struct hl_error *err) {
  struct hl_sigv4_request known = *request;
  struct hl_headers headers;
  struct hl_canonical canonical;
  if (sets_ours(request, err) || !hl_sigv4_move(signer, request->time, err)) return false;
  if (!known.payload.size) known.payload = HL_SIGV4_EMPTY_HASH;
  memcpy(signature->date, signer->date, HL_DATE_SIZE);
  signature->date[HL_DATE_SIZE] = '\0';
  signature->time = signer->time;
  signature->payload = signer->rules.send_hash ? known.payload : HL_SLICE("");
  signature->token = signer->token;
  headers.count = 0;
  add_ours(&headers, known.host, signature);
  return hl_headers_add_request(&headers, &known, err) && hl_canonical_write(&canonical, &known, &headers, signer->rules, err) &&
         write_authorization(signature, signer, &canonical, err);
}

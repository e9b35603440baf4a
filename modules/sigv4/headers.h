/* SPDX-License-Identifier: MIT
 *
 * The headers that are signed, in their order, and their canonical form (signing step 1: CanonicalHeaders, SignedHeaders).
 */
#ifndef HILUM_SIGV4_HEADERS_H
#define HILUM_SIGV4_HEADERS_H

#include "sigv4/sigv4.h"
#include "sigv4/text.h"

struct hl_headers {
  struct hl_sigv4_header list[HL_SIGV4_HEADERS]; /* names in lower case */
  size_t count;
  char names[HL_SIGV4_AUTHORIZATION]; /* of the request, made lower */
};

/* Adds one behind those of the same name, which is in lower case. False: too many. */
bool hl_headers_add(struct hl_headers *headers, struct hl_slice name, struct hl_slice value, struct hl_error *err);

/* Adds those of the request that are to be signed. False: too many, too long, or one is malformed. */
bool hl_headers_add_request(struct hl_headers *headers, const struct hl_sigv4_request *request, struct hl_error *err);

/* "name:value" lines, values trimmed and joined with commas, runs of blanks made one space. */
void hl_put_headers(struct hl_text *text, const struct hl_headers *headers);

/* The names, each once, joined with semicolons. */
void hl_put_header_names(struct hl_text *text, const struct hl_headers *headers);

#endif

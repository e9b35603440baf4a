/* SPDX-License-Identifier: MIT
 *
 * The steps of signing that headers and links share.
 */
#ifndef HILUM_SIGV4_CANONICAL_H
#define HILUM_SIGV4_CANONICAL_H

#include "sigv4/headers.h"

/* Of an empty body. */
#define HL_SIGV4_EMPTY_HASH HL_SLICE("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")

/* Step 1: the canonical request. */
struct hl_canonical {
  char room[HL_SIGV4_CANONICAL];
  struct hl_slice text, query, names; /* all of it; its query and its header names */
};

/* request->payload must not be empty. False: the request is malformed or too long. */
bool hl_canonical_write(struct hl_canonical *canonical, const struct hl_sigv4_request *request, const struct hl_headers *headers,
                        struct hl_sigv4_rules rules, struct hl_error *err);

/* Makes date, scope and key of the signer those of time (0: now). False: the time is not between 1970 and 9999. */
bool hl_sigv4_move(struct hl_sigv4_signer *signer, int64_t time, struct hl_error *err);

/* Steps 2 and 3: puts the hexadecimal signature of a canonical request at the time that the signer was moved to. */
void hl_put_signature(struct hl_text *text, const struct hl_sigv4_signer *signer, struct hl_slice canonical);

#endif

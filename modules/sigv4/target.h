/* SPDX-License-Identifier: MIT
 *
 * The canonical form of what a request asks for: its path and its query (signing step 1: CanonicalURI, CanonicalQueryString).
 */
#ifndef HILUM_SIGV4_TARGET_H
#define HILUM_SIGV4_TARGET_H

#include "sigv4/sigv4.h"
#include "sigv4/text.h"

/* path as it is sent. */
void hl_put_path(struct hl_text *text, struct hl_slice path, struct hl_sigv4_rules rules);

/* Parameters in order, encoded in the one way that counts, each with "=". False: too many of them. */
bool hl_put_query(struct hl_text *text, struct hl_slice query, struct hl_error *err);

#endif

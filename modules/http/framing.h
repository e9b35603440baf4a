/* SPDX-License-Identifier: MIT
 *
 * aws-chunked: a body in chunks, each behind a line with its size and perhaps its signature, then a trailer with a checksum of
 * the whole, computed as it is read (AWS, "Signature calculations for the Authorization header: transferring a payload in
 * multiple chunks"). The size of it all is known in advance, so that it is sent with a Content-Length.
 */
#ifndef HILUM_HTTP_FRAMING_H
#define HILUM_HTTP_FRAMING_H

#include "hash/hash.h"
#include "http/body.h"
#include "sigv4/sigv4.h"

enum { HL_HTTP_CHUNK = 1 << 16 }; /* bytes of each chunk but the last */

struct hl_http_framing {
  struct hl_http_body *inner; /* held */
  bool has_checksum, is_signed;
  struct hl_hash_shared *hashes;
  enum hl_hash_kind checksum;
  char name[32]; /* of the trailer: "x-amz-checksum-crc64nvme" */
  struct hl_sigv4_chunks chunks;
};

/* A body of one reference around inner, which it holds. checksum: the name of a hash, NULL for none; chunks: copied, NULL for
 * none. One of them is given. hashes outlives the body. NULL: err. */
struct hl_http_body *hl_http_body_framed(struct hl_http_body *inner, const char *checksum, struct hl_hash_shared *hashes,
                                         const struct hl_sigv4_chunks *chunks, struct hl_error *err);

/* For http/body.c alone. */
void hl_http_framing_free(struct hl_http_framing *framing);
struct hl_http_framer *hl_http_framer_open(const struct hl_http_framing *framing); /* NULL: no memory */
ssize_t hl_http_framer_read(struct hl_http_framer *framer, void *data, size_t size, struct hl_error *err);
bool hl_http_framer_rewind(struct hl_http_framer *framer); /* false: no memory */
void hl_http_framer_close(struct hl_http_framer *framer);  /* accepts NULL */

#endif

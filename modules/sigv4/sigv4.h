/* SPDX-License-Identifier: MIT
 *
 * AWS Signature Version 4: headers, links (presigned URLs), and the chunks of a streamed body. Signing allocates nothing, and a
 * signer keeps no secret as text: only the HMAC states it leads to, derived again when the UTC day changes. One thread at a time
 * for one signer.
 */
#ifndef HILUM_SIGV4_SIGV4_H
#define HILUM_SIGV4_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "sigv4/date.h"
#include "sigv4/hmac.h"
#include "sigv4/slice.h"

enum {
  HL_SIGV4_HEADERS = 128,        /* headers, and query parameters, that a request may have */
  HL_SIGV4_CANONICAL = 16 << 10, /* bytes of a canonical request; servers take no longer head than that */
  HL_SIGV4_CREDENTIAL = 256,     /* bytes of "ACCESSKEY/20150830/us-east-1/s3/aws4_request" */
  HL_SIGV4_AUTHORIZATION = 4096,
  HL_SIGV4_URL = 2 * HL_SIGV4_CANONICAL,
  HL_SIGV4_HEX = 2 * HL_SHA256_SIZE,
  HL_SIGV4_EXPIRES = 604800, /* seconds that a link may live: 7 days */
};

/* How a service deviates from the general rules. */
struct hl_sigv4_rules {
  bool s3;        /* the path is signed as it is sent, not encoded again; links leave the payload unsigned */
  bool normalize; /* dot segments and empty segments of the path are resolved */
  bool send_hash; /* x-amz-content-sha256 is sent and signed */
};

/* What the service of that signing name asks for. */
struct hl_sigv4_rules hl_sigv4_rules(struct hl_slice service);

struct hl_sigv4_config {
  struct hl_slice access_key, secret_key, token, region, service; /* token: empty without a session */
  struct hl_sigv4_rules rules;
};

/* The userdata that hold a signer and chunks, for bindings that take one. */
#define HL_SIGV4_SIGNER "hilum.sigv4.Signer"
#define HL_SIGV4_CHUNKS "hilum.sigv4.Chunks"

/* Zeroed: closed. */
struct hl_sigv4_signer {
  struct hl_hmac secret;             /* keyed by "AWS4" and the secret key */
  struct hl_hmac key;                /* keyed for the day in credential */
  char *text;                        /* owns what the slices point to; NULL when closed */
  struct hl_slice credential, scope; /* scope is the end of credential, behind the access key */
  struct hl_slice region, service, token;
  struct hl_sigv4_rules rules;
  int64_t time;            /* of date, seconds since 1970; -1 at first */
  char date[HL_DATE_SIZE]; /* "20150830T123600Z", no NUL */
  int64_t skew;            /* seconds that the servers' clock is ahead of this machine's */
};

/* Copies what it needs of config, and from then on the process leaves no core file and cannot be traced by others (prctl
 * PR_SET_DUMPABLE; programs it starts are not affected). False: signer is closed. */
bool hl_sigv4_open(struct hl_sigv4_signer *signer, const struct hl_sigv4_config *config, struct hl_error *err);

/* Opens signer with the credentials and the skew of another, for that region and service. False: as for hl_sigv4_open. */
bool hl_sigv4_open_like(struct hl_sigv4_signer *signer, const struct hl_sigv4_signer *other, struct hl_slice region,
                        struct hl_slice service, struct hl_error *err);

/* Wipes and frees. Idempotent. */
void hl_sigv4_close(struct hl_sigv4_signer *signer);

/* Sets skew from the time a server gave: a Date header, or ServerTime in an error. False, and no change: not a date. */
bool hl_sigv4_learn_skew(struct hl_sigv4_signer *signer, struct hl_slice server_time);

/* What is signed has to be what is sent, byte for byte. */
struct hl_sigv4_request {
  struct hl_slice method;  /* "PUT" */
  struct hl_slice host;    /* the value of the Host header */
  struct hl_slice path;    /* percent-encoded; empty is "/" */
  struct hl_slice query;   /* percent-encoded (a space is %20), without the "?" */
  struct hl_slice payload; /* hex SHA-256 of the body, UNSIGNED-PAYLOAD or STREAMING-…; empty: there is no body */
  const struct hl_sigv4_header {
    struct hl_slice name, value;
  } * headers; /* in any order and case; those that proxies may change are left unsigned. Without host and, in hl_sigv4_sign,
                  without those that it makes */
  size_t header_count;
  int64_t time; /* seconds since 1970; 0: now, corrected by the signer's skew */
};

/* The headers to add to the request. The slices point into the request and the signer. */
struct hl_sigv4_signature {
  int64_t time;
  char date[HL_DATE_SIZE + 1];                    /* x-amz-date */
  char authorization[HL_SIGV4_AUTHORIZATION + 1]; /* ends in the HL_SIGV4_HEX digits of the signature */
  size_t authorization_size;
  struct hl_slice payload; /* x-amz-content-sha256; empty: not sent */
  struct hl_slice token;   /* x-amz-security-token; empty: not sent */
};

/* False: the request cannot be signed (too long, a line break in a header, a header that is the signer's to set). */
bool hl_sigv4_sign(struct hl_sigv4_signer *signer, const struct hl_sigv4_request *request, struct hl_sigv4_signature *signature,
                   struct hl_error *err);

/* Writes scheme://host/path?query with the signature in the query, good for expires seconds, and a NUL. Returns its length,
 * 0 on failure. The headers have to be sent by whoever uses the link. */
size_t hl_sigv4_presign(struct hl_sigv4_signer *signer, const struct hl_sigv4_request *request, struct hl_slice scheme,
                        uint32_t expires, char url[HL_SIGV4_URL], struct hl_error *err);

/* Signs the chunks of a body one after the other, each with the signature before it. Independent of its signer. */
struct hl_sigv4_chunks {
  struct hl_hmac key;
  char scope[HL_DATE_SIZE + 1 + HL_SIGV4_CREDENTIAL + 1]; /* date and scope, a line each */
  size_t scope_size;
  char previous[HL_SIGV4_HEX];
};

enum { HL_SIGV4_CHUNK_HEAD = 16 + 17 + HL_SIGV4_HEX + 2, HL_SIGV4_TRAILER = 512 };

/* seed: the signature of a request whose payload is STREAMING-AWS4-HMAC-SHA256-PAYLOAD or …-TRAILER. */
void hl_sigv4_chunks_begin(struct hl_sigv4_chunks *chunks, struct hl_sigv4_signer *signer, const struct hl_sigv4_signature *seed);
void hl_sigv4_chunks_end(struct hl_sigv4_chunks *chunks); /* Wipes. Idempotent. */

/* Writes the line before the data of the next chunk and returns its length; CRLF goes behind the data. The last chunk has no
 * data, and behind it goes CRLF or the trailer. Chunks but the last two have at least 8 KiB. */
size_t hl_sigv4_chunk_head(struct hl_sigv4_chunks *chunks, const void *data, size_t size, char head[HL_SIGV4_CHUNK_HEAD]);

/* Writes the signed trailer that ends the body. Returns its length, 0 when name (in lower case) and value are too long. */
size_t hl_sigv4_chunk_trailer(struct hl_sigv4_chunks *chunks, struct hl_slice name, struct hl_slice value,
                              char trailer[HL_SIGV4_TRAILER]);

/* The Content-Length of size bytes sent in signed chunks of chunk bytes; trailer: bytes of its "name:value", 0 without. */
uint64_t hl_sigv4_chunked_size(uint64_t size, uint64_t chunk, size_t trailer);

#endif

/* SPDX-License-Identifier: MIT
 *
 * A small HTTP/1.1 server on libmicrohttpd, which speaks the protocol and nothing else: no threads, no waiting. Whoever has a
 * loop watches hl_httpd_fd and calls hl_httpd_run. A request that has been read whole waits in a queue until hl_httpd_next takes
 * it; its connection then rests until it is answered or dropped. One thread.
 *
 * Bounds: a head of 64 KiB (431 beyond), bodies of max_body (413), `connections` at once, and `timeout` seconds for a head, for
 * each further 64 KiB of a body, and between two signs that the client reads its answer.
 */
#ifndef HILUM_HTTPD_H
#define HILUM_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct hl_httpd;
struct hl_exchange;

struct hl_httpd_options {
  const char *host; /* a numeric address */
  int port;         /* 0: any that is free */
  size_t max_body;  /* bytes */
  unsigned connections;
  unsigned timeout;              /* seconds */
  const char *certificate, *key; /* PEM; NULL: no TLS */
};

/* Listens. NULL: err says why. */
struct hl_httpd *hl_httpd_open(const struct hl_httpd_options *options, struct hl_error *err);

/* Cuts all connections. Exchanges that are held stay valid until they are released. Accepts NULL. */
void hl_httpd_close(struct hl_httpd *server);

int hl_httpd_port(const struct hl_httpd *server);

/* Readable when hl_httpd_run has something to do. */
int hl_httpd_fd(const struct hl_httpd *server);

/* Does all that can be done without waiting. */
void hl_httpd_run(struct hl_httpd *server);

/* Seconds after which hl_httpd_run is due, whatever the descriptor says; negative: never. */
double hl_httpd_wait(struct hl_httpd *server);

/* Whether hl_httpd_next has one. */
bool hl_httpd_has_next(const struct hl_httpd *server);

/* The oldest request that nobody has taken yet, to be released; or NULL. */
struct hl_exchange *hl_httpd_next(struct hl_httpd *server);

/* The request, until it is answered, dropped or released. Method, version and target are as they were sent. */
const char *hl_exchange_method(const struct hl_exchange *exchange);
const char *hl_exchange_version(const struct hl_exchange *exchange);
const char *hl_exchange_target(const struct hl_exchange *exchange);
const char *hl_exchange_body(const struct hl_exchange *exchange, size_t *size);

/* Calls each(context, name, value) for every header, in order. */
void hl_exchange_headers(const struct hl_exchange *exchange, void (*each)(void *context, const char *name, const char *value),
                         void *context);

/* What is answered. Zeroed: nothing yet. */
struct hl_reply {
  struct MHD_Response *response; /* owned */
  unsigned status;
};

/* A body of bytes, which are copied, or of a part of a file, which the reply closes. False: no memory; then fd is still the
 * caller's. */
bool hl_reply_bytes(struct hl_reply *reply, const void *data, size_t size);
bool hl_reply_file(struct hl_reply *reply, int fd, uint64_t offset, uint64_t size);

/* Adds a header. False: not a header that can be sent, or one that is the server's to set (Content-Length). */
bool hl_reply_header(struct hl_reply *reply, const char *name, const char *value);

/* Idempotent. */
void hl_reply_free(struct hl_reply *reply);

/* Answers; takes the reply. hl_httpd_run sends it. False: the exchange was answered or dropped before, or its server is closed.
 */
bool hl_exchange_answer(struct hl_exchange *exchange, struct hl_reply *reply);

/* Cuts the connection of one that has not been answered, and gives up the hold on it. */
void hl_exchange_release(struct hl_exchange *exchange);

/* Undoes %XX, and + where plus_is_space, in place; a % that begins nothing stays. Returns the new size. */
size_t hl_percent_decode(char *text, size_t size, bool plus_is_space);

#endif

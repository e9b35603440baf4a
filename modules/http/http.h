/* SPDX-License-Identifier: MIT
 *
 * HTTP by libcurl's multi interface on the event loop: one exchange a call. No retry, no redirect, no signature: those are
 * policies, and Lua's. Certificates are always verified. Main thread.
 *
 *   client.c     the multi handle joined to the loop; connections and handles kept for the next exchange
 *   exchange.c   one request and its answer: curl's options and callbacks, timeouts
 *   failure.c    curl's results as errors
 *   body.c, framing.c          what is sent
 *   headers.c, sink.c, digests.c   what is received
 */
#ifndef HILUM_HTTP_HTTP_H
#define HILUM_HTTP_HTTP_H

#include <curl/curl.h>

#include "http/body.h"
#include "http/digests.h"
#include "http/headers.h"
#include "http/sink.h"
#include "task/loop.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

struct hl_http_client;
struct hl_counter;

/* NULL: err. Before the loop is closed it must have no exchange under way. */
struct hl_http_client *hl_http_client_open(struct hl_loop *loop, struct hl_error *err);
/* Accepts NULL. */
void hl_http_client_close(struct hl_http_client *client);
/* What the digests of exchanges and bodies share; as long as the client. */
struct hl_hash_shared *hl_http_client_hashes(struct hl_http_client *client);

/* PAUSED: the pipe that takes the answer is full. */
enum hl_http_phase { HL_HTTP_CONNECTING, HL_HTTP_SENDING, HL_HTTP_WAITING, HL_HTTP_RECEIVING, HL_HTTP_PAUSED };

struct hl_http_exchange {
  /* The request. It stays as it is until the exchange has ended; but method and ca are only read when it starts. */
  const char *method, *url;
  struct curl_slist *headers;                                /* "Name: value"; Expect and Accept among them, to be left out */
  struct hl_http_body *body;                                 /* NULL: none */
  struct hl_http_sink *to;                                   /* for the body of a 2xx answer; NULL: answer.body */
  uint64_t limit;                                            /* bytes of answer.body */
  bool ranged;                                               /* asks for a range: only a 206 goes to the sink */
  bool http2;                                                /* where the server offers it */
  bool direct;                                               /* through no proxy */
  unsigned digests;                                          /* of the answer's body: a bit for each hl_hash_kind */
  const char *ca;                                            /* certificate bundle; NULL: the system's */
  double connect_timeout, first_byte_timeout, stall_timeout; /* seconds */
  struct hl_counter *progress;                               /* counts bytes of bodies; may be NULL */
  void (*ended)(struct hl_http_exchange *exchange);

  /* The answer, of any status; err.kind is HL_OK then. */
  struct {
    int status;
    bool http2, connected; /* connected: by a new connection */
    uint64_t size;         /* bytes of the body */
    struct hl_http_headers headers;
    struct hl_buffer body; /* unless the sink took it */
    struct hl_http_digests digests;
  } answer;
  struct hl_error err;

  /* Private. */
  struct hl_http_client *client;
  CURL *easy;
  curl_socket_t fd; /* CURL_SOCKET_BAD while it has none */
  struct hl_http_reader reader;
  struct hl_timer timer;
  enum hl_http_phase phase;
  double moved;         /* when the last byte went either way, as far as is known */
  curl_off_t delivered; /* of what is sent, when the timer last looked */
  bool to_sink;
  char detail[CURL_ERROR_SIZE];
};

/* Begins; `ended` is called once, later or at once, unless it is cancelled. */
void hl_http_start(struct hl_http_client *client, struct hl_http_exchange *exchange);
/* Drops the connection of an exchange that is under way. */
void hl_http_cancel(struct hl_http_exchange *exchange);
/* Frees the answer. Idempotent; the exchange is not under way. */
void hl_http_exchange_free(struct hl_http_exchange *exchange);

#endif

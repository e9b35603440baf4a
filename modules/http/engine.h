/* SPDX-License-Identifier: MIT
 *
 * Between client.c and exchange.c.
 */
#ifndef HILUM_HTTP_ENGINE_H
#define HILUM_HTTP_ENGINE_H

#include "http/http.h"

struct hl_http_socket;

enum { HL_HTTP_HANDLES = 64 }; /* kept for the next exchange */

struct hl_http_client {
  struct hl_loop *loop;
  CURLM *multi;
  CURLSH *share; /* TLS sessions: a new connection to a known server saves a handshake */
  struct hl_timer timer;
  struct hl_http_socket *spare; /* watches of sockets that are closed */
  CURL *handles[HL_HTTP_HANDLES];
  size_t handle_count;
  struct hl_hash_shared hashes;
};

/* A handle with no options. NULL: no memory. */
CURL *hl_http_take_handle(struct hl_http_client *client);
void hl_http_return_handle(struct hl_http_client *client, CURL *easy);

/* The transfer of exchange is over. */
void hl_http_finish(struct hl_http_exchange *exchange, CURLcode result);

#endif

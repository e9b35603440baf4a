/* SPDX-License-Identifier: MIT
 *
 * What the files of httpd/ share.
 *
 *   server.c      the daemon, its socket, who may connect and for how long
 *   exchange.c    the life of a request: read, queued, taken, answered
 *   reply.c       what is answered
 *   percent.c     %XX
 */
#ifndef HILUM_HTTPD_INTERNAL_H
#define HILUM_HTTPD_INTERNAL_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "core/buffer.h"
#include "httpd/httpd.h"

/* A client's connection; in the list of its server while something is to be received within the timeout. */
struct connection {
  struct hl_httpd *server;
  int fd;
  bool is_receiving;
  double deadline;
  TAILQ_ENTRY(connection) link;
};

/* In one of the lists of its server while MHD has suspended the connection. */
struct hl_exchange {
  struct hl_httpd *server;           /* may be closed once MHD is done */
  struct MHD_Connection *connection; /* NULL once MHD is done with the request */
  char *target;
  const char *method, *version; /* MHD's */
  struct hl_buffer body;
  size_t received; /* bytes of the body, kept or not */
  struct hl_reply reply;
  enum { HL_READING, HL_WAITING, HL_TAKEN, HL_ANSWERED, HL_DROPPED } state;
  bool is_held; /* by whoever took it */
  TAILQ_ENTRY(hl_exchange) link;
};

struct hl_httpd {
  struct MHD_Daemon *daemon;
  int port;
  size_t max_body;
  double timeout;
  TAILQ_HEAD(, connection) receiving; /* the one that is due first first */
  TAILQ_HEAD(, hl_exchange) waiting, taken;
};

/* The connection has the server's timeout, from now on, to send more; or all that it has to send has come. */
void hl_connection_expect(struct connection *connection);
void hl_connection_rest(struct connection *connection);
struct connection *hl_connection_of(struct MHD_Connection *connection);

/* Resumes the connections of all exchanges that are not answered, and lets them be cut. */
void hl_exchanges_drop(struct hl_httpd *server);

/* MHD's callbacks; cls is the server. */
void *hl_on_target(void *cls, const char *target, struct MHD_Connection *connection);
enum MHD_Result hl_on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context);
void hl_on_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how);

#endif

/* SPDX-License-Identifier: MIT
 *
 * A request from its first line to its answer. MHD tells of the target first, then calls hl_on_request: once with the head, once
 * for each part of the body, and once more at its end, when the connection is suspended; resumed, it calls again and is given the
 * answer.
 */
#include <stdlib.h>
#include <strings.h>

#include "httpd/internal.h"

#define PROGRESS (64 << 10) /* bytes of a body that must come within the timeout */
#define EXCESS (16 << 20)   /* bytes of a body that is too large which are read, for the client to see the answer */

/* Reading. */

void *hl_on_target(void *cls, const char *target, struct MHD_Connection *connection) {
  struct hl_exchange *exchange = calloc(1, sizeof *exchange);
  if (!exchange) return NULL;
  exchange->server = cls;
  exchange->connection = connection;
  exchange->target = strdup(target);
  return exchange;
}

static enum MHD_Result send_reply(struct hl_exchange *exchange) {
  hl_connection_rest(hl_connection_of(exchange->connection));
  enum MHD_Result result = MHD_queue_response(exchange->connection, exchange->reply.status, exchange->reply.response);
  hl_reply_free(&exchange->reply);
  return result;
}

static enum MHD_Result refuse_body(struct hl_exchange *exchange) {
  static const char text[] = "the body is larger than this server takes\n";
  exchange->state = HL_ANSWERED;
  exchange->reply.status = MHD_HTTP_CONTENT_TOO_LARGE;
  if (!hl_reply_bytes(&exchange->reply, text, sizeof text - 1)) return MHD_NO;
  hl_reply_header(&exchange->reply, "Content-Type", "text/plain; charset=utf-8");
  return send_reply(exchange);
}

static const char *header(const struct hl_exchange *exchange, const char *name) {
  return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

/* A body that is announced gets its memory at once; a client that asks before sending one that is too large is told then. */
static enum MHD_Result read_head(struct hl_exchange *exchange, const char *method, const char *version) {
  if (!exchange->target) return MHD_NO;
  exchange->method = method;
  exchange->version = version;
  hl_connection_expect(hl_connection_of(exchange->connection));
  const char *length = header(exchange, "Content-Length");
  unsigned long long size = length ? strtoull(length, NULL, 10) : 0;
  if (size <= exchange->server->max_body) return hl_buffer_reserve(&exchange->body, size) ? MHD_YES : MHD_NO;
  return header(exchange, "Expect") ? refuse_body(exchange) : MHD_YES;
}

static enum MHD_Result read_body(struct hl_exchange *exchange, const char *data, size_t size) {
  size_t max = exchange->server->max_body;
  if ((exchange->received + size) / PROGRESS > exchange->received / PROGRESS)
    hl_connection_expect(hl_connection_of(exchange->connection));
  exchange->received += size;
  if (exchange->received <= max) return hl_buffer_add(&exchange->body, data, size) ? MHD_YES : MHD_NO;
  hl_buffer_free(&exchange->body);
  return exchange->received - max <= EXCESS ? MHD_YES : MHD_NO;
}

static enum MHD_Result end_reading(struct hl_exchange *exchange) {
  if (exchange->received > exchange->server->max_body) return refuse_body(exchange);
  exchange->state = HL_WAITING;
  hl_connection_rest(hl_connection_of(exchange->connection));
  TAILQ_INSERT_TAIL(&exchange->server->waiting, exchange, link);
  MHD_suspend_connection(exchange->connection);
  return MHD_YES;
}

enum MHD_Result hl_on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context) {
  (void)cls, (void)connection, (void)url;
  struct hl_exchange *exchange = *context;
  if (!exchange || exchange->state == HL_DROPPED) return MHD_NO;
  if (exchange->state == HL_ANSWERED) return send_reply(exchange);
  if (!exchange->method) return read_head(exchange, method, version);
  if (*upload_size == 0) return end_reading(exchange);
  size_t size = *upload_size;
  *upload_size = 0;
  return read_body(exchange, upload, size);
}

/* Ending. */

static void free_exchange(struct hl_exchange *exchange) {
  hl_reply_free(&exchange->reply);
  hl_buffer_free(&exchange->body);
  free(exchange->target);
  free(exchange);
}

void hl_on_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how) {
  (void)cls;
  struct hl_exchange *exchange = *context;
  if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK) hl_connection_expect(hl_connection_of(connection)); /* the next request */
  if (!exchange) return;
  *context = NULL;
  exchange->connection = NULL;
  if (!exchange->is_held) free_exchange(exchange);
}

/* Takes it out of its list, and lets MHD go on. */
static void resume(struct hl_exchange *exchange) {
  struct hl_httpd *server = exchange->server;
  if (exchange->is_held)
    TAILQ_REMOVE(&server->taken, exchange, link);
  else
    TAILQ_REMOVE(&server->waiting, exchange, link);
  MHD_resume_connection(exchange->connection);
}

static void drop(struct hl_exchange *exchange) {
  resume(exchange);
  exchange->state = HL_DROPPED;
}

void hl_exchanges_drop(struct hl_httpd *server) {
  while (!TAILQ_EMPTY(&server->waiting)) drop(TAILQ_FIRST(&server->waiting));
  while (!TAILQ_EMPTY(&server->taken)) drop(TAILQ_FIRST(&server->taken));
}

/* Taking and answering. */

bool hl_httpd_has_next(const struct hl_httpd *server) { return !TAILQ_EMPTY(&server->waiting); }

struct hl_exchange *hl_httpd_next(struct hl_httpd *server) {
  struct hl_exchange *exchange = TAILQ_FIRST(&server->waiting);
  if (!exchange) return NULL;
  TAILQ_REMOVE(&server->waiting, exchange, link);
  TAILQ_INSERT_TAIL(&server->taken, exchange, link);
  exchange->state = HL_TAKEN;
  exchange->is_held = true;
  return exchange;
}

bool hl_exchange_answer(struct hl_exchange *exchange, struct hl_reply *reply) {
  if (exchange->state != HL_TAKEN) return false;
  exchange->reply = *reply;
  reply->response = NULL;
  resume(exchange);
  exchange->state = HL_ANSWERED;
  return true;
}

void hl_exchange_release(struct hl_exchange *exchange) {
  if (exchange->state == HL_TAKEN) drop(exchange);
  exchange->is_held = false;
  if (!exchange->connection) free_exchange(exchange);
}

/* The request. */

const char *hl_exchange_method(const struct hl_exchange *exchange) { return exchange->method; }
const char *hl_exchange_version(const struct hl_exchange *exchange) { return exchange->version; }
const char *hl_exchange_target(const struct hl_exchange *exchange) { return exchange->target; }

const char *hl_exchange_body(const struct hl_exchange *exchange, size_t *size) {
  *size = exchange->body.size;
  return exchange->body.data;
}

struct visit {
  void (*each)(void *context, const char *name, const char *value);
  void *context;
};

static enum MHD_Result visit_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
  struct visit *visit = cls;
  (void)kind;
  visit->each(visit->context, name, value ? value : "");
  return MHD_YES;
}

void hl_exchange_headers(const struct hl_exchange *exchange, void (*each)(void *context, const char *name, const char *value),
                         void *context) {
  struct visit visit = {each, context};
  MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &visit);
}

/* SPDX-License-Identifier: MIT
 *
 * curl says which sockets it waits for and until when; the loop says what happened. curl does its work inside
 * curl_multi_socket_action, from which its callbacks run, and never calls back from anywhere else but curl_easy_pause.
 */
#include <stdlib.h>
#include <sys/epoll.h>

#include "http/engine.h"

enum { IDLE_CONNECTIONS = 256 };

/* The watch of a socket. The loop may still hold an event for a watch that was removed a moment ago, so that they are kept for
 * other sockets and freed with the client: an event meant for the one before makes curl look, and find nothing. */
struct hl_http_socket {
  struct hl_watch watch;
  struct hl_http_client *client;
  struct hl_http_socket *next;
};

static void finish_ended(struct hl_http_client *client) {
  int left;
  for (const CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));) {
    struct hl_http_exchange *exchange;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    hl_http_finish(exchange, message->data.result);
  }
}

static void act(struct hl_http_client *client, curl_socket_t fd, int what) {
  int running;
  curl_multi_socket_action(client->multi, fd, what, &running);
  finish_ended(client);
}

static void on_timer(struct hl_timer *timer) {
  struct hl_http_client *client = (struct hl_http_client *)((char *)timer - offsetof(struct hl_http_client, timer));
  act(client, CURL_SOCKET_TIMEOUT, 0);
}

/* Errors of the socket are not passed on: curl then asks it for them, and can say which. */
static void on_socket(struct hl_watch *watch, uint32_t events) {
  struct hl_http_socket *self = (struct hl_http_socket *)watch;
  act(self->client, watch->fd, (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0));
}

static int set_timer(CURLM *multi, long milliseconds, void *argument) {
  struct hl_http_client *client = argument;
  (void)multi;
  if (milliseconds < 0)
    hl_timer_stop(client->loop, &client->timer);
  else
    hl_timer_start(client->loop, &client->timer, (double)milliseconds / 1000);
  return 0;
}

static struct hl_http_socket *take_socket(struct hl_http_client *client, curl_socket_t fd) {
  struct hl_http_socket *self = client->spare;
  if (self)
    client->spare = self->next;
  else
    self = malloc(sizeof *self);
  if (!self) return NULL;
  *self = (struct hl_http_socket){.watch = {.fd = fd, .ready = on_socket}, .client = client};
  curl_multi_assign(client->multi, fd, self);
  return self;
}

static void return_socket(struct hl_http_client *client, struct hl_http_socket *self) {
  hl_watch_remove(client->loop, &self->watch);
  self->next = client->spare;
  client->spare = self;
}

/* Handles of curl's own have no exchange. */
static void note_socket(CURL *easy, curl_socket_t fd, bool opened) {
  struct hl_http_exchange *exchange = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
  if (!exchange) return;
  if (opened)
    exchange->fd = fd;
  else if (exchange->fd == fd)
    exchange->fd = CURL_SOCKET_BAD;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *argument, void *known) {
  struct hl_http_client *client = argument;
  struct hl_http_socket *self = known;
  note_socket(easy, fd, what != CURL_POLL_REMOVE);
  if (what == CURL_POLL_REMOVE) {
    if (self) return_socket(client, self);
    return 0;
  }
  if (!self) self = take_socket(client, fd);
  uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  return self && hl_watch_set(client->loop, &self->watch, events) ? 0 : -1;
}

/* Handles. */

CURL *hl_http_take_handle(struct hl_http_client *client) {
  return client->handle_count ? client->handles[--client->handle_count] : curl_easy_init();
}

void hl_http_return_handle(struct hl_http_client *client, CURL *easy) {
  if (client->handle_count == HL_HTTP_HANDLES) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_reset(easy);
  client->handles[client->handle_count++] = easy;
}

/* Opening and closing. */

static bool prepare(struct hl_http_client *client, struct hl_error *err) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return hl_fail(err, HL_NET, "http", "libcurl cannot be used here");
  client->multi = curl_multi_init();
  client->share = curl_share_init();
  if (!client->multi || !client->share) return hl_fail(err, HL_NET, "http", "not enough memory");
  curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
  curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
  curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
  curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS); /* else four for each that is busy just then */
  return hl_hash_open(&client->hashes, err);
}

struct hl_http_client *hl_http_client_open(struct hl_loop *loop, struct hl_error *err) {
  struct hl_http_client *client = calloc(1, sizeof *client);
  if (!client) {
    hl_fail(err, HL_NET, "http", "not enough memory");
    return NULL;
  }
  client->loop = loop;
  client->timer.fire = on_timer;
  if (prepare(client, err)) return client;
  hl_http_client_close(client);
  return NULL;
}

/* The loop may be closed already: nothing is to be watched or timed any more. */
void hl_http_client_close(struct hl_http_client *client) {
  if (!client) return;
  hl_timer_stop(client->loop, &client->timer);
  while (client->handle_count) curl_easy_cleanup(client->handles[--client->handle_count]);
  if (client->multi) {
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, NULL);
    curl_multi_cleanup(client->multi); /* which returns the sockets */
  }
  curl_share_cleanup(client->share);
  for (struct hl_http_socket *socket = client->spare, *next; socket; socket = next) {
    next = socket->next;
    free(socket);
  }
  hl_hash_close(&client->hashes);
  free(client);
}

struct hl_hash_shared *hl_http_client_hashes(struct hl_http_client *client) {
  return &client->hashes;
}

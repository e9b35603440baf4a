/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "httpd/internal.h"

#define HEAD_LIMIT (64 << 10) /* bytes; MHD reads bodies in pieces of about this size, too */
#define BACKLOG 511

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Connections. */

struct connection *hl_connection_of(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void hl_connection_rest(struct connection *connection) {
  if (!connection->is_receiving) return;
  TAILQ_REMOVE(&connection->server->receiving, connection, link);
  connection->is_receiving = false;
}

void hl_connection_expect(struct connection *connection) {
  struct hl_httpd *server = connection->server;
  hl_connection_rest(connection);
  connection->deadline = now() + server->timeout;
  connection->is_receiving = true;
  TAILQ_INSERT_TAIL(&server->receiving, connection, link);
}

/* MHD learns of the cut as if the client had made it. */
static void cut_the_slow(struct hl_httpd *server) {
  double time = now();
  struct connection *connection;
  while ((connection = TAILQ_FIRST(&server->receiving)) && connection->deadline <= time) {
    shutdown(connection->fd, SHUT_RDWR);
    hl_connection_rest(connection);
  }
}

static void on_connection(void *cls, struct MHD_Connection *handle, void **context, enum MHD_ConnectionNotificationCode code) {
  struct connection *connection = *context;
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    hl_connection_rest(connection);
    free(connection);
    return;
  }
  connection = calloc(1, sizeof *connection);
  if (!connection) abort(); /* a few bytes a connection: nothing sensible is left to do */
  connection->server = cls;
  connection->fd = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  hl_connection_expect(connection);
  *context = connection;
}

/* Listening. */

/* At a numeric address. -1: errno says why. */
static int open_socket(const struct addrinfo *address) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
  int cause = errno;
  close(fd);
  errno = cause;
  return -1;
}

static int listen_at(const struct hl_httpd_options *options, struct hl_error *err) {
  char port[12], where[96];
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *address;
  snprintf(port, sizeof port, "%d", options->port);
  if (getaddrinfo(options->host, port, &hints, &address) != 0) {
    hl_fail(err, HL_USAGE, "httpd.serve", "'%.60s' is no numeric address, such as 127.0.0.1 or ::1", options->host);
    return -1;
  }
  int fd = open_socket(address);
  int cause = errno;
  freeaddrinfo(address);
  errno = cause;
  snprintf(where, sizeof where, "%.60s port %d", options->host, options->port);
  if (fd < 0) hl_fail_errno(err, "httpd.serve", where);
  return fd;
}

static int port_of(int fd) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                             : ((struct sockaddr_in *)&address)->sin_port);
}

static struct MHD_Daemon *start(struct hl_httpd *server, const struct hl_httpd_options *options, int fd) {
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (options->certificate ? MHD_USE_TLS : 0);
  struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate},
                                 {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key},
                                 {MHD_OPTION_END, 0, NULL}};
  return MHD_start_daemon(flags, 0, NULL, NULL, hl_on_request, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                          options->connections, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_LIMIT, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                          MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, hl_on_target, server,
                          MHD_OPTION_NOTIFY_COMPLETED, hl_on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                          server, MHD_OPTION_ARRAY, options->certificate ? tls : &tls[2], MHD_OPTION_END);
}

struct hl_httpd *hl_httpd_open(const struct hl_httpd_options *options, struct hl_error *err) {
  int fd = listen_at(options, err);
  if (fd < 0) return NULL;
  struct hl_httpd *server = calloc(1, sizeof *server);
  if (server) {
    server->max_body = options->max_body;
    server->timeout = options->timeout;
    server->port = port_of(fd);
    TAILQ_INIT(&server->receiving);
    TAILQ_INIT(&server->waiting);
    TAILQ_INIT(&server->taken);
    server->daemon = start(server, options, fd);
  }
  if (server && server->daemon) return server;
  free(server);
  close(fd);
  hl_fail(err, HL_IO, "httpd.serve", "the server did not start: %s",
          options->certificate ? "is the certificate PEM, and does the key belong to it?" : "out of memory or descriptors");
  return NULL;
}

void hl_httpd_close(struct hl_httpd *server) {
  if (!server) return;
  hl_exchanges_drop(server);
  MHD_stop_daemon(server->daemon);
  free(server);
}

/* Running. */

int hl_httpd_port(const struct hl_httpd *server) { return server->port; }

int hl_httpd_fd(const struct hl_httpd *server) {
  return MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->listen_fd;
}

void hl_httpd_run(struct hl_httpd *server) {
  cut_the_slow(server);
  MHD_run(server->daemon);
}

double hl_httpd_wait(struct hl_httpd *server) {
  MHD_UNSIGNED_LONG_LONG milliseconds;
  bool is_limited = MHD_get_timeout(server->daemon, &milliseconds) == MHD_YES;
  double wait = is_limited ? (double)milliseconds / 1000 : -1;
  struct connection *next = TAILQ_FIRST(&server->receiving);
  if (!next) return wait;
  double due = next->deadline - now();
  if (due < 0) due = 0;
  return is_limited && wait < due ? wait : due;
}

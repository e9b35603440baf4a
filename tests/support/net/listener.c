/* SPDX-License-Identifier: MIT
 *
 * Connections of one's own machine: those that come, and those that are made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

#define LISTENER "hilum.net.Listener"

static struct sockaddr_in loopback(lua_Integer port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int push_failure(lua_State *L, const char *op, lua_Integer port) {
  struct hl_error err;
  char where[32];
  snprintf(where, sizeof where, "port %d", (int)port);
  hl_fail_errno(&err, op, where);
  return hl_push_error(L, &err);
}

/* Connections. */

static struct net_socket *push_connection(lua_State *L, int fd) {
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  return net_push_socket(L, NET_CONNECTION, sizeof(struct net_socket), fd);
}

/* net.connect(port) -> Connection | nil, err */
int l_connect(lua_State *L) {
  lua_Integer port = luaL_checkinteger(L, 1);
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return push_failure(L, "net.connect", port);
  push_connection(L, fd);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return push_failure(L, "net.connect", port);
  ioctl(fd, FIONBIO, &(int){1});
  return 1;
}

/* Listeners. */

static bool step_accept(struct net_wait *wait) {
  wait->fd = accept4(wait->socket->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  wait->events = EPOLLIN;
  if (wait->fd >= 0) return true;
  return errno != EAGAIN && errno != ECONNABORTED && net_failed(wait);
}

static int push_accepted(lua_State *L, struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  if (wait->failed) return hl_push_error(L, &wait->err);
  SSL_CTX *context = wait->socket->context;
  struct net_socket *socket = push_connection(L, wait->fd);
  wait->fd = -1;
  if (!context) return 1;
  socket->ssl = SSL_new(context);
  if (!socket->ssl || !SSL_set_fd(socket->ssl, socket->watch.fd)) return luaL_error(L, "not enough memory");
  SSL_set_accept_state(socket->ssl);
  return 1;
}

static void destroy_accept(struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  if (wait->fd >= 0) close(wait->fd);
}

/* listener:accept() -> Connection, whose first read or write does the handshake of TLS */
static int l_accept(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "net.accept", .start = net_start, .cancel = net_cancel, .push = push_accepted, .destroy = destroy_accept};
  struct net_socket *socket = net_check_socket(L, LISTENER);
  lua_settop(L, 1);
  return hl_op_await(L, &net_new_wait(L, &cls, socket, NET_IN, step_accept)->op);
}

static int l_port(lua_State *L) {
  struct sockaddr_in address;
  getsockname(net_check_socket(L, LISTENER)->watch.fd, (struct sockaddr *)&address, &(socklen_t){sizeof address});
  lua_pushinteger(L, ntohs(address.sin_port));
  return 1;
}

static int l_close(lua_State *L) {
  net_close(luaL_checkudata(L, 1, LISTENER));
  return 0;
}

static void use_certificate(lua_State *L, struct net_socket *socket, const char *certificate, const char *key) {
  socket->context = SSL_CTX_new(TLS_server_method());
  if (!socket->context || SSL_CTX_use_certificate_chain_file(socket->context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(socket->context, key, SSL_FILETYPE_PEM) != 1)
    luaL_error(L, "net.listen: %s with %s: %s", certificate, key, ERR_error_string(ERR_get_error(), NULL));
  SSL_CTX_set_mode(socket->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* net.listen{port=0, backlog=128, certificate=path, key=path} -> Listener | nil, err */
int l_listen(lua_State *L) {
  static const char *const names[] = {"port", "backlog", "certificate", "key", NULL};
  lua_settop(L, 1);
  hl_check_options(L, 1, names);
  lua_Integer port = hl_opt_integer(L, 1, "port", 0, 0, 65535);
  int backlog = (int)hl_opt_integer(L, 1, "backlog", 128, 0, 4096);
  const char *certificate = hl_opt_string(L, 1, "certificate", NULL), *key = hl_opt_string(L, 1, "key", NULL);
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return push_failure(L, "net.listen", port);
  struct net_socket *socket = net_push_socket(L, LISTENER, sizeof *socket, fd);
  if (certificate && key) use_certificate(L, socket, certificate, key);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, backlog) != 0)
    return push_failure(L, "net.listen", port);
  return 1;
}

void net_new_listener_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"accept", l_accept}, {"port", l_port}, {"close", l_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_close}, {"__close", l_close}, {NULL, NULL}};
  hl_new_type(L, LISTENER, methods, meta);
}

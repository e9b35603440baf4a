/* SPDX-License-Identifier: MIT
 *
 * A connection: bytes in, bytes out, with TLS or without; also the output of a child, which is only read.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket.h"

enum { PIECE = 64 << 10, MOST_HEADERS = 64 << 20 };

/* How an attempt to move bytes ended: some moved, it has to wait for an event, or it is over: failed, or the stream is at its
 * end. */
enum outcome { MOVED, WAITS, OVER };

static enum outcome waits(struct net_wait *wait, uint32_t events) {
  wait->events = events;
  return WAITS;
}

static enum outcome failed(struct net_wait *wait, enum hl_kind kind, const char *code, const char *message) {
  wait->failed = true;
  hl_fail(&wait->err, kind, wait->op.cls->name, "%s", message);
  snprintf(wait->err.code, sizeof wait->err.code, "%s", code);
  return OVER;
}

static enum outcome ended(struct net_wait *wait) { return failed(wait, HL_NET, "EOF", "the other side has ended the stream"); }

static enum outcome failed_here(struct net_wait *wait) {
  net_failed(wait);
  return OVER;
}

static enum outcome plain_outcome(struct net_wait *wait, ssize_t count, uint32_t events) {
  if (count > 0) return MOVED;
  if (count == 0) return ended(wait);
  return errno == EAGAIN ? waits(wait, events) : failed_here(wait);
}

static enum outcome tls_outcome(struct net_wait *wait, int done) {
  char reason[160];
  if (done) return MOVED;
  switch (SSL_get_error(wait->socket->ssl, done)) {
  case SSL_ERROR_WANT_READ: return waits(wait, EPOLLIN);
  case SSL_ERROR_WANT_WRITE: return waits(wait, EPOLLOUT);
  case SSL_ERROR_ZERO_RETURN: return ended(wait);
  case SSL_ERROR_SYSCALL: return errno ? failed_here(wait) : ended(wait);
  }
  unsigned long error = ERR_get_error();
  ERR_error_string_n(error, reason, sizeof reason);
  return failed(wait, HL_TLS, ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? "EOF" : "TLS", reason);
}

static enum outcome receive(struct net_wait *wait, char *data, size_t size, size_t *got) {
  struct net_socket *socket = wait->socket;
  errno = 0;
  if (socket->ssl) return ERR_clear_error(), tls_outcome(wait, SSL_read_ex(socket->ssl, data, size, got));
  ssize_t count = read(socket->watch.fd, data, size);
  *got = (size_t)count;
  return plain_outcome(wait, count, EPOLLIN);
}

static enum outcome transmit(struct net_wait *wait, const char *data, size_t size, size_t *sent) {
  struct net_socket *socket = wait->socket;
  errno = 0;
  if (socket->ssl) return ERR_clear_error(), tls_outcome(wait, SSL_write_ex(socket->ssl, data, size, sent));
  ssize_t count = write(socket->watch.fd, data, size);
  *sent = (size_t)count;
  return plain_outcome(wait, count, EPOLLOUT);
}

/* Reading. */

/* Receives until there is enough. */
static bool fill(struct net_wait *wait, bool (*enough)(struct net_wait *wait)) {
  struct hl_buffer *in = &wait->socket->in;
  while (!enough(wait)) {
    size_t got;
    if (!hl_buffer_reserve(in, PIECE)) return errno = ENOMEM, net_failed(wait);
    enum outcome outcome = receive(wait, in->data + in->size, PIECE, &got);
    if (outcome != MOVED) return outcome == OVER;
    in->size += got;
  }
  return true;
}

static bool has_some(struct net_wait *wait) {
  size_t size = wait->socket->in.size;
  wait->done = size < wait->size ? size : wait->size;
  return size > 0;
}

static bool has_all(struct net_wait *wait) {
  wait->done = wait->size;
  return wait->socket->in.size >= wait->size;
}

/* done: where no terminator begins before. */
static bool has_terminator(struct net_wait *wait) {
  const struct hl_buffer *in = &wait->socket->in;
  const char *found = in->size ? memmem(in->data + wait->done, in->size - wait->done, wait->data, wait->size) : NULL;
  if (found)
    wait->done = (size_t)(found - in->data) + wait->size;
  else if (in->size > wait->limit)
    return failed(wait, HL_NET, "EMSGSIZE", "too much before the terminator"), true;
  else
    wait->done = in->size >= wait->size ? in->size - wait->size + 1 : 0;
  return found;
}

static bool step_read(struct net_wait *wait) { return fill(wait, has_some); }
static bool step_exactly(struct net_wait *wait) { return fill(wait, has_all); }
static bool step_upto(struct net_wait *wait) { return fill(wait, has_terminator); }

static int push_taken(lua_State *L, struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  if (wait->failed) return hl_push_error(L, &wait->err);
  struct hl_buffer *in = &wait->socket->in;
  lua_pushlstring(L, in->data, wait->done);
  in->size -= wait->done;
  if (in->size) memmove(in->data, in->data + wait->done, in->size);
  return 1;
}

/* connection:read([most]) -> what has come, at least a byte */
static int l_read(lua_State *L) {
  static const struct hl_op_class cls = {.name = "net.read", .start = net_start, .cancel = net_cancel, .push = push_taken};
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  lua_Integer most = luaL_optinteger(L, 2, PIECE);
  luaL_argcheck(L, most > 0, 2, "a positive number of bytes");
  lua_settop(L, 2);
  struct net_wait *wait = net_new_wait(L, &cls, socket, NET_IN, step_read);
  wait->size = (size_t)most;
  return hl_op_await(L, &wait->op);
}

/* connection:exactly(bytes) */
static int l_exactly(lua_State *L) {
  static const struct hl_op_class cls = {.name = "net.exactly", .start = net_start, .cancel = net_cancel, .push = push_taken};
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  lua_Integer bytes = luaL_checkinteger(L, 2);
  luaL_argcheck(L, bytes >= 0, 2, "a number of bytes");
  lua_settop(L, 2);
  struct net_wait *wait = net_new_wait(L, &cls, socket, NET_IN, step_exactly);
  wait->size = (size_t)bytes;
  return hl_op_await(L, &wait->op);
}

/* connection:upto(terminator[, limit]) -> bytes, the terminator their end */
static int l_upto(lua_State *L) {
  static const struct hl_op_class cls = {.name = "net.upto", .start = net_start, .cancel = net_cancel, .push = push_taken};
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  luaL_argcheck(L, *luaL_checkstring(L, 2), 2, "an empty terminator");
  lua_Integer limit = luaL_optinteger(L, 3, MOST_HEADERS);
  lua_settop(L, 3);
  struct net_wait *wait = net_new_wait(L, &cls, socket, NET_IN, step_upto);
  wait->data = lua_tolstring(L, 2, &wait->size);
  wait->limit = (size_t)limit;
  hl_op_pin(L, &wait->op, 2);
  return hl_op_await(L, &wait->op);
}

/* Writing. */

static bool step_write(struct net_wait *wait) {
  while (wait->done < wait->size) {
    size_t sent;
    enum outcome outcome = transmit(wait, wait->data + wait->done, wait->size - wait->done, &sent);
    if (outcome != MOVED) return outcome == OVER;
    wait->done += sent;
  }
  return true;
}

static int push_written(lua_State *L, struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  if (wait->failed) return hl_push_error(L, &wait->err);
  lua_pushboolean(L, true);
  return 1;
}

/* connection:write(data) -> true once the kernel has all of it */
static int l_write(lua_State *L) {
  static const struct hl_op_class cls = {.name = "net.write", .start = net_start, .cancel = net_cancel, .push = push_written};
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  luaL_checkstring(L, 2);
  lua_settop(L, 2);
  struct net_wait *wait = net_new_wait(L, &cls, socket, NET_OUT, step_write);
  wait->data = lua_tolstring(L, 2, &wait->size);
  hl_op_pin(L, &wait->op, 2);
  return hl_op_await(L, &wait->op);
}

/* Ending. */

static void say_goodbye(struct net_socket *socket) {
  if (socket->ssl && SSL_is_init_finished(socket->ssl)) SSL_shutdown(socket->ssl);
}

/* connection:shutdown(): no more will be written. */
static int l_shutdown(lua_State *L) {
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  say_goodbye(socket);
  shutdown(socket->watch.fd, SHUT_WR);
  return 0;
}

/* connection:cut(): the same, but with TLS as one would who wants to hide that there was more to come. */
static int l_cut(lua_State *L) {
  shutdown(net_check_socket(L, NET_CONNECTION)->watch.fd, SHUT_WR);
  return 0;
}

/* connection:reset(): the other side gets a RST, and loses what it has not read. */
static int l_reset(lua_State *L) {
  struct net_socket *socket = net_check_socket(L, NET_CONNECTION);
  setsockopt(socket->watch.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
  net_close(socket);
  return 0;
}

static int l_close(lua_State *L) {
  struct net_socket *socket = luaL_checkudata(L, 1, NET_CONNECTION);
  say_goodbye(socket);
  net_close(socket);
  return 0;
}

void net_new_connection_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", l_read},   {"exactly", l_exactly},   {"upto", l_upto},
                                     {"write", l_write}, {"shutdown", l_shutdown}, {"cut", l_cut},
                                     {"reset", l_reset}, {"close", l_close},       {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_close}, {"__close", l_close}, {NULL, NULL}};
  hl_new_type(L, NET_CONNECTION, methods, meta);
}

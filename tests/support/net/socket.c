/* SPDX-License-Identifier: MIT */
#include "socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What the socket is watched for: all that its operations wait for. */
static bool arm(struct net_socket *socket) {
  uint32_t events = 0;
  for (int side = NET_IN; side <= NET_OUT; side++)
    if (socket->ops[side]) events |= socket->ops[side]->events;
  if (events) return hl_watch_set(socket->loop, &socket->watch, events);
  hl_watch_remove(socket->loop, &socket->watch);
  return true;
}

static void ready(struct hl_watch *watch, uint32_t events) {
  struct net_socket *socket = (struct net_socket *)watch;
  (void)events;
  for (int side = NET_IN; side <= NET_OUT; side++) {
    struct net_wait *wait = socket->ops[side];
    if (!wait || !wait->step(wait)) continue;
    socket->ops[side] = NULL;
    hl_op_complete(&wait->op);
  }
  arm(socket);
}

struct net_socket *net_push_socket(lua_State *L, const char *type, size_t size, int fd) {
  struct net_socket *socket = hl_new_object(L, type, size);
  socket->watch = (struct hl_watch){.fd = fd, .ready = ready};
  socket->loop = hl_loop_of(L);
  return socket;
}

struct net_socket *net_check_socket(lua_State *L, const char *type) {
  struct net_socket *socket = luaL_checkudata(L, 1, type);
  luaL_argcheck(L, socket->watch.fd >= 0, 1, "it is closed");
  return socket;
}

struct net_wait *net_new_wait(lua_State *L, const struct hl_op_class *cls, struct net_socket *socket, enum net_side side,
                              bool (*step)(struct net_wait *wait)) {
  if (socket->ops[side]) luaL_error(L, "%s: another task waits for the same", cls->name);
  struct net_wait *wait = hl_op_new(L, cls, sizeof *wait);
  wait->socket = socket;
  wait->side = side;
  wait->step = step;
  wait->fd = -1;
  hl_op_pin(L, &wait->op, 1);
  return wait;
}

void net_start(struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  struct net_socket *socket = wait->socket;
  socket->ops[wait->side] = wait;
  if (!wait->step(wait) && (arm(socket) || !net_failed(wait))) return;
  socket->ops[wait->side] = NULL;
  hl_op_complete(op);
}

void net_cancel(struct hl_op *op) {
  struct net_wait *wait = (struct net_wait *)op;
  wait->socket->ops[wait->side] = NULL;
  arm(wait->socket);
}

bool net_failed(struct net_wait *wait) {
  int cause = errno;
  wait->failed = true;
  hl_fail(&wait->err, HL_NET, wait->op.cls->name, "%s", strerror(cause));
  snprintf(wait->err.code, sizeof wait->err.code, "%s", strerrorname_np(cause));
  return true;
}

void net_close(struct net_socket *socket) {
  if (!socket->loop || socket->watch.fd < 0) return;
  hl_watch_remove(socket->loop, &socket->watch);
  close(socket->watch.fd);
  socket->watch.fd = -1;
  SSL_free(socket->ssl);
  SSL_CTX_free(socket->context);
  socket->ssl = NULL;
  socket->context = NULL;
  hl_buffer_free(&socket->in);
  for (int side = NET_IN; side <= NET_OUT; side++) {
    struct net_wait *wait = socket->ops[side];
    socket->ops[side] = NULL;
    if (!wait) continue;
    errno = EBADF;
    net_failed(wait);
    hl_op_complete(&wait->op);
  }
}

/* SPDX-License-Identifier: MIT
 *
 * hilum.net, for the tests: sockets and child processes as operations of the loop. What a server of the real world may do to a
 * client, a script can do with these, to the byte.
 */
#ifndef HILUM_TESTS_NET_SOCKET_H
#define HILUM_TESTS_NET_SOCKET_H

#include <openssl/ssl.h>

#include "core/bind.h"
#include "core/buffer.h"
#include "task/loop.h"
#include "task/op.h"

enum net_side { NET_IN, NET_OUT };

/* A descriptor: of a connection, a listener, the output of a child, a child. Lua's. */
struct net_socket {
  struct hl_watch watch; /* fd < 0: closed */
  struct hl_loop *loop;
  SSL *ssl;                /* of a connection with TLS; the handshake is part of its first read or write */
  SSL_CTX *context;        /* of a listener with TLS */
  struct hl_buffer in;     /* received, not taken yet */
  struct net_wait *ops[2]; /* those that wait, one a side */
};

/* An operation on a socket. */
struct net_wait {
  struct hl_op op;
  struct net_socket *socket; /* pinned */
  enum net_side side;
  bool (*step)(struct net_wait *wait); /* as far as it goes without waiting; true: done, or failed */
  uint32_t events;                     /* what step waits for */
  bool failed;
  struct hl_error err;
  const char *data; /* to be written, or what the bytes to be read end with; pinned */
  size_t size;      /* of data, or how much to read */
  size_t limit;     /* of bytes to be read up to data */
  size_t done;      /* bytes written, or searched, or to be taken */
  int fd;           /* accepted */
};

/* An object of that type with this descriptor, which becomes its own, or stays the caller's if this raises; size: of the struct
 * that begins with the socket. [-0, +1, m] */
struct net_socket *net_push_socket(lua_State *L, const char *type, size_t size, int fd);

/* The open socket at index 1. [-0, +0, e] */
struct net_socket *net_check_socket(lua_State *L, const char *type);

/* An operation on the socket at index 1. [-0, +1, e] */
struct net_wait *net_new_wait(lua_State *L, const struct hl_op_class *cls, struct net_socket *socket, enum net_side side,
                              bool (*step)(struct net_wait *wait));

/* For the class of such an operation. */
void net_start(struct hl_op *op);
void net_cancel(struct hl_op *op);

/* In a step: the operation has failed, for the reason in errno; true. */
bool net_failed(struct net_wait *wait);

/* Closes it; what waits for it fails. Idempotent. */
void net_close(struct net_socket *socket);

/* connection.c */
#define NET_CONNECTION "hilum.net.Connection"
void net_new_connection_type(lua_State *L);

/* listener.c */
void net_new_listener_type(lua_State *L);
int l_listen(lua_State *L);
int l_connect(lua_State *L);

/* process.c */
void net_new_process_type(lua_State *L);
int l_spawn(lua_State *L);

#endif

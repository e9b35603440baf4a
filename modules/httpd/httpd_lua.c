/* SPDX-License-Identifier: MIT
 *
 * hilum.httpd: joins servers to the loop, and gives their requests to Lua. httpd.lua makes a task of each.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bind.h"
#include "core/file.h"
#include "httpd/httpd.h"
#include "task/loop.h"
#include "task/op.h"

#define SERVER "hilum.httpd.Server"
#define EXCHANGE "hilum.httpd.Exchange"
#define MAX_PEM (1 << 20)

struct server {
  struct hl_httpd *httpd; /* NULL when closed */
  struct hl_loop *loop;
  struct hl_watch watch;
  struct hl_timer timer;
  struct hl_op *accepting;
  char host[64];
  int port;
  bool is_tls;
};

/* Its user value is the server. */
struct exchange {
  struct server *server;
  struct hl_exchange *exchange; /* NULL when dropped */
  struct hl_reply reply;        /* being made */
};

/* The loop. */

static void run(struct server *server) {
  hl_httpd_run(server->httpd);
  double wait = hl_httpd_wait(server->httpd);
  if (wait < 0)
    hl_timer_stop(server->loop, &server->timer);
  else
    hl_timer_start(server->loop, &server->timer, wait);
  struct hl_op *op = server->accepting;
  if (!op || !hl_httpd_has_next(server->httpd)) return;
  server->accepting = NULL;
  hl_op_complete(op);
}

static void on_ready(struct hl_watch *watch, uint32_t events) {
  (void)events;
  run((struct server *)((char *)watch - offsetof(struct server, watch)));
}

/* An exchange has been answered or dropped: MHD looks for that when it runs. */
static void run_soon(struct server *server) {
  if (server->httpd) hl_timer_start(server->loop, &server->timer, 0);
}

static void on_due(struct hl_timer *timer) { run((struct server *)((char *)timer - offsetof(struct server, timer))); }

/* Server. */

static struct server *check_server(lua_State *L) { return luaL_checkudata(L, 1, SERVER); }

static int l_server_close(lua_State *L) {
  struct server *server = check_server(L);
  if (!server->httpd) return 0;
  hl_timer_stop(server->loop, &server->timer);
  hl_watch_remove(server->loop, &server->watch);
  hl_httpd_close(server->httpd);
  server->httpd = NULL;
  if (server->accepting) hl_op_complete(server->accepting);
  server->accepting = NULL;
  return 0;
}

static int l_server_port(lua_State *L) {
  lua_pushinteger(L, check_server(L)->port);
  return 1;
}

static int l_server_url(lua_State *L) {
  const struct server *server = check_server(L);
  bool is_v6 = strchr(server->host, ':') != NULL;
  lua_pushfstring(L, "%s://%s%s%s:%d", server->is_tls ? "https" : "http", is_v6 ? "[" : "", server->host, is_v6 ? "]" : "",
                  server->port);
  return 1;
}

/* The option `tls`, {certificate = path, key = path}: the text of both files, which stays at the top of the stack. */
static bool read_tls(lua_State *L, struct hl_httpd_options *options, struct hl_error *err) {
  static const char *const names[] = {"certificate", "key", NULL};
  if (lua_getfield(L, 1, "tls") == LUA_TNIL) return true;
  int tls = lua_gettop(L);
  hl_check_options(L, tls, names);
  for (int i = 0; i < 2; i++) {
    const char *path = hl_opt_string(L, tls, names[i], NULL);
    if (!path) luaL_argerror(L, 1, "option 'tls': certificate and key are needed");
    uint8_t *data;
    size_t size;
    if (!hl_read_file("httpd.serve", path, MAX_PEM, &data, &size, err)) return false;
    char *text = lua_newuserdatauv(L, size + 1, 0);
    memcpy(text, data, size);
    text[size] = 0;
    free(data);
    *(i ? &options->key : &options->certificate) = text;
  }
  return true;
}

static int l_accept(lua_State *L);

/* Returns the server and what takes its requests. */
static int l_listen(lua_State *L) {
  static const char *const names[] = {"host", "port", "max_body", "connections", "timeout", "tls", NULL};
  hl_check_options(L, 1, names);
  struct hl_httpd_options options = {
      .host = hl_opt_string(L, 1, "host", "127.0.0.1"),
      .port = (int)hl_opt_integer(L, 1, "port", 0, 0, 65535),
      .max_body = (size_t)hl_opt_integer(L, 1, "max_body", 16 << 20, 0, INT32_MAX),
      .connections = (unsigned)hl_opt_integer(L, 1, "connections", 1000, 1, 100000),
      .timeout = (unsigned)hl_opt_integer(L, 1, "timeout", 30, 1, 3600),
  };
  struct hl_error err;
  if (!read_tls(L, &options, &err)) return hl_push_error(L, &err);
  struct server *server = hl_new_object(L, SERVER, sizeof *server);
  server->httpd = hl_httpd_open(&options, &err);
  if (!server->httpd) return hl_push_error(L, &err);
  server->loop = hl_loop_of(L);
  server->port = hl_httpd_port(server->httpd);
  server->is_tls = options.certificate != NULL;
  strncpy(server->host, options.host, sizeof server->host - 1);
  server->timer.fire = on_due;
  server->watch = (struct hl_watch){.fd = hl_httpd_fd(server->httpd), .ready = on_ready};
  if (!hl_watch_set(server->loop, &server->watch, EPOLLIN)) return luaL_error(L, "the loop takes no more descriptors");
  lua_pushcfunction(L, l_accept);
  return 2;
}

/* Taking a request. */

/* The table at the top of the stack gets a header; one that is repeated becomes one, as RFC 9110 5.3 has it. */
static void add_header(void *context, const char *name, const char *value) {
  lua_State *L = context;
  luaL_Buffer lower;
  size_t size = strlen(name);
  char *text = luaL_buffinitsize(L, &lower, size);
  for (size_t i = 0; i < size; i++) text[i] = (char)tolower((unsigned char)name[i]);
  luaL_pushresultsize(&lower, size);
  lua_pushvalue(L, -1);
  if (lua_gettable(L, -3) == LUA_TSTRING)
    lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
  else
    lua_pushstring(L, value);
  lua_remove(L, -2);
  lua_settable(L, -3);
}

static void push_decoded(lua_State *L, const char *text, size_t size, bool plus_is_space) {
  luaL_Buffer buffer;
  char *copy = luaL_buffinitsize(L, &buffer, size);
  memcpy(copy, text, size);
  luaL_pushresultsize(&buffer, hl_percent_decode(copy, size, plus_is_space));
}

/* Text as "name=value" becomes the next item of parameters, {name, value}, and query[name] if that is the first of its name. */
static void add_parameter(lua_State *L, int query, int parameters, const char *text, size_t size) {
  const char *equals = memchr(text, '=', size);
  size_t name = equals ? (size_t)(equals - text) : size, value = equals ? name + 1 : size;
  lua_createtable(L, 2, 0);
  push_decoded(L, text, name, true);
  push_decoded(L, text + value, size - value, true);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, query) == LUA_TNIL) {
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_rawset(L, query);
  }
  lua_pop(L, 1);
  lua_rawseti(L, -3, 2);
  lua_rawseti(L, -2, 1);
  lua_rawseti(L, parameters, (lua_Integer)lua_rawlen(L, parameters) + 1);
}

/* Pushes query and parameters. */
static void push_query(lua_State *L, const char *text) {
  lua_newtable(L);
  lua_newtable(L);
  int parameters = lua_gettop(L);
  while (text && *text) {
    size_t size = strcspn(text, "&");
    if (size) add_parameter(L, parameters - 1, parameters, text, size);
    text += size + (text[size] == '&');
  }
}

static void push_target(lua_State *L, const char *target) {
  size_t path = strcspn(target, "?");
  const char *query = target[path] ? target + path + 1 : NULL;
  lua_pushlstring(L, target, path);
  lua_setfield(L, -2, "raw_path");
  push_decoded(L, target, path, false);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, query);
  lua_setfield(L, -2, "raw_query");
  push_query(L, query);
  lua_setfield(L, -3, "parameters");
  lua_setfield(L, -2, "query");
}

static void push_request(lua_State *L, const struct hl_exchange *exchange) {
  size_t size;
  const char *body = hl_exchange_body(exchange, &size);
  lua_createtable(L, 0, 8);
  lua_pushstring(L, hl_exchange_method(exchange));
  lua_setfield(L, -2, "method");
  lua_pushstring(L, hl_exchange_version(exchange));
  lua_setfield(L, -2, "version");
  push_target(L, hl_exchange_target(exchange));
  lua_newtable(L);
  hl_exchange_headers(exchange, add_header, L);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, size ? body : "", size);
  lua_setfield(L, -2, "body");
}

struct accept {
  struct hl_op op;
  struct server *server;
};

static void start_accept(struct hl_op *op) {
  struct server *server = ((struct accept *)op)->server;
  if (!server->httpd || hl_httpd_has_next(server->httpd))
    hl_op_complete(op);
  else
    server->accepting = op;
}

static void cancel_accept(struct hl_op *op) { ((struct accept *)op)->server->accepting = NULL; }

static int push_accepted(lua_State *L, struct hl_op *op) {
  struct server *server = ((struct accept *)op)->server;
  if (!server->httpd) return 0;
  luaL_checkstack(L, 16, "too many values");
  struct exchange *exchange = hl_new_object(L, EXCHANGE, sizeof *exchange);
  exchange->server = server;
  exchange->exchange = hl_httpd_next(server->httpd);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  push_request(L, exchange->exchange);
  return 2;
}

/* accept(server): the next exchange and its request; nothing once the server is closed. */
static int l_accept(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "httpd.accept", .start = start_accept, .cancel = cancel_accept, .push = push_accepted};
  struct server *server = check_server(L);
  lua_settop(L, 1);
  struct accept *accept = hl_op_new(L, &cls, sizeof *accept);
  accept->server = server;
  hl_op_pin(L, &accept->op, 1);
  return hl_op_await(L, &accept->op);
}

/* Answering. */

static struct exchange *check_exchange(lua_State *L) { return luaL_checkudata(L, 1, EXCHANGE); }

static int l_exchange_drop(lua_State *L) {
  struct exchange *exchange = check_exchange(L);
  hl_reply_free(&exchange->reply);
  if (!exchange->exchange) return 0;
  hl_exchange_release(exchange->exchange);
  exchange->exchange = NULL;
  run_soon(exchange->server);
  return 0;
}

/* {file = path, offset =, length =} at the top of the stack. */
static bool take_file(lua_State *L, struct hl_reply *reply, struct hl_error *err) {
  static const char *const names[] = {"file", "offset", "length", NULL};
  int body = lua_gettop(L);
  hl_check_options(L, body, names);
  const char *path = hl_opt_string(L, body, "file", "");
  lua_Integer offset = hl_opt_integer(L, body, "offset", 0, 0, LUA_MAXINTEGER);
  lua_Integer length = hl_opt_integer(L, body, "length", LUA_MAXINTEGER, 0, LUA_MAXINTEGER);
  struct stat stat;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return hl_fail_errno(err, "httpd.serve", path);
  if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
    if (offset > stat.st_size) offset = stat.st_size;
    if (length > stat.st_size - offset) length = stat.st_size - offset;
    if (hl_reply_file(reply, fd, (uint64_t)offset, (uint64_t)length)) return true;
  }
  close(fd);
  return hl_fail(err, HL_IO, "httpd.serve", "%s cannot be sent: no regular file, or no memory", path);
}

static bool take_body(lua_State *L, struct hl_reply *reply, struct hl_error *err) {
  size_t size = 0;
  int type = lua_getfield(L, 2, "body");
  if (type == LUA_TTABLE) return take_file(L, reply, err);
  const char *bytes = type == LUA_TSTRING ? lua_tolstring(L, -1, &size) : "";
  if (type != LUA_TSTRING && type != LUA_TNIL)
    luaL_error(L, "body: string or {file = path} expected, got %s", luaL_typename(L, -1));
  return hl_reply_bytes(reply, bytes, size) || hl_fail(err, HL_IO, "httpd.serve", "not enough memory for the answer");
}

/* The header's name and a value at the top of the stack, which it pops. */
static void take_header(lua_State *L, struct hl_reply *reply, const char *name) {
  size_t size;
  const char *value = lua_tolstring(L, -1, &size);
  if (!value || strlen(value) != size || !hl_reply_header(reply, name, value))
    luaL_error(L, "header '%s': not one that can be sent", name);
  lua_pop(L, 1);
}

static void take_headers(lua_State *L, struct hl_reply *reply) {
  if (lua_getfield(L, 2, "headers") == LUA_TNIL) return;
  luaL_checktype(L, -1, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, -2);) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (!lua_istable(L, -1)) {
      take_header(L, reply, name);
      continue;
    }
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) take_header(L, reply, name);
    lua_pop(L, 2);
  }
}

/* answer(exchange, {status=, headers=, body=}): true, or nil and an error. */
static int l_answer(lua_State *L) {
  static const char *const names[] = {"status", "headers", "body", NULL};
  struct exchange *exchange = check_exchange(L);
  struct hl_error err;
  luaL_checktype(L, 2, LUA_TTABLE);
  hl_check_options(L, 2, names);
  hl_reply_free(&exchange->reply);
  exchange->reply.status = (unsigned)hl_opt_integer(L, 2, "status", 200, 200, 599);
  if (!take_body(L, &exchange->reply, &err)) return hl_push_error(L, &err);
  take_headers(L, &exchange->reply);
  if (exchange->exchange && hl_exchange_answer(exchange->exchange, &exchange->reply)) run_soon(exchange->server);
  lua_pushboolean(L, true);
  return 1;
}

HL_MODULE int luaopen_hilum_httpd(lua_State *L);

int luaopen_hilum_httpd(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", l_server_close}, {"port", l_server_port}, {"url", l_server_url}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_server_close}, {"__close", l_server_close}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  static const luaL_Reg exchange_meta[] = {{"__gc", l_exchange_drop}, {"__close", l_exchange_drop}, {NULL, NULL}};
  hl_new_type(L, SERVER, methods, meta);
  hl_new_type(L, EXCHANGE, no_methods, exchange_meta);
  lua_newtable(L);
  hl_load_embedded(L, "modules.httpd.httpd"); /* what is better said in Lua */
  lua_pushvalue(L, -2);
  luaL_getmetatable(L, SERVER);
  lua_getfield(L, -1, "__index");
  lua_remove(L, -2);
  lua_pushcfunction(L, l_listen);
  lua_pushcfunction(L, l_answer);
  lua_call(L, 4, 0);
  return 1;
}

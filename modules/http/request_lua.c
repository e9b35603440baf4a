/* SPDX-License-Identifier: MIT
 *
 * http.request.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http_lua.h"
#include "task/op.h"

enum { LIMIT = 64 << 20 };

struct request_op {
  struct hl_op op;
  struct hl_http_client *client;
  struct hl_http_exchange exchange;
  struct hl_http_sink pipe; /* when the answer goes to one */
  char *url;
};

static struct request_op *request_of(struct hl_http_exchange *exchange) {
  return (struct request_op *)((char *)exchange - offsetof(struct request_op, exchange));
}

static void end_request(struct hl_http_exchange *exchange) { hl_op_complete(&request_of(exchange)->op); }

static void start_request(struct hl_op *op) {
  struct request_op *self = (struct request_op *)op;
  hl_http_start(self->client, &self->exchange);
}

static void cancel_request(struct hl_op *op) { hl_http_cancel(&((struct request_op *)op)->exchange); }

static void destroy_request(struct hl_op *op) {
  struct request_op *self = (struct request_op *)op;
  curl_slist_free_all(self->exchange.headers);
  hl_http_body_release(self->exchange.body);
  hl_http_exchange_free(&self->exchange);
  free(self->url);
}

/* Options. */

static void read_url(lua_State *L, struct request_op *self) {
  const char *url = hl_opt_string(L, 1, "url", NULL);
  luaL_argcheck(L, url, 1, "option 'url' is missing");
  for (const char *c = url; *c; c++) luaL_argcheck(L, *c > ' ' && *c < 0x7f, 1, "option 'url': not percent-encoded");
  self->url = strdup(url);
  if (!self->url) luaL_error(L, "not enough memory");
  self->exchange.url = self->url;
}

static void add_header(lua_State *L, struct hl_http_exchange *exchange, const char *line) {
  struct curl_slist *longer = curl_slist_append(exchange->headers, line);
  if (!longer) luaL_error(L, "not enough memory");
  exchange->headers = longer;
}

static bool is_ours(const char *name) {
  static const char *const ours[] = {"content-length", "transfer-encoding", "expect", "connection"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strcasecmp(name, ours[i]) == 0) return true;
  return false;
}

/* The name is below the value, which is on the top. A line break in either would be another header. */
static void read_header(lua_State *L, struct hl_http_exchange *exchange) {
  size_t name_size, value_size;
  if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
    luaL_argerror(L, 1, "option 'headers': names and values must be strings");
  const char *name = lua_tolstring(L, -2, &name_size), *value = lua_tolstring(L, -1, &value_size);
  if (!name_size || strcspn(name, ":;\r\n \t") != name_size || strcspn(value, "\r\n") != value_size)
    luaL_argerror(L, 1, "option 'headers': a name or value that cannot be sent");
  if (is_ours(name)) luaL_argerror(L, 1, lua_pushfstring(L, "option 'headers': %s is http's to set", name));
  if (strcasecmp(name, "range") == 0) exchange->ranged = true;
  add_header(L, exchange, lua_pushfstring(L, *value ? "%s: %s" : "%s;", name, value));
  lua_pop(L, 1);
}

static void read_headers(lua_State *L, struct hl_http_exchange *exchange) {
  add_header(L, exchange, "Expect:");
  add_header(L, exchange, "Accept:");
  if (lua_getfield(L, 1, "headers") != LUA_TNIL) {
    if (!lua_istable(L, -1)) luaL_argerror(L, 1, "option 'headers': table expected");
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) read_header(L, exchange);
  }
  lua_pop(L, 1);
}

/* A method that sends something sends an empty body if it is given none. */
static void read_body(lua_State *L, struct request_op *self) {
  const char *method = self->exchange.method;
  if (lua_getfield(L, 1, "body") == LUA_TNIL && (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0)) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  }
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING && !hl_http_test_body(L, -1))
      luaL_argerror(L, 1, "option 'body': string or Body expected");
    hl_http_take_body(L, -1, &self->exchange.body);
    hl_op_pin(L, &self->op, -1);
  }
  lua_pop(L, 1);
}

/* The value is on the top of the stack. */
static struct hl_http_sink *check_sink(lua_State *L, struct request_op *self) {
  struct hl_pipe *pipe = luaL_testudata(L, -1, HL_PIPE);
  struct hl_http_sink *sink = pipe ? &self->pipe : luaL_testudata(L, -1, HL_HTTP_SINK);
  if (!sink) luaL_argerror(L, 1, lua_pushfstring(L, "option 'to': Sink or Pipe expected, got %s", luaL_typename(L, -1)));
  if (pipe) *sink = (struct hl_http_sink){.kind = HL_HTTP_TO_PIPE, .pipe = pipe};
  luaL_argcheck(L, sink->kind != HL_HTTP_NOWHERE, 1, "option 'to': sink is closed");
  luaL_argcheck(L, !hl_http_sink_is_busy(sink), 1, "option 'to': somebody else is writing there");
  return sink;
}

static void read_sink(lua_State *L, struct request_op *self) {
  if (lua_getfield(L, 1, "to") != LUA_TNIL) {
    self->exchange.to = check_sink(L, self);
    hl_op_pin(L, &self->op, -1);
  }
  lua_pop(L, 1);
}

static double read_seconds(lua_State *L, const char *name, double fallback) {
  double seconds = hl_opt_number(L, 1, name, fallback);
  if (!(seconds > 0 && seconds <= 86400))
    luaL_argerror(L, 1, lua_pushfstring(L, "option '%s': more than 0 and at most 86400 seconds expected", name));
  return seconds;
}

static const char *default_bundle(void) {
  const char *path = getenv("AWS_CA_BUNDLE");
  return path && *path ? path : NULL;
}

static const char *read_method(lua_State *L) {
  const char *method = hl_opt_string(L, 1, "method", "GET");
  size_t capitals = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  luaL_argcheck(L, capitals && !method[capitals], 1, "option 'method': capital letters expected");
  return method;
}

static void read_options(lua_State *L, struct request_op *self) {
  struct hl_http_exchange *exchange = &self->exchange;
  exchange->method = read_method(L);
  exchange->limit = (uint64_t)hl_opt_integer(L, 1, "limit", LIMIT, 0, LUA_MAXINTEGER);
  exchange->http2 = hl_opt_bool(L, 1, "http2", true);
  exchange->direct = hl_opt_bool(L, 1, "direct", false);
  exchange->ca = hl_opt_string(L, 1, "ca", default_bundle());
  exchange->connect_timeout = read_seconds(L, "connect_timeout", 10);
  exchange->first_byte_timeout = read_seconds(L, "first_byte_timeout", 60);
  exchange->stall_timeout = read_seconds(L, "stall_timeout", 60);
  lua_getfield(L, 1, "digest");
  exchange->digests = hl_http_check_digests(L, -1);
  lua_pop(L, 1);
}

/* The answer. */

/* Sets table[name], to which the value is joined if it is there. */
static void push_header(lua_State *L, struct hl_slice name, struct hl_slice value) {
  lua_pushlstring(L, name.data, name.size);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, -3) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushlstring(L, value.data, value.size);
  } else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, value.data, value.size);
    lua_concat(L, 3);
  }
  lua_rawset(L, -3);
}

static void push_headers(lua_State *L, const struct hl_http_headers *headers) {
  struct hl_slice name, value;
  lua_createtable(L, 0, (int)headers->all_lines);
  for (size_t at = 0; hl_http_headers_next(headers, &at, &name, &value);) push_header(L, name, value);
}

static int push_response(lua_State *L, struct hl_op *op) {
  const struct hl_http_exchange *exchange = &((struct request_op *)op)->exchange;
  if (exchange->err.kind != HL_OK) return hl_push_error(L, &exchange->err);
  lua_createtable(L, 0, 7);
  lua_pushinteger(L, exchange->answer.status);
  lua_setfield(L, -2, "status");
  push_headers(L, &exchange->answer.headers);
  lua_setfield(L, -2, "headers");
  if (!exchange->to_sink) {
    lua_pushlstring(L, exchange->answer.body.data, exchange->answer.body.size);
    lua_setfield(L, -2, "body");
  }
  lua_pushinteger(L, (lua_Integer)exchange->answer.size);
  lua_setfield(L, -2, "size");
  if (exchange->digests) {
    hl_http_push_digests(L, &exchange->answer.digests);
    lua_setfield(L, -2, "digests");
  }
  lua_pushstring(L, exchange->answer.http2 ? "2" : "1.1");
  lua_setfield(L, -2, "version");
  lua_pushboolean(L, exchange->answer.connected);
  lua_setfield(L, -2, "connected");
  return 1;
}

int l_request(lua_State *L) {
  static const char *const names[] = {
      "url",           "method",   "headers", "body",   "to", "limit", "digest", "ca", "connect_timeout", "first_byte_timeout",
      "stall_timeout", "progress", "http2",   "direct", NULL};
  static const struct hl_op_class cls = {.name = "http.request",
                                         .start = start_request,
                                         .cancel = cancel_request,
                                         .push = push_response,
                                         .destroy = destroy_request};
  luaL_checktype(L, 1, LUA_TTABLE);
  hl_check_options(L, 1, names);
  lua_settop(L, 1);
  struct request_op *self = hl_op_new(L, &cls, sizeof *self);
  self->client = hl_http_get_client(L);
  self->exchange.ended = end_request;
  read_url(L, self);
  read_options(L, self);
  read_headers(L, &self->exchange);
  read_body(L, self);
  read_sink(L, self);
  hl_op_progress(L, &self->op, 1);
  self->exchange.progress = self->op.progress;
  return hl_op_await(L, &self->op);
}

/* SPDX-License-Identifier: MIT */
#include "core/bind.h"
#include "sigv4/sigv4.h"
#include "sigv4/text.h"

static struct hl_slice to_slice(lua_State *L, int index) {
  struct hl_slice s;
  s.data = lua_tolstring(L, index, &s.size);
  return s;
}

static struct hl_slice check_slice(lua_State *L, int index) {
  struct hl_slice s;
  s.data = luaL_checklstring(L, index, &s.size);
  return s;
}

static void push_slice(lua_State *L, struct hl_slice s) { lua_pushlstring(L, s.data, s.size); }

/* What the functions that sign are called with: a table, read in one pass. The texts are the table's. */

struct call {
  struct hl_sigv4_request request;
  struct hl_slice scheme;
  lua_Integer expires;
  bool has_body;
  char body_hash[HL_SIGV4_HEX];
  struct hl_sigv4_header headers[HL_SIGV4_HEADERS];
};

enum what { TEXT, HEADERS, BODY, TIME, EXPIRES };

static const struct option {
  const char *name;
  enum what what;
  size_t offset; /* of the text in a call */
  bool of_link;  /* presign alone knows it */
} options[] = {
    {"method", TEXT, offsetof(struct call, request.method), false},
    {"host", TEXT, offsetof(struct call, request.host), false},
    {"path", TEXT, offsetof(struct call, request.path), false},
    {"headers", HEADERS, 0, false},
    {"payload", TEXT, offsetof(struct call, request.payload), false},
    {"query", TEXT, offsetof(struct call, request.query), false},
    {"body", BODY, 0, false},
    {"time", TIME, 0, false},
    {"expires", EXPIRES, 0, true},
    {"scheme", TEXT, offsetof(struct call, scheme), true},
    {NULL, TEXT, 0, false},
};

static const struct option *find_option(const char *name, bool link) {
  const struct option *option = options;
  while (option->name && strcmp(option->name, name) != 0) option++;
  return option->name && (link || !option->of_link) ? option : NULL;
}

static void check_type(lua_State *L, const char *name, int type) {
  if (lua_type(L, -1) != type)
    luaL_argerror(L, 2,
                  lua_pushfstring(L, "option '%s': %s expected, got %s", name, lua_typename(L, type), luaL_typename(L, -1)));
}

static void read_headers(lua_State *L, struct call *call) {
  size_t count = 0;
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
      luaL_argerror(L, 2, "option 'headers': names and values must be strings");
    if (count == HL_SIGV4_HEADERS) luaL_argerror(L, 2, "option 'headers': too many");
    call->headers[count++] = (struct hl_sigv4_header){to_slice(L, -2), to_slice(L, -1)};
  }
  call->request.headers = call->headers;
  call->request.header_count = count;
}

static void hash_body(lua_State *L, struct call *call) {
  struct hl_slice body = to_slice(L, -1);
  struct hl_text text = hl_text(call->body_hash, sizeof call->body_hash);
  uint8_t digest[HL_SHA256_SIZE];
  hl_sha256(body.data, body.size, digest);
  hl_put_hex(&text, digest);
  call->has_body = true;
}

static lua_Integer read_integer(lua_State *L, const char *name, lua_Integer max) {
  check_type(L, name, LUA_TNUMBER);
  int is_integer;
  lua_Integer value = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer || value < 1 || value > max)
    luaL_argerror(L, 2, lua_pushfstring(L, "option '%s': an integer in 1..%I expected", name, (LUAI_UACINT)max));
  return value;
}

/* The value is on the top of the stack. */
static void read_option(lua_State *L, struct call *call, const struct option *option) {
  switch (option->what) {
  case TEXT:
    check_type(L, option->name, LUA_TSTRING);
    *(struct hl_slice *)((char *)call + option->offset) = to_slice(L, -1);
    break;
  case HEADERS:
    check_type(L, option->name, LUA_TTABLE);
    read_headers(L, call);
    break;
  case BODY:
    check_type(L, option->name, LUA_TSTRING);
    hash_body(L, call);
    break;
  case TIME: call->request.time = read_integer(L, option->name, HL_DATE_LAST); break;
  case EXPIRES: call->expires = read_integer(L, option->name, HL_SIGV4_EXPIRES); break;
  }
}

static bool is_hash(struct hl_slice s) { return s.size == HL_SIGV4_HEX && strspn(s.data, "0123456789abcdef") == HL_SIGV4_HEX; }

static bool streams(struct hl_slice payload) {
  return hl_slice_is(payload, HL_SLICE("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) ||
         hl_slice_is(payload, HL_SLICE("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"));
}

static void check_payload(lua_State *L, struct call *call) {
  struct hl_slice payload = call->request.payload;
  if (call->has_body) {
    luaL_argcheck(L, !payload.data, 2, "option 'payload': there is a body to hash");
    call->request.payload = (struct hl_slice){call->body_hash, sizeof call->body_hash};
    return;
  }
  luaL_argcheck(L,
                !payload.data || is_hash(payload) || streams(payload) || hl_slice_is(payload, HL_SLICE("UNSIGNED-PAYLOAD")) ||
                    hl_slice_is(payload, HL_SLICE("STREAMING-UNSIGNED-PAYLOAD-TRAILER")),
                2, "option 'payload': 64 lower-case hexadecimal digits, UNSIGNED-PAYLOAD or STREAMING-… expected");
}

/* Fills what comes before the headers, which read_headers fills as far as they go. */
static void read_call(lua_State *L, struct call *call, bool link) {
  memset(call, 0, offsetof(struct call, headers));
  call->request.method = HL_SLICE("GET");
  call->scheme = HL_SLICE("https");
  call->expires = 3600;
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    const struct option *option = find_option(name, link);
    if (!option) luaL_argerror(L, 2, lua_pushfstring(L, "unknown option '%s'", name));
    read_option(L, call, option);
  }
  luaL_argcheck(L, call->request.host.data, 2, "option 'host' is missing");
  check_payload(L, call);
}

/* Signer */

static struct hl_sigv4_signer *check_signer(lua_State *L) {
  struct hl_sigv4_signer *signer = luaL_checkudata(L, 1, HL_SIGV4_SIGNER);
  luaL_argcheck(L, signer->text, 1, "signer is closed");
  return signer;
}

/* The string is the table's. */
static struct hl_slice get_text(lua_State *L, const char *name, bool required) {
  int type = lua_getfield(L, 1, name);
  if (type != LUA_TSTRING && (type != LUA_TNIL || required))
    luaL_argerror(L, 1, lua_pushfstring(L, "option '%s': string expected, got %s", name, luaL_typename(L, -1)));
  struct hl_slice text = type == LUA_TNIL ? HL_SLICE("") : to_slice(L, -1);
  lua_pop(L, 1);
  return text;
}

static int l_signer(lua_State *L) {
  static const char *const names[] = {"access_key", "secret_key", "token",          "region",
                                      "service",    "normalize",  "content_sha256", NULL};
  luaL_checktype(L, 1, LUA_TTABLE);
  hl_check_options(L, 1, names);
  struct hl_sigv4_config config = {.access_key = get_text(L, "access_key", true),
                                   .secret_key = get_text(L, "secret_key", true),
                                   .token = get_text(L, "token", false),
                                   .region = get_text(L, "region", true),
                                   .service = get_text(L, "service", true)};
  config.rules = hl_sigv4_rules(config.service);
  config.rules.normalize = hl_opt_bool(L, 1, "normalize", config.rules.normalize);
  config.rules.send_hash = hl_opt_bool(L, 1, "content_sha256", config.rules.send_hash);
  struct hl_error err;
  struct hl_sigv4_signer *signer = hl_new_object(L, HL_SIGV4_SIGNER, sizeof *signer);
  return hl_sigv4_open(signer, &config, &err) ? 1 : hl_push_error(L, &err);
}

static void set_header(lua_State *L, const char *name, struct hl_slice value) {
  if (!value.size) return;
  push_slice(L, value);
  lua_setfield(L, -2, name);
}

static void push_signature(lua_State *L, const struct hl_sigv4_signature *signature) {
  lua_createtable(L, 0, 4);
  set_header(L, "Authorization", (struct hl_slice){signature->authorization, signature->authorization_size});
  set_header(L, "x-amz-date", (struct hl_slice){signature->date, HL_DATE_SIZE});
  set_header(L, "x-amz-content-sha256", signature->payload);
  set_header(L, "x-amz-security-token", signature->token);
}

static int l_signer_sign(lua_State *L) {
  struct hl_sigv4_signer *signer = check_signer(L);
  struct call call;
  struct hl_sigv4_signature signature;
  struct hl_error err;
  read_call(L, &call, false);
  if (!hl_sigv4_sign(signer, &call.request, &signature, &err)) return luaL_error(L, "%s", err.message);
  push_signature(L, &signature);
  if (!streams(call.request.payload)) return 1;
  hl_sigv4_chunks_begin(hl_new_object(L, HL_SIGV4_CHUNKS, sizeof(struct hl_sigv4_chunks)), signer, &signature);
  return 2;
}

static int l_signer_presign(lua_State *L) {
  struct hl_sigv4_signer *signer = check_signer(L);
  struct call call;
  struct hl_error err;
  char url[HL_SIGV4_URL];
  read_call(L, &call, true);
  size_t size = hl_sigv4_presign(signer, &call.request, call.scheme, (uint32_t)call.expires, url, &err);
  if (!size) return luaL_error(L, "%s", err.message);
  lua_pushlstring(L, url, size);
  return 1;
}

static int l_signer_skew(lua_State *L) {
  static const lua_Integer century = INT64_C(100) * 366 * 86400;
  struct hl_sigv4_signer *signer = check_signer(L);
  if (lua_type(L, 2) == LUA_TSTRING) {
    struct hl_error err;
    if (!hl_sigv4_learn_skew(signer, to_slice(L, 2))) {
      hl_fail(&err, HL_PARSE, "sigv4.skew", "the server's time cannot be read: %.64s", lua_tostring(L, 2));
      return hl_push_error(L, &err);
    }
  } else if (!lua_isnoneornil(L, 2)) {
    lua_Integer seconds = luaL_checkinteger(L, 2);
    luaL_argcheck(L, seconds >= -century && seconds <= century, 2, "more than a century");
    signer->skew = seconds;
  }
  lua_pushinteger(L, signer->skew);
  return 1;
}

static int l_signer_retarget(lua_State *L) {
  const struct hl_sigv4_signer *signer = check_signer(L);
  struct hl_slice region = check_slice(L, 2), service = check_slice(L, 3);
  struct hl_error err;
  struct hl_sigv4_signer *other = hl_new_object(L, HL_SIGV4_SIGNER, sizeof *other);
  return hl_sigv4_open_like(other, signer, region, service, &err) ? 1 : hl_push_error(L, &err);
}

static int l_signer_close(lua_State *L) {
  hl_sigv4_close(luaL_checkudata(L, 1, HL_SIGV4_SIGNER));
  return 0;
}

/* Chunks */

static struct hl_sigv4_chunks *check_chunks(lua_State *L) {
  struct hl_sigv4_chunks *chunks = luaL_checkudata(L, 1, HL_SIGV4_CHUNKS);
  luaL_argcheck(L, chunks->scope_size, 1, "chunks are closed");
  return chunks;
}

static int l_chunks_head(lua_State *L) {
  struct hl_sigv4_chunks *chunks = check_chunks(L);
  struct hl_slice data = check_slice(L, 2);
  char head[HL_SIGV4_CHUNK_HEAD];
  lua_pushlstring(L, head, hl_sigv4_chunk_head(chunks, data.data, data.size, head));
  return 1;
}

static int l_chunks_trailer(lua_State *L) {
  struct hl_sigv4_chunks *chunks = check_chunks(L);
  struct hl_slice name = check_slice(L, 2), value = check_slice(L, 3);
  char trailer[HL_SIGV4_TRAILER];
  size_t size = hl_sigv4_chunk_trailer(chunks, name, value, trailer);
  luaL_argcheck(L, size, 3, "trailer is too long");
  lua_pushlstring(L, trailer, size);
  return 1;
}

static int l_chunks_close(lua_State *L) {
  hl_sigv4_chunks_end(luaL_checkudata(L, 1, HL_SIGV4_CHUNKS));
  return 0;
}

/* Functions */

static lua_Integer check_count(lua_State *L, int index, lua_Integer min) {
  lua_Integer value = luaL_checkinteger(L, index);
  luaL_argcheck(L, value >= min && value <= INT64_C(1) << 50, index, "out of range");
  return value;
}

static int l_chunked_size(lua_State *L) {
  lua_Integer size = check_count(L, 1, 0), chunk = check_count(L, 2, 1);
  size_t trailer = 0;
  luaL_optlstring(L, 3, "", &trailer);
  lua_pushinteger(L, (lua_Integer)hl_sigv4_chunked_size((uint64_t)size, (uint64_t)chunk, trailer));
  return 1;
}

static int l_escape(lua_State *L) {
  struct hl_slice s = check_slice(L, 1);
  bool is_path = lua_toboolean(L, 2);
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, 3 * s.size);
  struct hl_text text = hl_text(room, 3 * s.size);
  hl_put_escaped(&text, s, is_path);
  luaL_pushresultsize(&buffer, hl_text_since(&text, room).size);
  return 1;
}

HL_MODULE int luaopen_hilum_sigv4(lua_State *L) {
  static const luaL_Reg signer[] = {{"sign", l_signer_sign},         {"presign", l_signer_presign}, {"skew", l_signer_skew},
                                    {"retarget", l_signer_retarget}, {"close", l_signer_close},     {NULL, NULL}};
  static const luaL_Reg chunks[] = {
      {"head", l_chunks_head}, {"trailer", l_chunks_trailer}, {"close", l_chunks_close}, {NULL, NULL}};
  static const luaL_Reg signer_meta[] = {{"__gc", l_signer_close}, {"__close", l_signer_close}, {NULL, NULL}};
  static const luaL_Reg chunks_meta[] = {{"__gc", l_chunks_close}, {"__close", l_chunks_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"signer", l_signer}, {"escape", l_escape}, {"chunked_size", l_chunked_size}, {NULL, NULL}};
  hl_new_type(L, HL_SIGV4_SIGNER, signer, signer_meta);
  hl_new_type(L, HL_SIGV4_CHUNKS, chunks, chunks_meta);
  luaL_newlib(L, functions);
  return 1;
}

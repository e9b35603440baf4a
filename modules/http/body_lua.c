/* SPDX-License-Identifier: MIT
 *
 * Body: what a request sends, and its digests.
 */
#include <stdlib.h>

#include "http/framing.h"
#include "http/http_lua.h"
#include "task/op.h"

/* The user value is what the body's memory belongs to. */
struct box {
  struct hl_http_body *body; /* NULL when closed */
};

static struct box *push_box(lua_State *L) { return hl_new_object(L, HL_HTTP_BODY, sizeof(struct box)); }

struct hl_http_body *hl_http_test_body(lua_State *L, int index) {
  const struct box *box = luaL_testudata(L, index, HL_HTTP_BODY);
  if (!box) return NULL;
  luaL_argcheck(L, box->body, index, "body is closed");
  return box->body;
}

void hl_http_take_body(lua_State *L, int index, struct hl_http_body **slot) {
  struct hl_http_body *body = hl_http_test_body(L, index);
  if (body) {
    hl_http_body_hold(body);
    *slot = body;
    return;
  }
  size_t size;
  struct hl_error err;
  const char *data = luaL_checklstring(L, index, &size);
  *slot = hl_http_body_of_memory(data, size, &err);
  if (!*slot) luaL_error(L, "not enough memory");
}

static struct hl_http_body *check_body(lua_State *L) {
  luaL_checkudata(L, 1, HL_HTTP_BODY);
  return hl_http_test_body(L, 1);
}

int l_file(lua_State *L) {
  const char *path = hl_check_path(L, 1);
  lua_Integer offset = luaL_optinteger(L, 2, 0), length = luaL_optinteger(L, 3, -1);
  luaL_argcheck(L, offset >= 0, 2, "must not be negative");
  luaL_argcheck(L, length >= 0 || lua_isnoneornil(L, 3), 3, "must not be negative");
  struct box *box = push_box(L);
  struct hl_error err;
  box->body = hl_http_body_of_file(path, (uint64_t)offset, length < 0 ? UINT64_MAX : (uint64_t)length, &err);
  return box->body ? 1 : hl_push_error(L, &err);
}

/* The checksum's name, which all hashes have; NULL: none. */
static const char *opt_checksum(lua_State *L, int index) {
  const char *name = hl_opt_string(L, index, "checksum", NULL);
  luaL_argcheck(L, !name || hl_hash_kind(name) < HL_HASH_KINDS, index, "option 'checksum': unknown");
  return name;
}

int l_chunked(lua_State *L) {
  static const char *const names[] = {"checksum", "chunks", NULL};
  hl_check_options(L, 2, names);
  const char *checksum = opt_checksum(L, 2);
  const struct hl_sigv4_chunks *chunks = NULL;
  if (lua_istable(L, 2) && lua_getfield(L, 2, "chunks") != LUA_TNIL) chunks = luaL_checkudata(L, -1, HL_SIGV4_CHUNKS);
  luaL_argcheck(L, checksum || chunks, 2, "checksum or chunks expected");
  luaL_argcheck(L, !chunks || chunks->scope_size, 2, "chunks are closed");
  struct box *box = push_box(L), *inner = push_box(L);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -3, 1);
  hl_http_take_body(L, 1, &inner->body);
  struct hl_error err;
  box->body = hl_http_body_framed(inner->body, checksum, hl_http_client_hashes(hl_http_get_client(L)), chunks, &err);
  if (!box->body) return hl_push_error(L, &err);
  lua_pop(L, 1);
  return 1;
}

static int l_body_size(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_body(L)->size);
  return 1;
}

static int l_body_close(lua_State *L) {
  struct box *box = luaL_checkudata(L, 1, HL_HTTP_BODY);
  hl_http_body_release(box->body);
  box->body = NULL;
  return 0;
}

static int l_body_tostring(lua_State *L) {
  const struct box *box = luaL_checkudata(L, 1, HL_HTTP_BODY);
  if (box->body)
    lua_pushfstring(L, HL_HTTP_BODY " (%I bytes)", (LUAI_UACINT)box->body->size);
  else
    lua_pushstring(L, HL_HTTP_BODY " (closed)");
  return 1;
}

/* Digests. */

enum { PIECE = 1 << 18, SMALL = 1 << 14, KEPT = 1 << 20 };

struct digest_op {
  struct hl_op op;
  struct hl_http_body *body;
  struct hl_http_reader reader;
  struct hl_http_digests digests;
  char *kept; /* the whole of a small file, so that sending it does not read it again */
  bool done;
  struct hl_error err;
};

static void destroy_digest_op(struct hl_op *op) {
  struct digest_op *self = (struct digest_op *)op;
  hl_http_reader_close(&self->reader);
  hl_http_body_release(self->body);
  hl_http_digests_end(&self->digests);
  free(self->kept);
}

/* In pieces, of which each takes the place of the one before, unless all are kept. */
static bool read_all(struct digest_op *self, bool keeps) {
  uint64_t size = self->body->size;
  char *room = malloc(keeps ? size + 1 : PIECE), *to = room;
  ssize_t got = room ? 1 : -1;
  if (!room) hl_fail_errno(&self->err, "http.digest", NULL);
  while (room && (got = hl_http_read(&self->reader, to, keeps ? size : PIECE, &self->err)) > 0) {
    hl_http_digests_update(&self->digests, to, (size_t)got);
    if (keeps) to += got;
  }
  if (keeps && got == 0)
    self->kept = room;
  else
    free(room);
  return got == 0;
}

static void work_digest(struct hl_op *op, size_t item) {
  (void)item;
  struct digest_op *self = (struct digest_op *)op;
  const struct hl_http_body *body = self->body;
  if (body->kind == HL_HTTP_MEMORY) hl_http_digests_update(&self->digests, body->data, body->size);
  self->done = body->kind == HL_HTTP_MEMORY || read_all(self, body->kind == HL_HTTP_FILE && body->size <= KEPT);
}

static int push_digest(lua_State *L, struct hl_op *op) {
  struct digest_op *self = (struct digest_op *)op;
  if (!self->done) return hl_push_error(L, &self->err);
  if (!self->body->file.kept) {
    self->body->file.kept = self->kept;
    self->kept = NULL;
  }
  hl_http_push_digests(L, &self->digests);
  return 1;
}

int l_digest(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "http.digest", .work = work_digest, .push = push_digest, .destroy = destroy_digest_op};
  luaL_checktype(L, 2, LUA_TTABLE);
  unsigned wanted = hl_http_check_digests(L, 2);
  lua_settop(L, 2);
  struct digest_op *self = hl_op_new(L, &cls, sizeof *self);
  hl_http_take_body(L, 1, &self->body);
  hl_op_pin(L, &self->op, 1);
  if (!hl_http_digests_begin(&self->digests, hl_http_client_hashes(hl_http_get_client(L)), wanted) ||
      !hl_http_reader_open(&self->reader, self->body))
    return luaL_error(L, "not enough memory");
  return self->body->kind == HL_HTTP_MEMORY && self->body->size <= SMALL ? hl_op_run_here(L, &self->op)
                                                                         : hl_op_await(L, &self->op);
}

static int l_body_digest(lua_State *L) {
  check_body(L);
  return l_digest(L);
}

void hl_http_new_body_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"size", l_body_size}, {"close", l_body_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", l_body_close}, {"__close", l_body_close}, {"__tostring", l_body_tostring}, {NULL, NULL}};
  hl_new_type(L, HL_HTTP_BODY, methods, meta);
  luaL_getmetatable(L, HL_HTTP_BODY);
  lua_getfield(L, -1, "__index");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, l_body_digest, 1);
  lua_setfield(L, -2, "digest");
  lua_pop(L, 2);
}

/* SPDX-License-Identifier: MIT
 *
 * archive.open and its members, one table each.
 */
#include "archive/archive.h"

#include <sys/epoll.h>
#include <unistd.h>

#include "archive/source_lua.h"
#include "core/bind.h"
#include "task/loop.h"
#include "task/op.h"

#define ARCHIVE "hilum.archive.Archive"

enum { MAX_MEMBER = 1 << 28, AHEAD = 1 << 24 };

/* Its user value is a table: what has to live as long at 1 and 2, and the names that came as its keys. */
struct object {
  struct hl_archive *archive; /* NULL: closed */
  struct hl_loop *loop;
  struct hl_watch watch;
  struct next_op *first, **last; /* who waits for a member */
};

struct next_op {
  struct hl_op op;
  struct object *object;
  struct next_op *next;
  enum hl_take taken;
  struct hl_member *member;
  struct hl_error err;
};

static struct object *check_object(lua_State *L) { return luaL_checkudata(L, 1, ARCHIVE); }

static struct object *check_open(lua_State *L) {
  struct object *object = check_object(L);
  luaL_argcheck(L, object->archive, 1, "archive is closed");
  return object;
}

/* Waiting for a member. Who comes first is served first. */

static bool try_take(struct next_op *self) {
  self->taken = hl_archive_take(self->object->archive, &self->member, &self->err);
  return self->taken != HL_TAKE_LATER;
}

static void complete_first(struct object *object) {
  struct next_op *self = object->first;
  object->first = self->next;
  if (!object->first) object->last = &object->first;
  hl_op_complete(&self->op);
}

static void serve(struct hl_watch *watch, uint32_t events) {
  struct object *object = (struct object *)((char *)watch - offsetof(struct object, watch));
  (void)events;
  uint64_t count;
  ssize_t got = read(watch->fd, &count, sizeof count);
  (void)got;
  while (object->first && try_take(object->first)) complete_first(object);
}

static void start_next(struct hl_op *op) {
  struct next_op *self = (struct next_op *)op;
  struct object *object = self->object;
  if (!object->first && try_take(self)) {
    hl_op_complete(op);
    return;
  }
  *object->last = self;
  object->last = &self->next;
}

static void cancel_next(struct hl_op *op) {
  struct next_op *self = (struct next_op *)op, **link = &self->object->first;
  while (*link != self) link = &(*link)->next;
  *link = self->next;
  if (!*link) self->object->last = link;
}

static void destroy_next(struct hl_op *op) { hl_member_free(((struct next_op *)op)->member); }

static void set_string(lua_State *L, const char *key, const char *value) {
  if (!value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

/* Whether the archive at index 1 had a member of that name before; from now on it had. [-0, +0, m] */
static bool is_repeated(lua_State *L, const char *name) {
  lua_getiuservalue(L, 1, 1);
  bool is_known = lua_getfield(L, -1, name) != LUA_TNIL;
  lua_pushboolean(L, true);
  lua_setfield(L, -3, name);
  lua_pop(L, 2);
  return is_known;
}

static void push_member(lua_State *L, const struct hl_member *member) {
  const char *error = member->error;
  if (!error && is_repeated(L, member->name)) error = "a member of this name came before";
  lua_createtable(L, 0, 6);
  set_string(L, "name", member->name);
  set_string(L, "type", member->type);
  set_string(L, "error", error);
  set_integer(L, "size", (int64_t)(member->error ? member->claimed : member->size));
  set_integer(L, "offset", (int64_t)member->offset);
  set_integer(L, "mtime", member->mtime);
  if (error) return;
  lua_pushlstring(L, (const char *)member->data, member->size);
  lua_setfield(L, -2, "data");
}

static int push_next(lua_State *L, struct hl_op *op) {
  struct next_op *self = (struct next_op *)op;
  if (self->taken == HL_TAKE_FAILED) return hl_push_error(L, &self->err);
  if (self->taken == HL_TAKE_MEMBER)
    push_member(L, self->member);
  else
    lua_pushnil(L);
  return 1;
}

static int push_step(lua_State *L, struct hl_op *op) { return push_next(L, op) == 1 ? 1 : lua_error(L); }

static int await_next(lua_State *L, const struct hl_op_class *cls) {
  struct object *object = check_open(L);
  lua_settop(L, 1);
  struct next_op *self = hl_op_new(L, cls, sizeof *self);
  self->object = object;
  hl_op_pin(L, &self->op, 1);
  return hl_op_await(L, &self->op);
}

static int l_archive_next(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "archive.next", .start = start_next, .cancel = cancel_next, .push = push_next, .destroy = destroy_next};
  return await_next(L, &cls);
}

/* As the function of a `for`, where an error cannot be returned. */
static int l_archive_step(lua_State *L) {
  static const struct hl_op_class cls = {
      .name = "archive.next", .start = start_next, .cancel = cancel_next, .push = push_step, .destroy = destroy_next};
  return await_next(L, &cls);
}

/* What is known of the whole. */

static int l_archive_position(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hl_archive_position(check_open(L)->archive));
  return 1;
}

static int l_archive_digest(lua_State *L) {
  uint8_t digest[HL_DIGEST_MAX];
  char text[2 * HL_DIGEST_MAX + 1];
  size_t size = hl_archive_digest(check_open(L)->archive, digest);
  hl_hex(digest, size, text);
  if (size)
    lua_pushstring(L, text);
  else
    lua_pushnil(L);
  return 1;
}

/* Opening and closing. */

static int l_archive_close(lua_State *L) {
  struct object *object = check_object(L);
  if (!object->archive) return 0;
  hl_watch_remove(object->loop, &object->watch);
  hl_archive_close(object->archive);
  object->archive = NULL;
  while (object->first) {
    object->first->taken = HL_TAKE_FAILED;
    hl_fail(&object->first->err, HL_CANCELLED, "archive.next", "the archive was closed");
    complete_first(object);
  }
  return 0;
}

static const char *check_digest(lua_State *L, int index) {
  const char *name = hl_opt_string(L, index, "digest", NULL);
  luaL_argcheck(L, !name || hl_hash_kind(name) < HL_HASH_KINDS, index, "option 'digest': no such algorithm");
  return name;
}

static struct hl_archive_options check_open_options(lua_State *L, int index) {
  static const char *const names[] = {"max_member", "max_total", "ahead", "digest", "name", NULL};
  hl_check_options(L, index, names);
  return (struct hl_archive_options){
      .op = "archive",
      .max_member = (uint64_t)hl_opt_integer(L, index, "max_member", MAX_MEMBER, 0, LUA_MAXINTEGER),
      .max_total = (uint64_t)hl_opt_integer(L, index, "max_total", LUA_MAXINTEGER, 0, LUA_MAXINTEGER),
      .ahead = (size_t)hl_opt_integer(L, index, "ahead", AHEAD, 0, LUA_MAXINTEGER),
      .digest = check_digest(L, index)};
}

/* The source at index 1 under the name in the options at index 2; both are kept by the object on top. [-0, +0, e] */
static struct hl_source *take_source(lua_State *L, const char *op, struct hl_error *err) {
  int object = lua_gettop(L);
  const char *name = hl_opt_string(L, 2, "name", NULL);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, object, 1);
  lua_pushstring(L, name);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 2);
  struct hl_source *source = hl_check_source(L, 1, op, err);
  if (source && name) source->name = name;
  lua_settop(L, object);
  return source;
}

static int l_open(lua_State *L) {
  struct hl_error err;
  lua_settop(L, 2);
  struct hl_archive_options options = check_open_options(L, 2);
  struct object *object = hl_new_object(L, ARCHIVE, sizeof *object);
  object->loop = hl_loop_of(L);
  object->last = &object->first;
  struct hl_source *source = take_source(L, options.op, &err);
  if (!source) return hl_push_error(L, &err);
  object->archive = hl_archive_open(source, &options, &err);
  if (!object->archive) return hl_push_error(L, &err);
  object->watch = (struct hl_watch){.fd = hl_archive_fd(object->archive), .ready = serve};
  if (hl_watch_set(object->loop, &object->watch, EPOLLIN)) return 1;
  hl_fail_errno(&err, options.op, NULL);
  return hl_push_error(L, &err);
}

HL_MODULE int luaopen_hilum_archive(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"next", l_archive_next},
                                     {"position", l_archive_position},
                                     {"digest", l_archive_digest},
                                     {"close", l_archive_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__call", l_archive_step}, {"__gc", l_archive_close}, {"__close", l_archive_close}, {NULL, NULL}};
  hl_new_type(L, ARCHIVE, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}

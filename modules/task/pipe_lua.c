/* SPDX-License-Identifier: MIT
 *
 * task.pipe. Its reader is usually C on a worker; Lua can write and read too.
 */
#include "task/pipe.h"

#include <string.h>

#include "core/bind.h"
#include "task/internal.h"

enum { SMALLEST = 1 << 16, DEFAULT = 1 << 22, LARGEST = 1 << 30, PIECE = 1 << 15 };

static struct hl_pipe *check_pipe(lua_State *L) { return luaL_checkudata(L, 1, HL_PIPE); }

int hl_l_pipe(lua_State *L) {
  lua_Integer bytes = luaL_optinteger(L, 1, DEFAULT);
  luaL_argcheck(L, bytes >= SMALLEST && bytes <= LARGEST, 1, "bytes must be 65536 to 1073741824");
  struct hl_pipe *pipe = hl_new_object(L, HL_PIPE, sizeof *pipe);
  struct hl_error err;
  if (hl_pipe_open(pipe, hl_loop_of(L), (size_t)bytes)) return 1;
  hl_fail_errno(&err, "task.pipe", NULL);
  return hl_push_error(L, &err);
}

/* Writing is an operation that ends when the last piece has found room. */

struct write {
  struct hl_op op;
  struct hl_pipe *pipe;
  const char *data;
  size_t size;
  bool taken;
};

static void end_write(struct write *self) {
  hl_pipe_attach(self->pipe, NULL, NULL);
  hl_op_complete(&self->op);
}

static void write_on(void *argument) {
  struct write *self = argument;
  enum hl_piped piped = HL_PIPE_TAKEN;
  while (self->size && piped == HL_PIPE_TAKEN) {
    size_t piece = self->size < PIECE ? self->size : PIECE;
    piped = hl_pipe_write(self->pipe, self->data, piece);
    if (piped != HL_PIPE_TAKEN) break;
    self->data += piece;
    self->size -= piece;
  }
  self->taken = !self->size;
  if (piped != HL_PIPE_FULL) end_write(self);
}

static void start_write(struct hl_op *op) {
  struct write *self = (struct write *)op;
  hl_pipe_attach(self->pipe, write_on, self);
  write_on(self);
}

static void cancel_write(struct hl_op *op) { hl_pipe_attach(((struct write *)op)->pipe, NULL, NULL); }

static int push_write(lua_State *L, struct hl_op *op) {
  const struct write *self = (struct write *)op;
  struct hl_error err;
  if (!self->taken) {
    hl_fail(&err, HL_IO, "task.pipe", "the pipe has been closed");
    return hl_push_error(L, &err);
  }
  lua_pushboolean(L, true);
  return 1;
}

static int l_pipe_write(lua_State *L) {
  static const struct hl_op_class cls = {.name = "task.pipe", .start = start_write, .cancel = cancel_write, .push = push_write};
  struct hl_pipe *pipe = check_pipe(L);
  luaL_checkstring(L, 2);
  luaL_argcheck(L, !pipe->room, 1, "somebody else is writing to the pipe");
  lua_settop(L, 2);
  struct write *self = hl_op_new(L, &cls, sizeof *self);
  self->pipe = pipe;
  self->data = lua_tolstring(L, 2, &self->size);
  hl_op_pin(L, &self->op, 1);
  hl_op_pin(L, &self->op, 2);
  return hl_op_await(L, &self->op);
}

/* Reading is work: it may block. */

struct read {
  struct hl_op op;
  struct hl_pipe *pipe;
  char data[1 << 16];
  ssize_t size;
  struct hl_error err;
};

static void work_read(struct hl_op *op, size_t item) {
  (void)item;
  struct read *self = (struct read *)op;
  self->size = hl_pipe_read(self->pipe, self->data, sizeof self->data, &self->err);
}

static void cancel_read(struct hl_op *op) {
  struct hl_error err;
  hl_fail(&err, HL_CANCELLED, "task.pipe", "the reader of the pipe was cancelled");
  hl_pipe_end(((struct read *)op)->pipe, &err);
}

static int push_read(lua_State *L, struct hl_op *op) {
  const struct read *self = (struct read *)op;
  if (self->size < 0) return hl_push_error(L, &self->err);
  if (self->size)
    lua_pushlstring(L, self->data, (size_t)self->size);
  else
    lua_pushnil(L);
  return 1;
}

static int l_pipe_read(lua_State *L) {
  static const struct hl_op_class cls = {.name = "task.pipe", .work = work_read, .cancel = cancel_read, .push = push_read};
  struct hl_pipe *pipe = check_pipe(L);
  lua_settop(L, 1);
  struct read *self = hl_op_new(L, &cls, sizeof *self);
  self->pipe = pipe;
  hl_op_pin(L, &self->op, 1);
  return hl_op_await(L, &self->op);
}

static int l_pipe_written(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_pipe(L)->written);
  return 1;
}

/* An error value of this house keeps its kind and message; anything else becomes a message. */
static struct hl_error to_error(lua_State *L, int index) {
  struct hl_error err;
  enum hl_kind kind = HL_IO;
  if (lua_istable(L, index) && lua_getfield(L, index, "kind") == LUA_TSTRING)
    for (enum hl_kind k = HL_USAGE; k < HL_KINDS; k++)
      if (strcmp(hl_kind_name(k), lua_tostring(L, -1)) == 0) kind = k;
  hl_fail(&err, kind, "task.pipe", "%s", hl_push_message(L, index));
  return err;
}

static int l_pipe_close(lua_State *L) {
  struct hl_pipe *pipe = check_pipe(L);
  if (lua_isnoneornil(L, 2)) {
    hl_pipe_end(pipe, NULL);
  } else {
    struct hl_error err = to_error(L, 2);
    hl_pipe_end(pipe, &err);
  }
  return 0;
}

/* A variable that goes out of scope with the pipe still open: what the reader got is not all. */
static int l_pipe_leave(lua_State *L) {
  struct hl_error err;
  hl_fail(&err, HL_CANCELLED, "task.pipe", "the writer of the pipe gave up");
  hl_pipe_end(check_pipe(L), &err);
  return 0;
}

static int l_pipe_gc(lua_State *L) {
  hl_pipe_close(check_pipe(L));
  return 0;
}

void hl_pipe_new_type(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"write", l_pipe_write}, {"read", l_pipe_read}, {"written", l_pipe_written}, {"close", l_pipe_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_pipe_gc}, {"__close", l_pipe_leave}, {NULL, NULL}};
  hl_new_type(L, HL_PIPE, methods, meta);
}

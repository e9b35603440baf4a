/* SPDX-License-Identifier: MIT */
#include "archive/source_lua.h"

#include <errno.h>
#include <stdlib.h>

#include "task/pipe.h"

/* The reading side of a pipe. */

struct pipe_source {
  struct hl_source source;
  struct hl_pipe *pipe;
};

static bool read_pipe(struct hl_source *source, void *data, size_t size, size_t *got, struct hl_error *err) {
  ssize_t count = hl_pipe_read(((struct pipe_source *)source)->pipe, data, size, err);
  if (count < 0) return false;
  *got = (size_t)count;
  return true;
}

/* The writer learns that nobody reads on. */
static void stop_pipe(struct hl_source *source) {
  struct hl_error err;
  hl_fail(&err, HL_CANCELLED, "archive", "the archive was closed");
  hl_pipe_end(((struct pipe_source *)source)->pipe, &err);
}

static void close_pipe(struct hl_source *source) {
  stop_pipe(source);
  free(source);
}

static struct hl_source *source_of_pipe(struct hl_pipe *pipe) {
  struct pipe_source *self = malloc(sizeof *self);
  if (!self) return NULL;
  *self = (struct pipe_source){{.name = "stream", .read = read_pipe, .stop = stop_pipe, .close = close_pipe}, pipe};
  return &self->source;
}

/* The argument. */

static struct hl_source *or_no_memory(struct hl_source *source, const char *op, struct hl_error *err) {
  errno = ENOMEM;
  if (!source) hl_fail_errno(err, op, NULL);
  return source;
}

struct hl_source *hl_check_source(lua_State *L, int index, const char *op, struct hl_error *err) {
  struct hl_pipe *pipe = luaL_testudata(L, index, HL_PIPE);
  if (pipe) return or_no_memory(source_of_pipe(pipe), op, err);
  if (lua_istable(L, index)) {
    luaL_argcheck(L, lua_getfield(L, index, "bytes") == LUA_TSTRING, index, "path, {bytes = string} or pipe expected");
    size_t size;
    const char *bytes = lua_tolstring(L, -1, &size);
    return or_no_memory(hl_source_bytes(bytes, size), op, err);
  }
  return hl_source_file(op, hl_check_path(L, index), err);
}

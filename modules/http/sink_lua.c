/* SPDX-License-Identifier: MIT
 *
 * Sink: an open file that answers are written to.
 */
#include "core/file.h"
#include "http/http_lua.h"

/* The class of fs.create's files. */
#define FILE_TYPE "hilum.fs.File"

int l_sink(lua_State *L) {
  lua_Integer at = luaL_optinteger(L, 2, 0);
  const struct hl_file *file = luaL_testudata(L, 1, FILE_TYPE);
  const char *path = file ? file->path : hl_check_path(L, 1);
  luaL_argcheck(L, path, 1, "file is closed");
  luaL_argcheck(L, at >= 0, 2, "must not be negative");
  struct hl_http_sink *sink = hl_new_object(L, HL_HTTP_SINK, sizeof *sink);
  struct hl_error err;
  bool opened =
      file ? hl_http_sink_share(sink, file->fd, path, (uint64_t)at, &err) : hl_http_sink_open(sink, path, (uint64_t)at, &err);
  return opened ? 1 : hl_push_error(L, &err);
}

static int l_sink_written(lua_State *L) {
  const struct hl_http_sink *sink = luaL_checkudata(L, 1, HL_HTTP_SINK);
  luaL_argcheck(L, sink->kind != HL_HTTP_NOWHERE, 1, "sink is closed");
  lua_pushinteger(L, (lua_Integer)sink->taken);
  return 1;
}

static int l_sink_close(lua_State *L) {
  hl_http_sink_close(luaL_checkudata(L, 1, HL_HTTP_SINK));
  return 0;
}

void hl_http_new_sink_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"written", l_sink_written}, {"close", l_sink_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_sink_close}, {"__close", l_sink_close}, {NULL, NULL}};
  hl_new_type(L, HL_HTTP_SINK, methods, meta);
}

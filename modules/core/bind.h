/* SPDX-License-Identifier: MIT
 *
 * What the bindings share: error values, object types, option tables, matrices. The only header of core/ that knows Lua.
 * Main thread only. [-o, +p, e]: what a function pops, pushes and raises, as in the Lua manual (e: may raise, m: out of memory
 * only).
 */
#ifndef HILUM_CORE_BIND_H
#define HILUM_CORE_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "core/error.h"
#include "core/image.h"
#include "core/matrix.h"

/* Before the entry point of a module, which is built with hidden visibility. */
#define HL_MODULE __attribute__((visibility("default")))

#define HL_MATRIX "hilum.vec.Matrix"
#define HL_IMAGE "hilum.image.Image"

/* Pushes nil and the error table {kind, op, message, code, status, retryable}, whose tostring is one line. Returns 2, so that a
 * binding ends with `return hl_push_error(L, &err)`. [-0, +2, m] */
int hl_push_error(lua_State *L, const struct hl_error *err);

/* Pushes the error table alone. [-0, +1, m] */
void hl_push_error_value(lua_State *L, const struct hl_error *err);

/* Pushes the chunk of a Lua file that is part of the program: "host.boot" for host/boot.lua. The host has them. [-0, +1, e] */
void hl_load_embedded(lua_State *L, const char *name);

/* Pushes and returns what an error says, as luaL_tolstring, but without raising if its __tostring does. [-0, +1, -] */
const char *hl_push_message(lua_State *L, int index);

/* Registers a userdata type once per state. methods become __index; meta are the metamethods; both end in {NULL, NULL}.
 * __metatable and __name are the type name. [-0, +0, m] */
void hl_new_type(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

/* A zeroed userdata of that type. Acquire resources only afterwards: __gc must accept the zeroed object. [-0, +1, m] */
void *hl_new_object(lua_State *L, const char *name, size_t size);

/* Raises unless index is nil, none, or a table whose keys are all in names (NULL-terminated); the message names the stray key.
 * [-0, +0, e] */
void hl_check_options(lua_State *L, int index, const char *const names[]);

/* One option out of such a table (index may be nil or none). Wrong types raise and name the option. [-0, +0, e] */
lua_Integer hl_opt_integer(lua_State *L, int index, const char *name, lua_Integer fallback, lua_Integer min, lua_Integer max);
lua_Number hl_opt_number(lua_State *L, int index, const char *name, lua_Number fallback);
bool hl_opt_bool(lua_State *L, int index, const char *name, bool fallback);
/* The string stays valid while the options table holds it. */
const char *hl_opt_string(lua_State *L, int index, const char *name, const char *fallback);
int hl_opt_choice(lua_State *L, int index, const char *name, int fallback, const char *const choices[]);

/* A path: a string that is not empty and has no NUL in it. [-0, +0, e] */
const char *hl_check_path(lua_State *L, int index);

/* One path, or an array of them: how many, and a copy of one (from 0), which is the caller's to free. [-0, +0, e] */
size_t hl_count_paths(lua_State *L, int index);
char *hl_copy_path(lua_State *L, int index, size_t item);

/* A new zeroed matrix; raises when memory runs out. [-0, +1, m] */
struct hl_matrix *hl_push_matrix(lua_State *L, size_t rows, size_t cols);

/* An empty, closed matrix object to be filled by the caller (mapping). [-0, +1, m] */
struct hl_matrix *hl_push_matrix_object(lua_State *L);

/* An open matrix; raises otherwise. The second form also refuses a read-only or borrowed one. [-0, +0, e] */
struct hl_matrix *hl_check_matrix(lua_State *L, int index);
struct hl_matrix *hl_check_writable_matrix(lua_State *L, int index);

/* Moves *from into a new image object and leaves *from empty; if it raises, *from is still the caller's (as a member of an
 * operation, say, that frees it). Images never change once they are Lua values, so workers may read one that is pinned. [-0, +1,
 * m] */
struct hl_image *hl_push_image(lua_State *L, struct hl_image *from);

/* [-0, +0, e] */
struct hl_image *hl_check_image(lua_State *L, int index);

#endif

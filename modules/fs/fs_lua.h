/* SPDX-License-Identifier: MIT
 *
 * What the parts of the fs binding share.
 */
#ifndef HILUM_FS_FS_LUA_H
#define HILUM_FS_FS_LUA_H

#include "core/bind.h"

/* nil and the error of the system call that has just failed. [-0, +2, m] */
int hl_fs_push_failure(lua_State *L, const char *op, const char *path);

/* true, or nil and err. [-0, +1|2, m] */
int hl_fs_push_done(lua_State *L, bool done, const struct hl_error *err);

/* Register the types. */
void hl_fs_new_file_type(lua_State *L);
void hl_fs_new_lock_type(lua_State *L);

/* In content_lua.c, file_lua.c and lock_lua.c. */
int l_read(lua_State *L);
int l_write(lua_State *L);
int l_append(lua_State *L);
int l_create(lua_State *L);
int l_lock(lua_State *L);

/* In folder_lua.c. */
int l_list(lua_State *L);
int l_walk(lua_State *L);
int l_mkdir(lua_State *L);
int l_remove_tree(lua_State *L);
int l_sweep(lua_State *L);
int l_temp(lua_State *L);

/* In path_lua.c. */
int l_join(lua_State *L);
int l_base(lua_State *L);
int l_dir(lua_State *L);
int l_ext(lua_State *L);

#endif

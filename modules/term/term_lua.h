/* SPDX-License-Identifier: MIT
 *
 * What the parts of the term binding share.
 */
#ifndef HILUM_TERM_TERM_LUA_H
#define HILUM_TERM_TERM_LUA_H

#include "core/bind.h"

/* An environment variable: whether it has that value, or with NULL, any but "". */
bool hl_term_is_set(const char *name, const char *value);

/* Columns of the terminal, or a usual number of them. */
size_t hl_term_width(void);

/* Its rows. */
size_t hl_term_height(void);

void hl_term_new_progress_type(lua_State *L);

/* In table_lua.c, picture_lua.c and progress_lua.c. */
int l_table(lua_State *L);
int l_picture(lua_State *L);
int l_progress(lua_State *L);

#endif

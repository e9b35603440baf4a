/* SPDX-License-Identifier: MIT
 *
 * How Lua finds hilum's modules: those in the host by package.preload, the others as shared objects beside it, opened on first
 * use.
 */
#ifndef HILUM_HOST_MODULES_H
#define HILUM_HOST_MODULES_H

#include <lua.h>

/* Sets package.path, package.cpath and package.preload; `hilum.host` is the table boot.lua works with. [-0, +0, e] */
void hl_open_modules(lua_State *L);

#endif

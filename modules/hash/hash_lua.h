/* SPDX-License-Identifier: MIT
 *
 * What the parts of the hash binding share.
 */
#ifndef HILUM_HASH_HASH_LUA_H
#define HILUM_HASH_HASH_LUA_H

#include "core/bind.h"
#include "hash/hash.h"

/* The first upvalue of each of the module's functions. [-0, +0, -] */
struct hl_hash_shared *hl_hash_get_shared(lua_State *L);

/* An algorithm's name; raises for any other. [-0, +0, e] */
enum hl_hash_kind hl_hash_check_kind(lua_State *L, int index);

/* The digest as text; size 0 raises that there is no memory. [-0, +1, m] */
int hl_hash_push_hex(lua_State *L, const uint8_t *digest, size_t size);

/* In files_lua.c. */
int l_file(lua_State *L);
int l_sha256_file(lua_State *L);

/* In base64_lua.c. */
int l_base64(lua_State *L);
int l_base64_decode(lua_State *L);

#endif

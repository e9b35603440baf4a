/* SPDX-License-Identifier: MIT
 *
 * What the parts of the http binding share.
 */
#ifndef HILUM_HTTP_HTTP_LUA_H
#define HILUM_HTTP_HTTP_LUA_H

#include "core/bind.h"
#include "http/http.h"

#define HL_HTTP_BODY "hilum.http.Body"
#define HL_HTTP_SINK "hilum.http.Sink"
#define HL_HTTP_CLIENT "hilum.http.Client"

/* The client is the first upvalue of each function and method that needs it. [-0, +0, -] */
struct hl_http_client *hl_http_get_client(lua_State *L);

/* The names of digests in the list at index (may be nil), as bits; raises for any other. [-0, +0, e] */
unsigned hl_http_check_digests(lua_State *L, int index);
/* Pushes the table of their texts. [-0, +1, m] */
void hl_http_push_digests(lua_State *L, const struct hl_http_digests *digests);

/* An open body at index, or NULL if there is none of that type; a string is not one. [-0, +0, e] */
struct hl_http_body *hl_http_test_body(lua_State *L, int index);
/* The body at index, a string too, with a reference that is the caller's to release, at once held by *slot. [-0, +0, e] */
void hl_http_take_body(lua_State *L, int index, struct hl_http_body **slot);

/* body_lua.c */
void hl_http_new_body_type(lua_State *L);
int l_file(lua_State *L);
int l_chunked(lua_State *L);
int l_digest(lua_State *L);

/* sink_lua.c */
void hl_http_new_sink_type(lua_State *L);
int l_sink(lua_State *L);

/* request_lua.c */
int l_request(lua_State *L);

#endif

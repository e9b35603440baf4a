/* SPDX-License-Identifier: MIT */
#include "socket.h"

HL_MODULE int luaopen_hilum_net(lua_State *L);

int luaopen_hilum_net(lua_State *L) {
  static const luaL_Reg functions[] = {{"listen", l_listen}, {"connect", l_connect}, {"spawn", l_spawn}, {NULL, NULL}};
  net_new_connection_type(L);
  net_new_listener_type(L);
  net_new_process_type(L);
  luaL_newlib(L, functions);
  return 1;
}

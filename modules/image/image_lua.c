/* SPDX-License-Identifier: MIT
 *
 * The module and its Image type. Images do not change once they are Lua values, so there is nothing to lock or to close.
 */
#include <string.h>

#include "core/bind.h"
#include "core/image.h"
#include "image/batch.h"

static int l_new(lua_State *L) {
  lua_Integer width = luaL_checkinteger(L, 1), height = luaL_checkinteger(L, 2), channels = luaL_checkinteger(L, 3);
  luaL_argcheck(L, width >= 1 && width <= 65535, 1, "1..65535 pixels expected");
  luaL_argcheck(L, height >= 1 && height <= 65535, 2, "1..65535 pixels expected");
  luaL_argcheck(L, channels >= 1 && channels <= 4, 3, "1..4 channels expected");
  size_t needed = (size_t)width * (size_t)height * (size_t)channels, size;
  const char *bytes = luaL_optlstring(L, 4, NULL, &size);
  if (bytes && size != needed)
    luaL_argerror(L, 4, lua_pushfstring(L, "%I bytes expected, got %I", (LUAI_UACINT)needed, (LUAI_UACINT)size));
  struct hl_image *image = hl_push_image(L, &(struct hl_image){0});
  if (!hl_image_alloc(image, (size_t)width, (size_t)height, (size_t)channels)) return luaL_error(L, "not enough memory");
  if (bytes)
    memcpy(image->pixels, bytes, needed);
  else
    memset(image->pixels, 0, needed);
  return 1;
}

static int push_size(lua_State *L, size_t size) {
  lua_pushinteger(L, (lua_Integer)size);
  return 1;
}

static int l_image_width(lua_State *L) { return push_size(L, hl_check_image(L, 1)->width); }
static int l_image_height(lua_State *L) { return push_size(L, hl_check_image(L, 1)->height); }
static int l_image_channels(lua_State *L) { return push_size(L, hl_check_image(L, 1)->channels); }

static int l_image_bytes(lua_State *L) {
  const struct hl_image *image = hl_check_image(L, 1);
  lua_pushlstring(L, (const char *)image->pixels, hl_image_size(image));
  return 1;
}

static int l_image_pixel(lua_State *L) {
  const struct hl_image *image = hl_check_image(L, 1);
  lua_Integer x = luaL_checkinteger(L, 2), y = luaL_checkinteger(L, 3);
  luaL_argcheck(L, x >= 0 && (lua_Unsigned)x < image->width, 2, "outside of the image");
  luaL_argcheck(L, y >= 0 && (lua_Unsigned)y < image->height, 3, "outside of the image");
  const uint8_t *pixel = image->pixels + ((size_t)y * image->width + (size_t)x) * image->channels;
  for (size_t i = 0; i < image->channels; i++) lua_pushinteger(L, pixel[i]);
  return (int)image->channels;
}

static int l_image_tostring(lua_State *L) {
  static const char *const modes[] = {"", "gray", "gray+alpha", "rgb", "rgba"};
  const struct hl_image *image = hl_check_image(L, 1);
  lua_pushfstring(L, "%s: %I x %I %s", HL_IMAGE, (LUAI_UACINT)image->width, (LUAI_UACINT)image->height, modes[image->channels]);
  return 1;
}

static int l_image_gc(lua_State *L) {
  hl_image_free(hl_check_image(L, 1));
  return 0;
}

static void register_image(lua_State *L) {
  static const luaL_Reg methods[] = {{"width", l_image_width}, {"height", l_image_height}, {"channels", l_image_channels},
                                     {"bytes", l_image_bytes}, {"pixel", l_image_pixel},   {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_image_gc}, {"__tostring", l_image_tostring}, {NULL, NULL}};
  hl_new_type(L, HL_IMAGE, methods, meta);
}

HL_MODULE int luaopen_hilum_image(lua_State *L) {
  static const luaL_Reg functions[] = {{"check", hl_l_image_check},
                                       {"info", hl_l_image_info},
                                       {"decode", hl_l_image_decode},
                                       {"describe", hl_l_image_describe},
                                       {"thumbnail", hl_l_image_thumbnail},
                                       {"resize", hl_l_image_resize},
                                       {"encode", hl_l_image_encode},
                                       {"write", hl_l_image_write},
                                       {"phash", hl_l_image_phash},
                                       {"similar", hl_l_image_similar},
                                       {"correlation", hl_l_image_correlation},
                                       {"new", l_new},
                                       {NULL, NULL}};
  register_image(L);
  luaL_newlib(L, functions);
  hl_push_image_limits(L);
  lua_setfield(L, -2, "limits");
  return 1;
}

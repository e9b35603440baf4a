/* SPDX-License-Identifier: MIT
 *
 * term.picture: which way of drawing the terminal has, and how large the picture is then.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "term/picture.h"
#include "term/term_lua.h"

enum protocol { KITTY, ITERM, SIXEL, BLOCKS, COLORS, LETTERS };

/* The size of a character, as most terminals have it nearly. */
enum { CELL_WIDTH = 8, CELL_HEIGHT = 16 };

static bool has(const char *name, const char *part) {
  const char *value = getenv(name);
  return value && strstr(value, part);
}

/* By what terminals say of themselves in the environment; in tmux and screen nothing but characters gets through. */
static enum protocol protocol_of_terminal(void) {
  if (!isatty(STDOUT_FILENO) || !hl_term_is_set("TERM", NULL) || hl_term_is_set("TERM", "dumb")) return LETTERS;
  bool inside = has("TERM", "screen") || has("TERM", "tmux");
  if (!inside && (hl_term_is_set("KITTY_WINDOW_ID", NULL) || has("TERM", "kitty") || has("TERM_PROGRAM", "ghostty")))
    return KITTY;
  if (!inside && (has("TERM_PROGRAM", "iTerm") || has("TERM_PROGRAM", "WezTerm"))) return ITERM;
  if (!inside && (has("TERM", "sixel") || has("TERM", "mlterm") || has("TERM", "foot"))) return SIXEL;
  return has("COLORTERM", "truecolor") || has("COLORTERM", "24bit") ? BLOCKS : COLORS;
}

/* What one character holds, in pixels of the picture. */
struct grid {
  size_t width, height;
};

static struct grid grid_of(enum protocol protocol) {
  if (protocol <= SIXEL) return (struct grid){CELL_WIDTH, CELL_HEIGHT};
  return (struct grid){1, protocol == LETTERS ? 1 : 2};
}

static size_t at_least_one(double size) { return size < 1 ? 1 : (size_t)(size + 0.5); }

/* As large as fits into columns x rows, and with pixels no larger than it was; letters are about twice as high as wide. */
static bool fit(const struct hl_image *image, enum protocol protocol, lua_Integer columns, lua_Integer rows,
                struct hl_image *rgb) {
  struct grid grid = grid_of(protocol);
  double squeeze = protocol == LETTERS ? 0.5 : 1;
  double across = (double)((size_t)columns * grid.width) / (double)image->width;
  double down = (double)((size_t)rows * grid.height) / ((double)image->height * squeeze);
  double scale = across < down ? across : down;
  if (scale > 1) scale = 1;
  return hl_picture_resize(image, at_least_one((double)image->width * scale),
                           at_least_one((double)image->height * scale * squeeze), rgb);
}

static void draw(FILE *out, const struct hl_image *rgb, enum protocol protocol) {
  switch (protocol) {
  case KITTY: hl_picture_kitty(out, rgb); break;
  case ITERM: hl_picture_iterm(out, rgb); break;
  case SIXEL: hl_picture_sixel(out, rgb); break;
  case LETTERS: hl_picture_letters(out, rgb); break;
  default: hl_picture_blocks(out, rgb, protocol == BLOCKS);
  }
  if (protocol <= SIXEL) fputc('\n', out);
}

static char *draw_text(const struct hl_image *rgb, enum protocol protocol, size_t *size) {
  char *text = NULL;
  FILE *out = open_memstream(&text, size);
  if (!out) return NULL;
  draw(out, rgb, protocol);
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

/* Pushed under pcall, so that the text is freed whatever happens. */
struct text {
  char *bytes;
  size_t size;
};

static int push_text(lua_State *L) {
  const struct text *text = lua_touserdata(L, 1);
  lua_pushlstring(L, text->bytes, text->size);
  return 1;
}

int l_picture(lua_State *L) {
  static const char *const names[] = {"protocol", "columns", "rows", NULL};
  static const char *const protocols[] = {"kitty", "iterm", "sixel", "blocks", "colors", "letters", NULL};
  lua_settop(L, 2);
  const struct hl_image *image = hl_check_image(L, 1);
  hl_check_options(L, 2, names);
  enum protocol protocol = (enum protocol)hl_opt_choice(L, 2, "protocol", (int)protocol_of_terminal(), protocols);
  lua_Integer columns = hl_opt_integer(L, 2, "columns", 60, 1, 1000), rows = hl_opt_integer(L, 2, "rows", 24, 1, 1000);
  struct hl_image rgb = {0};
  struct text text = {0};
  if (fit(image, protocol, columns, rows, &rgb)) text.bytes = draw_text(&rgb, protocol, &text.size);
  hl_image_free(&rgb);
  if (!text.bytes) return luaL_error(L, "not enough memory");
  lua_pushcfunction(L, push_text);
  lua_pushlightuserdata(L, &text);
  bool pushed = lua_pcall(L, 1, 1, 0) == LUA_OK;
  free(text.bytes);
  return pushed ? 1 : lua_error(L);
}

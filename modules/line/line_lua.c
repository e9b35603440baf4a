/* SPDX-License-Identifier: MIT
 *
 * The module and its Editor type: a line, or several, read from a terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line/editor.h"

#define EDITOR "hilum.line.Editor"

struct hl_editor *hl_editor_of(EditLine *el) {
  void *self = NULL;
  el_get(el, EL_CLIENTDATA, &self);
  return self;
}

static struct hl_editor *check_editor(lua_State *L) {
  struct hl_editor *self = luaL_checkudata(L, HL_LINE_EDITOR, EDITOR);
  luaL_argcheck(L, self->el, HL_LINE_EDITOR, "closed");
  return self;
}

/* A terminal on which the cursor can be moved. */
static bool can_edit(void) {
  const char *kind = getenv("TERM");
  return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

static char *get_prompt(EditLine *el) { return (char *)(uintptr_t)hl_editor_of(el)->prompt; /* libedit does not write into it */ }

static void set_up(struct hl_editor *self, int limit) {
  HistEvent event;
  history(self->history, &event, H_SETSIZE, limit);
  history(self->history, &event, H_SETUNIQUE, 1);
  el_set(self->el, EL_CLIENTDATA, self);
  el_set(self->el, EL_HIST, history, self->history);
  el_set(self->el, EL_EDITOR, "emacs");
  el_set(self->el, EL_PROMPT_ESC, get_prompt, '\1');
  el_set(self->el, EL_GETCFN, hl_line_read_character);
  el_source(self->el, NULL); /* the user's ~/.editrc */
  hl_line_bind_keys(self->el);
}

static int l_open(lua_State *L) {
  static const char *const names[] = {"limit", NULL};
  lua_settop(L, 1);
  hl_check_options(L, 1, names);
  int limit = (int)hl_opt_integer(L, 1, "limit", 1000, 1, 1000000);
  struct hl_error err = {0};
  if (!can_edit()) {
    hl_fail(&err, HL_USAGE, "line.open", "lines are edited on a terminal only; read them with io.read");
    return hl_push_error(L, &err);
  }
  struct hl_editor *self = hl_new_object(L, EDITOR, sizeof *self);
  self->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  self->history = history_init();
  locale_t before = uselocale(self->utf8);
  self->el = el_init("hilum", stdin, stdout, stderr);
  if (self->el && self->history) set_up(self, limit);
  uselocale(before);
  if (!self->el || !self->history) return luaL_error(L, "not enough memory");
  return 1;
}

/* Edits one line; *text is libedit's. False: errno. */
static bool edit(struct hl_editor *self, const char **text, int *size) {
  locale_t before = uselocale(self->utf8);
  fflush(stdout);
  bool ready = hl_line_begin_input(self);
  if (ready) *text = el_gets(self->el, size);
  hl_line_end_input(self);
  uselocale(before);
  return ready;
}

static int push_line(lua_State *L, const struct hl_editor *self, const char *text, int size) {
  struct hl_error err = {0};
  if (self->interrupted) {
    hl_fail(&err, HL_INTERRUPTED, "line.read", "interrupted");
    return hl_push_error(L, &err);
  }
  if (!text || size <= 0) return 0;
  lua_pushlstring(L, text, (size_t)size - (text[size - 1] == '\n'));
  return 1;
}

static int l_editor_read(lua_State *L) {
  static const char *const names[] = {"complete", "enter", NULL};
  lua_settop(L, HL_LINE_HANDLERS);
  struct hl_editor *self = check_editor(L);
  const char *prompt = luaL_checkstring(L, HL_LINE_PROMPT);
  hl_check_options(L, HL_LINE_HANDLERS, names);
  luaL_argcheck(L, !self->L, HL_LINE_EDITOR, "a line is already being read");
  self->L = L;
  self->prompt = prompt;
  self->loop = hl_loop_of(L);
  self->interrupted = false;
  const char *text = NULL;
  int size = 0;
  struct hl_error err = {0};
  bool edited = edit(self, &text, &size);
  if (!edited) hl_fail_errno(&err, "line.read", NULL);
  self->L = NULL;
  return edited ? push_line(L, self, text, size) : hl_push_error(L, &err);
}

static int l_editor_remember(lua_State *L) {
  struct hl_editor *self = check_editor(L);
  HistEvent event;
  history(self->history, &event, H_ENTER, luaL_checkstring(L, 2));
  return 0;
}

/* The lines of the text being edited that are above the cursor's; wrapped ones are not counted. */
static int lines_above(EditLine *el) {
  const LineInfo *line = el_line(el);
  int count = 0;
  for (const char *at = line->buffer; at < line->cursor; at++) count += *at == '\n';
  return count;
}

static int l_editor_print(lua_State *L) {
  struct hl_editor *self = check_editor(L);
  const char *text = luaL_checkstring(L, 2);
  int up = self->L ? lines_above(self->el) : 0;
  if (up > 0) printf("\x1b[%dA", up);
  if (self->L) fputs("\r\x1b[J", stdout);
  printf("%s\n", text);
  fflush(stdout);
  if (self->L) el_set(self->el, EL_REFRESH);
  return 0;
}

static int l_editor_close(lua_State *L) {
  struct hl_editor *self = luaL_checkudata(L, HL_LINE_EDITOR, EDITOR);
  luaL_argcheck(L, !self->L, HL_LINE_EDITOR, "a line is being read");
  if (self->el) el_end(self->el);
  if (self->history) history_end(self->history);
  if (self->utf8) freelocale(self->utf8);
  free(self->listing);
  memset(self, 0, sizeof *self);
  return 0;
}

HL_MODULE int luaopen_hilum_line(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", l_editor_read},
                                     {"remember", l_editor_remember},
                                     {"print", l_editor_print},
                                     {"close", l_editor_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", l_editor_close}, {"__close", l_editor_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};
  hl_new_type(L, EDITOR, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}

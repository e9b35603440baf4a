/* SPDX-License-Identifier: MIT
 *
 * Keys: those of emacs, as libedit has them, and here what is ours. A key's function can only edit the line; to have libedit
 * carry out one of its own commands, it pushes the key of that command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line/editor.h"

/* libedit's own commands, on keys that nobody has. */
#define SUBMIT "\033\001"
#define LINE_UP "\033\002"
#define OLDER "\033\003"
#define LINE_DOWN "\033\004"
#define NEWER "\033\005"
#define TO_END "\033\006"
#define SHOW_LISTING "\033\016"
#define GIVE_UP "\033\017"

/* Asking Lua. */

struct question {
  const char *handler;
  const LineInfo *line;
};

/* Stack: handlers, the question. The handler takes the text and how many bytes of it are left of the cursor. */
static int call_handler(lua_State *L) {
  const struct question *question = lua_touserdata(L, 2);
  const LineInfo *line = question->line;
  if (lua_getfield(L, 1, question->handler) == LUA_TNIL) return 0;
  lua_pushlstring(L, line->buffer, (size_t)(line->lastchar - line->buffer));
  lua_pushinteger(L, line->cursor - line->buffer);
  lua_call(L, 2, 3);
  return 3;
}

/* Pushes three values: from which byte (counted from 1) to the cursor the text is replaced, by what, and a third that depends on
 * the key. False, with nothing pushed: there is no handler, or it failed. */
static bool ask(struct hl_editor *self, const char *handler) {
  lua_State *L = self->L;
  struct question question = {handler, el_line(self->el)};
  if (!lua_istable(L, HL_LINE_HANDLERS) || !lua_checkstack(L, 8)) return false;
  lua_pushcfunction(L, call_handler);
  lua_pushvalue(L, HL_LINE_HANDLERS);
  lua_pushlightuserdata(L, &question);
  if (lua_pcall(L, 2, 3, 0) == LUA_OK) return true;
  lua_pop(L, 1);
  return false;
}

static int count_characters(const char *text, const char *end) {
  int count = 0;
  for (; text < end; text++) count += (*text & 0xC0) != 0x80;
  return count;
}

/* Carries the answer out. False if it does not ask to replace anything. */
static bool replace(EditLine *el, lua_State *L, int answer) {
  const LineInfo *line = el_line(el);
  lua_Integer from = lua_tointeger(L, answer);
  const char *text = lua_tostring(L, answer + 1);
  if (!text || from < 1 || from > line->cursor - line->buffer + 1) return false;
  el_deletestr(el, count_characters(line->buffer + from - 1, line->cursor));
  el_insertstr(el, text);
  return true;
}

/* The keys. */

static unsigned char press_tab(EditLine *el, int key) {
  (void)key;
  struct hl_editor *self = hl_editor_of(el);
  lua_State *L = self->L;
  if (!ask(self, "complete")) return CC_ERROR;
  int answer = lua_gettop(L) - 2;
  const char *listing = lua_tostring(L, answer + 2);
  free(self->listing);
  self->listing = listing ? strdup(listing) : NULL;
  bool replaced = replace(el, L, answer);
  lua_settop(L, answer - 1);
  if (self->listing) el_push(el, TO_END SHOW_LISTING);
  return self->listing || replaced ? CC_REFRESH : CC_ERROR;
}

/* The third value of the answer: whether the line is finished. */
static unsigned char press_enter(EditLine *el, int key) {
  (void)key;
  struct hl_editor *self = hl_editor_of(el);
  lua_State *L = self->L;
  bool is_finished = true;
  if (ask(self, "enter")) {
    int answer = lua_gettop(L) - 2;
    is_finished = !replace(el, L, answer) || lua_toboolean(L, answer + 2);
    lua_settop(L, answer - 1);
  }
  if (is_finished) el_push(el, TO_END SUBMIT);
  return CC_REFRESH;
}

static unsigned char press_alt_enter(EditLine *el, int key) {
  (void)key;
  return el_insertstr(el, "\n") == 0 ? CC_REFRESH : CC_ERROR;
}

/* Within the lines of a chunk, else through the history. */

static unsigned char press_up(EditLine *el, int key) {
  (void)key;
  const LineInfo *line = el_line(el);
  el_push(el, memchr(line->buffer, '\n', (size_t)(line->cursor - line->buffer)) ? LINE_UP : OLDER);
  return CC_NORM;
}

static unsigned char press_down(EditLine *el, int key) {
  (void)key;
  const LineInfo *line = el_line(el);
  el_push(el, memchr(line->cursor, '\n', (size_t)(line->lastchar - line->cursor)) ? LINE_DOWN : NEWER);
  return CC_NORM;
}

/* The pasted text as it is, without what could move the cursor. */
static unsigned char take_paste(EditLine *el, int key) {
  (void)key;
  static const wchar_t end[] = L"\033[201~";
  size_t matched = 0;
  wchar_t text[2] = L"";
  while (end[matched] && hl_line_read_character(el, text) == 1) {
    matched = *text == end[matched] ? matched + 1 : 0;
    if (*text == L'\r') *text = L'\n';
    if (matched == 0 && (*text >= L' ' || *text == L'\n' || *text == L'\t')) el_winsertstr(el, text);
  }
  return CC_REFRESH;
}

/* Events. */

/* The cursor is at the end: what is shown stands below, and the line is drawn anew below that. */
static unsigned char show_listing(EditLine *el, int key) {
  (void)key;
  struct hl_editor *self = hl_editor_of(el);
  printf("\n%s\n", self->listing ? self->listing : "");
  fflush(stdout);
  el_set(el, EL_REFRESH);
  return CC_NORM;
}

static unsigned char interrupt(EditLine *el, int key) {
  (void)key;
  el_push(el, TO_END GIVE_UP);
  return CC_NORM;
}

static unsigned char give_up(EditLine *el, int key) {
  (void)key;
  hl_editor_of(el)->interrupted = true;
  fputs("^C\n", stdout);
  fflush(stdout);
  return CC_EOF;
}

static unsigned char redraw(EditLine *el, int key) {
  (void)el, (void)key;
  return CC_REFRESH;
}

struct function {
  const wchar_t *name; /* wide, as libedit keeps it: of others it would make copies that it does not free */
  unsigned char (*press)(EditLine *el, int key);
};

struct binding {
  const char *key, *function;
};

void hl_line_bind_keys(EditLine *el) {
  static const struct function functions[] = {
      {L"hilum-complete", press_tab},   {L"hilum-enter", press_enter},   {L"hilum-newline", press_alt_enter},
      {L"hilum-up", press_up},          {L"hilum-down", press_down},     {L"hilum-paste", take_paste},
      {L"hilum-listing", show_listing}, {L"hilum-interrupt", interrupt}, {L"hilum-give-up", give_up},
      {L"hilum-redraw", redraw},
  };
  static const struct binding bindings[] = {
      {SUBMIT, "ed-newline"},
      {LINE_UP, "ed-prev-line"},
      {OLDER, "ed-prev-history"},
      {LINE_DOWN, "ed-next-line"},
      {NEWER, "ed-next-history"},
      {TO_END, "ed-move-to-end"},
      {SHOW_LISTING, "hilum-listing"},
      {GIVE_UP, "hilum-give-up"},
      {HL_LINE_INTERRUPTED, "hilum-interrupt"},
      {HL_LINE_RESIZED, "hilum-redraw"},
      {"\t", "hilum-complete"},
      {"\r", "hilum-enter"},
      {"\n", "hilum-enter"},
      {"\033\r", "hilum-newline"},
      {"\033[A", "hilum-up"},
      {"\033OA", "hilum-up"},
      {"\033[B", "hilum-down"},
      {"\033OB", "hilum-down"},
      {"\020", "hilum-up"},
      {"\016", "hilum-down"},
      {"\033[200~", "hilum-paste"},
      {"\033[H", "ed-move-to-beg"},
      {"\033[F", "ed-move-to-end"},
      {"\033[1~", "ed-move-to-beg"},
      {"\033[4~", "ed-move-to-end"},
      {"\033[3~", "ed-delete-next-char"},
      {"\033[1;5C", "em-next-word"},
      {"\033[1;5D", "ed-prev-word"},
      {"\022", "em-inc-search-prev"},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    el_wset(el, EL_ADDFN, functions[i].name, L"hilum", functions[i].press);
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
    el_set(el, EL_BIND, bindings[i].key, bindings[i].function, NULL);
}

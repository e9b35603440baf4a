/* SPDX-License-Identifier: MIT
 *
 * What the files of the line editor share. libedit edits the line; it takes its characters from us, so that tasks run while it
 * waits for them, and asks Lua, under pcall, what Tab and Enter mean. No Lua error crosses libedit.
 */
#ifndef HILUM_LINE_EDITOR_H
#define HILUM_LINE_EDITOR_H

#include <histedit.h>
#include <locale.h>
#include <stdbool.h>

#include "core/bind.h"
#include "task/loop.h"

struct hl_editor {
  EditLine *el; /* NULL: closed */
  History *history;
  locale_t utf8;

  /* While a line is read: */
  lua_State *L;       /* which reads it, the handlers at HL_LINE_HANDLERS; NULL: nobody does */
  const char *prompt; /* on that stack too */
  struct hl_loop *loop;
  struct hl_watch input, signals;
  char *listing;    /* what completion has to show, until it is shown */
  bool interrupted; /* Ctrl-C */
  bool resized;
};

enum { HL_LINE_EDITOR = 1, HL_LINE_PROMPT, HL_LINE_HANDLERS };

struct hl_editor *hl_editor_of(EditLine *el);

/* input_lua.c: the terminal. */

/* What libedit calls for a character. */
int hl_line_read_character(EditLine *el, wchar_t *character);
/* From begin to end, window size and Ctrl-Z are taken care of. False: errno says why. */
bool hl_line_begin_input(struct hl_editor *self);
void hl_line_end_input(struct hl_editor *self);

/* Characters that no terminal sends, since they stand for signals there; they tell libedit of them. */
#define HL_LINE_INTERRUPTED "\003"
#define HL_LINE_RESIZED "\034"

/* keys_lua.c: what keys do. */
void hl_line_bind_keys(EditLine *el);

#endif

/* SPDX-License-Identifier: MIT */
#include "image/notes.h"

#include <stdio.h>
#include <string.h>

enum { KEYWORD_MOST = 24 };

void hl_notes_add(struct hl_notes *notes, const char *kind, const uint8_t *keyword, size_t size, size_t bytes) {
  char name[KEYWORD_MOST + 1];
  size_t length = 0;
  while (length < size && length < KEYWORD_MOST && keyword[length] >= ' ' && keyword[length] < 0x7F) {
    name[length] = (char)keyword[length];
    length++;
  }
  name[length] = '\0';
  notes->count++;
  notes->bytes += bytes;
  size_t used = strlen(notes->names), room = sizeof notes->names - used;
  if (room > strlen(kind) + length + 4)
    snprintf(notes->names + used, room, "%s%s%s%s", used ? ", " : "", kind, length ? " " : "", name);
}

void hl_notes_warn(const struct hl_notes *notes, struct hl_report *report) {
  if (notes->count)
    hl_report_warning(report, "text", "it carries text (%s; %zu bytes), which may name a patient", notes->names, notes->bytes);
}

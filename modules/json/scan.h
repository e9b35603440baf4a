/* SPDX-License-Identifier: MIT
 *
 * What has to be done to a JSON text before lua-cjson decodes it, which knows only floats and cannot tell [] from {}.
 *
 * An empty array and an integer too long for a float become strings that begin with U+0000 and a letter: "\u0000a" and
 * "\u0000i12345678901234567890"; a string that begins with U+0000 itself gets the letter s, "\u0000s…". After decoding,
 * decode_lua.c replaces the marked strings by what they stand for. Texts with nothing of the kind, nearly all, are decoded as
 * they are.
 */
#ifndef HILUM_JSON_SCAN_H
#define HILUM_JSON_SCAN_H

#include "core/buffer.h"

/* Letters of marked strings, which follow the U+0000. */
enum { HL_JSON_ARRAY = 'a', HL_JSON_INTEGER = 'i', HL_JSON_STRING = 's' };

/* Writes the text to be decoded into marked, or leaves marked empty if text can be decoded as it is. Does not validate: the
 * decoder does. False: no memory. */
bool hl_json_mark(const char *text, size_t size, struct hl_buffer *marked);

#endif

/* SPDX-License-Identifier: MIT
 *
 * The Lua files that are part of the program; embed.cmake writes the table. A new file in host/ or a folder of it is found by
 * itself.
 */
#ifndef HILUM_HOST_EMBEDDED_H
#define HILUM_HOST_EMBEDDED_H

#include <stddef.h>

struct hl_embedded {
  const char *name; /* as it is required: "host.repl" */
  const char *text;
  size_t size;
};

extern const struct hl_embedded hl_embedded[];
extern const size_t hl_embedded_count;

#endif

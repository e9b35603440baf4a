/* SPDX-License-Identifier: MIT
 *
 * XML as services answer with it, read by expat into a flat tree: elements and the text of those that have no elements in them.
 * Attributes, comments, and text between elements are left out. Document types, and with them entities, are refused; depth and
 * size are bounded. Any thread.
 */
#ifndef HILUM_XML_XML_H
#define HILUM_XML_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/error.h"

enum { HL_XML_DEPTH = 64, HL_XML_SIZE = 256 << 20 /* bytes */ };

/* An element. Those in it follow it up to `end`; the first is the next one, and the end of each is where its sibling begins. */
struct hl_xml_node {
  uint32_t name, name_size; /* in the tree's bytes */
  uint32_t text, text_size;
  uint32_t end;
};

/* Zeroed: empty. The first node is the root. */
struct hl_xml {
  struct hl_xml_node *nodes;
  size_t count, capacity;
  struct hl_buffer bytes;
};

/* Fills tree. False: tree is empty, and err has the line. */
bool hl_xml_parse(const char *text, size_t size, struct hl_xml *tree, struct hl_error *err);

void hl_xml_free(struct hl_xml *tree);

static inline bool hl_xml_is_leaf(const struct hl_xml *tree, size_t node) { return tree->nodes[node].end == node + 1; }

/* The most bytes that one byte becomes when it is escaped. */
enum { HL_XML_ESCAPED = 6 };

/* Writes text as it stands in XML to out, which has room for HL_XML_ESCAPED times its size: what has a meaning there, and control
 * characters, as references. Returns its size. */
size_t hl_xml_escape(const char *text, size_t size, char *out);

#endif

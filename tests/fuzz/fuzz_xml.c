/* SPDX-License-Identifier: MIT
 *
 * Any bytes as XML; what is taken is a tree whose every node lies within its parent and its bytes, and whose texts, escaped, read
 * back the same.
 */
#include <stdlib.h>
#include <string.h>

#include "xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

/* Returns how deep the tree is below node. */
static size_t check_node(const struct hl_xml *tree, size_t node) {
  const struct hl_xml_node *n = &tree->nodes[node];
  check(n->end > node && n->end <= tree->count);
  check(n->name_size > 0 && n->name + (size_t)n->name_size <= tree->bytes.size);
  check(n->text + (size_t)n->text_size <= tree->bytes.size);
  check(hl_xml_is_leaf(tree, node) || n->text_size == 0);
  size_t deepest = 0;
  for (size_t child = node + 1; child < n->end; child = tree->nodes[child].end) {
    size_t depth = check_node(tree, child);
    deepest = depth > deepest ? depth : deepest;
  }
  return deepest + 1;
}

/* Control characters cannot be in XML 1.0, not even as references: only services that bend the rules take them. */
static bool has_controls(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if ((unsigned char)text[i] < ' ' && !memchr("\t\r\n", text[i], 3)) return true;
  return false;
}

static void check_escape(const char *text, size_t size) {
  if (has_controls(text, size)) return;
  char *escaped = malloc(HL_XML_ESCAPED * size + 8);
  if (!escaped) return;
  memcpy(escaped, "<a>", 3);
  size_t length = 3 + hl_xml_escape(text, size, escaped + 3);
  memcpy(escaped + length, "</a>", 4);
  struct hl_xml tree;
  check(hl_xml_parse(escaped, length + 4, &tree, NULL));
  check(tree.count == 1 && tree.nodes[0].text_size == size && memcmp(tree.bytes.data + tree.nodes[0].text, text, size) == 0);
  hl_xml_free(&tree);
  free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct hl_xml tree;
  if (!hl_xml_parse((const char *)data, size, &tree, NULL)) {
    check(!tree.nodes && !tree.bytes.data);
    return 0;
  }
  check(tree.nodes[0].end == tree.count && check_node(&tree, 0) <= HL_XML_DEPTH);
  for (size_t i = 0; i < tree.count; i++) check_escape(tree.bytes.data + tree.nodes[i].text, tree.nodes[i].text_size);
  hl_xml_free(&tree);
  return 0;
}

/* SPDX-License-Identifier: MIT */
#include "xml/xml.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
  XML_Parser expat;
  struct hl_xml *tree;
  uint32_t open[HL_XML_DEPTH]; /* the elements that have begun and not ended */
  size_t depth;
  const char *refused; /* why parsing was stopped */
};

static void stop(struct parser *p, const char *why) {
  if (!p->refused) p->refused = why;
  XML_StopParser(p->expat, XML_FALSE);
}

static struct hl_xml_node *innermost(struct parser *p) { return p->depth ? &p->tree->nodes[p->open[p->depth - 1]] : NULL; }

/* What came before the first element in it was no text of its own. */
static void forget_text(struct hl_xml *tree, struct hl_xml_node *node) {
  if (!node || node != &tree->nodes[tree->count - 1]) return;
  tree->bytes.size = node->text;
  node->text_size = 0;
}

static struct hl_xml_node *add_node(struct hl_xml *tree) {
  struct hl_xml_node *grown = hl_grow(tree->nodes, &tree->capacity, tree->count + 1, sizeof *grown);
  if (!grown) return NULL;
  tree->nodes = grown;
  return &grown[tree->count++];
}

static void XMLCALL begin_element(void *data, const XML_Char *name, const XML_Char **attributes) {
  struct parser *p = data;
  struct hl_xml *tree = p->tree;
  (void)attributes;
  if (p->refused) return;
  if (p->depth == HL_XML_DEPTH) {
    stop(p, "elements are nested too deeply");
    return;
  }
  forget_text(tree, innermost(p));
  size_t at = tree->bytes.size, size = strlen(name);
  struct hl_xml_node *node = add_node(tree);
  if (!node || !hl_buffer_add(&tree->bytes, name, size)) {
    stop(p, "not enough memory");
    return;
  }
  *node = (struct hl_xml_node){.name = (uint32_t)at, .name_size = (uint32_t)size, .text = (uint32_t)(at + size)};
  p->open[p->depth++] = (uint32_t)(tree->count - 1);
}

static void XMLCALL end_element(void *data, const XML_Char *name) {
  struct parser *p = data;
  (void)name;
  if (p->refused) return;
  innermost(p)->end = (uint32_t)p->tree->count;
  p->depth--;
}

static void XMLCALL add_text(void *data, const XML_Char *text, int size) {
  struct parser *p = data;
  struct hl_xml_node *node = innermost(p);
  if (p->refused || !node || node != &p->tree->nodes[p->tree->count - 1]) return;
  if (!hl_buffer_add(&p->tree->bytes, text, (size_t)size))
    stop(p, "not enough memory");
  else
    node->text_size += (uint32_t)size;
}

static void XMLCALL refuse_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                                   int internal) {
  (void)name, (void)system, (void)public, (void)internal;
  stop(data, "document types are refused");
}

static bool fail(struct parser *p, struct hl_error *err) {
  const char *why = p->refused ? p->refused : XML_ErrorString(XML_GetErrorCode(p->expat));
  hl_xml_free(p->tree);
  return hl_fail(err, HL_PARSE, "xml.parse", "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(p->expat), why);
}

bool hl_xml_parse(const char *text, size_t size, struct hl_xml *tree, struct hl_error *err) {
  *tree = (struct hl_xml){0};
  if (size > HL_XML_SIZE) return hl_fail(err, HL_PARSE, "xml.parse", "the text is longer than %d MiB", HL_XML_SIZE >> 20);
  struct parser p = {.expat = XML_ParserCreate(NULL), .tree = tree};
  if (!p.expat) return hl_fail(err, HL_IO, "xml.parse", "not enough memory");
  XML_SetUserData(p.expat, &p);
  XML_SetElementHandler(p.expat, begin_element, end_element);
  XML_SetCharacterDataHandler(p.expat, add_text);
  XML_SetStartDoctypeDeclHandler(p.expat, refuse_doctype);
  bool parsed = (XML_Parse(p.expat, text, (int)size, 1) == XML_STATUS_OK && !p.refused) || fail(&p, err);
  XML_ParserFree(p.expat);
  return parsed;
}

void hl_xml_free(struct hl_xml *tree) {
  free(tree->nodes);
  hl_buffer_free(&tree->bytes);
  *tree = (struct hl_xml){0};
}

static const char *reference(unsigned char c, char number[HL_XML_ESCAPED + 1]) {
  switch (c) {
  case '&': return "&amp;";
  case '<': return "&lt;";
  case '>': return "&gt;";
  case '"': return "&quot;";
  case '\'': return "&apos;";
  default:
    if (c >= ' ' && c != 0x7f) return NULL;
    snprintf(number, HL_XML_ESCAPED + 1, "&#%d;", c);
    return number;
  }
}

size_t hl_xml_escape(const char *text, size_t size, char *out) {
  char *at = out;
  for (size_t i = 0; i < size; i++) {
    char number[HL_XML_ESCAPED + 1];
    const char *as = reference((unsigned char)text[i], number);
    if (as)
      at = stpcpy(at, as);
    else
      *at++ = text[i];
  }
  return (size_t)(at - out);
}

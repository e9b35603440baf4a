/* SPDX-License-Identifier: MIT */
#include "../check.h"
#include "xml/xml.h"

static bool parse(const char *text, struct hl_xml *tree, struct hl_error *err) {
  size_t size = strlen(text);
  return hl_xml_parse(guard_copy(text, size), size, tree, err);
}

static bool is(const struct hl_xml *tree, size_t node, const char *name, const char *text, size_t end) {
  const struct hl_xml_node *n = &tree->nodes[node];
  const char *bytes = tree->bytes.data;
  return n->name_size == strlen(name) && memcmp(bytes + n->name, name, n->name_size) == 0 && n->text_size == strlen(text) &&
         memcmp(bytes + n->text, text, n->text_size) == 0 && n->end == end;
}

static void test_tree(void) {
  struct hl_xml tree;
  CHECK(parse("<r>drop<a>1</a><b><c/>drop<d>x&amp;y</d></b><e> </e></r>", &tree, NULL));
  CHECK_EQ_INT(tree.count, 6);
  CHECK(is(&tree, 0, "r", "", 6));
  CHECK(is(&tree, 1, "a", "1", 2));
  CHECK(is(&tree, 2, "b", "", 5));
  CHECK(is(&tree, 3, "c", "", 4));
  CHECK(is(&tree, 4, "d", "x&y", 5));
  CHECK(is(&tree, 5, "e", " ", 6));
  CHECK(hl_xml_is_leaf(&tree, 3) && !hl_xml_is_leaf(&tree, 2));
  hl_xml_free(&tree);
  hl_xml_free(&tree);
  CHECK_EQ_INT(tree.count, 0);
}

static void test_refused(void) {
  static const struct {
    const char *text, *message;
  } cases[] = {{"", "line 1: no element found"},
               {"<a>\n<b></a>", "line 2: mismatched tag"},
               {"\n<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "line 2: document types are refused"},
               {"<a>&e;</a>", "line 1: undefined entity"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct hl_xml tree;
    struct hl_error err;
    CHECK(!parse(cases[i].text, &tree, &err));
    CHECK_EQ_STR(err.message, cases[i].message);
    CHECK(err.kind == HL_PARSE && !tree.nodes && !tree.bytes.data);
  }
}

static void test_escape(void) {
  const char text[] = {'a', '&', '<', '>', '"', '\'', '\0', '\n', 0x1f, 0x7f, (char)0xc3, (char)0xa9};
  const char *wanted = "a&amp;&lt;&gt;&quot;&apos;&#0;&#10;&#31;&#127;\xc3\xa9";
  char out[HL_XML_ESCAPED * sizeof text + 1];
  size_t size = hl_xml_escape(guard_copy(text, sizeof text), sizeof text, out);
  CHECK_EQ_INT(size, strlen(wanted));
  CHECK(memcmp(out, wanted, size) == 0);
}

int main(void) {
  test_tree();
  test_refused();
  test_escape();
  return check_report();
}

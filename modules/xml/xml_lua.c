/* SPDX-License-Identifier: MIT */
#include "core/bind.h"
#include "task/op.h"
#include "xml/xml.h"

enum { SMALL = 1 << 14 }; /* bytes that are parsed at once, on this thread */

struct parse {
  struct hl_op op;
  const char *text; /* pinned */
  size_t size;
  int lists, items; /* stack indexes of sets of names */
  bool parsed;
  struct hl_xml tree;
  struct hl_error err;
};

static void work(struct hl_op *op, size_t item) {
  struct parse *p = (struct parse *)op;
  (void)item;
  p->parsed = hl_xml_parse(p->text, p->size, &p->tree, &p->err);
}

static void destroy(struct hl_op *op) { hl_xml_free(&((struct parse *)op)->tree); }

/* Is the name at the top of the stack in the set? */
static bool has_name(lua_State *L, int set) {
  lua_pushvalue(L, -1);
  bool found = lua_rawget(L, set) != LUA_TNIL;
  lua_pop(L, 1);
  return found;
}

/* Puts the array t[name], made if need be, on the stack; t is below the name, which stays. [-0, +1, m] */
static void push_list(lua_State *L) {
  lua_pushvalue(L, -1);
  if (lua_rawget(L, -3) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, -2);
  lua_rawset(L, -5);
}

static void push_node(lua_State *L, const struct parse *p, size_t node);

/* Adds a child to the table at the top of the stack. */
static void add_child(lua_State *L, const struct parse *p, size_t child) {
  const struct hl_xml_node *node = &p->tree.nodes[child];
  lua_pushlstring(L, p->tree.bytes.data + node->name, node->name_size);
  bool is_item = has_name(L, p->items), is_list = !is_item && has_name(L, p->lists);
  if (is_list) push_list(L);
  push_node(L, p, child);
  if (is_item || is_list) {
    int list = is_item ? -3 : -2;
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
    lua_pop(L, is_item ? 1 : 2);
  } else {
    lua_rawset(L, -3);
  }
}

static void push_node(lua_State *L, const struct parse *p, size_t node) {
  const struct hl_xml_node *nodes = p->tree.nodes;
  if (hl_xml_is_leaf(&p->tree, node)) {
    lua_pushlstring(L, p->tree.bytes.data + nodes[node].text, nodes[node].text_size);
    return;
  }
  luaL_checkstack(L, 8, "xml.parse");
  lua_createtable(L, 0, 8);
  for (size_t child = node + 1; child < nodes[node].end; child = nodes[child].end) add_child(L, p, child);
}

static int push(lua_State *L, struct hl_op *op) {
  const struct parse *p = (struct parse *)op;
  if (!p->parsed) return hl_push_error(L, &p->err);
  push_node(L, p, 0);
  lua_pushlstring(L, p->tree.bytes.data + p->tree.nodes[0].name, p->tree.nodes[0].name_size);
  return 2;
}

/* The option, an array of names, as a set at the top of the stack. [-0, +1, e] */
static int push_set(lua_State *L, const char *option) {
  lua_newtable(L);
  int set = lua_gettop(L);
  if (!lua_istable(L, 2) || lua_getfield(L, 2, option) == LUA_TNIL) {
    lua_settop(L, set);
    return set;
  }
  if (!lua_istable(L, -1)) luaL_argerror(L, 2, lua_pushfstring(L, "option '%s': an array of names expected", option));
  lua_Integer count = luaL_len(L, -1);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    lua_pushboolean(L, 1);
    lua_rawset(L, set);
  }
  lua_settop(L, set);
  return set;
}

static int l_parse(lua_State *L) {
  static const struct hl_op_class cls = {.name = "xml.parse", .work = work, .push = push, .destroy = destroy};
  static const char *const options[] = {"lists", "items", NULL};
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_settop(L, 2);
  hl_check_options(L, 2, options);
  int lists = push_set(L, "lists"), items = push_set(L, "items");
  struct parse *p = hl_op_new(L, &cls, sizeof *p);
  p->text = text;
  p->size = size;
  p->lists = lists;
  p->items = items;
  hl_op_pin(L, &p->op, 1);
  return size <= SMALL ? hl_op_run_here(L, &p->op) : hl_op_await(L, &p->op);
}

static int l_escape(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  luaL_Buffer buffer;
  char *room = luaL_buffinitsize(L, &buffer, HL_XML_ESCAPED * size + 1);
  luaL_pushresultsize(&buffer, hl_xml_escape(text, size, room));
  return 1;
}

HL_MODULE int luaopen_hilum_xml(lua_State *L) {
  static const luaL_Reg functions[] = {{"parse", l_parse}, {"escape", l_escape}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

-- SPDX-License-Identifier: MIT
-- xml: the answers of services, and what must not be taken.
local t = require "t"
local xml = require "hilum.xml"

t.test("elements by their names, text, and the root's name", function()
  local value, name = xml.parse([=[<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bkt</Name><Prefix/><Owner><ID>1</ID></Owner>
  <!-- a comment --> <Note kind="x">a<![CDATA[<b>]]>c</Note>
</ListBucketResult>
]=])
  t.eq(name, "ListBucketResult")
  t.eq(value, { Name = "bkt", Prefix = "", Owner = { ID = "1" }, Note = "a<b>c" })
  t.eq({ xml.parse "<a/>" }, { "", "a" })
  t.eq(xml.parse "<a>&quot;x&quot; &lt;&#233;&#x1F600;\r\n</a>", "\"x\" <é😀\n")
end)

t.test("what repeats: lists by name, items in the array part", function()
  local text = "<R><C><Key>a</Key></C><N>1</N><C><Key>b</Key><N>2</N></C></R>"
  t.eq(xml.parse(text, { lists = { "C", "Missing" } }), { N = "1", C = { { Key = "a" }, { Key = "b", N = "2" } } })
  t.eq(xml.parse(text), { N = "1", C = { Key = "b", N = "2" } })
  local roles = "<R><Roles><member><Name>a</Name></member><member>b</member></Roles><More/></R>"
  t.eq(xml.parse(roles, { items = { "member" } }), { Roles = { { Name = "a" }, "b" }, More = "" })
  t.eq(xml.parse("<R>  <C> x </C>  y <C/></R>", { lists = { "C" } }), { C = { " x ", "" } })
end)

t.test("text before an element does not stay in it", function()
  t.eq(xml.parse "<a>long text before<b>x</b>and after</a>", { b = "x" })
  t.eq(xml.parse "<a>t<b/>u<c>v</c></a>", { b = "", c = "v" })
end)

t.test("garbage is an error with its line", function()
  for text, pattern in pairs {
    [""] = "line 1: no element found",
    ["not xml"] = "line 1: ",
    ["<a>\n<b>\n</a>"] = "line 3: mismatched tag",
    ["<a>"] = "line 1: ",
    ["<a/><b/>"] = "line 1: junk after document element",
    ["<a>\n\n&nbsp;</a>"] = "line 3: undefined entity",
    ["<a>\xFF\xFE</a>"] = "line 1: not well%-formed",
    ["<a>\0</a>"] = "line 1: not well%-formed",
    ["\n<?xml version='1.0'?><a/>"] = "line 2: ",
    ["<?xml version='1.0' encoding='EBCDIC-XX'?><a/>"] = "line 1: unknown encoding",
  } do t.fails("parse", "xml%.parse: " .. pattern, xml.parse(text)) end
end)

t.test("document types are refused, and bombs with them", function()
  t.fails("parse", "line 1: document types are refused", xml.parse '<!DOCTYPE a><a/>')
  local bomb = { '<?xml version="1.0"?>\n<!DOCTYPE a [\n<!ENTITY e0 "boom">' }
  for i = 1, 9 do bomb[#bomb + 1] = ('<!ENTITY e%d "%s">'):format(i, ("&e%d;"):format(i - 1):rep(10)) end
  bomb[#bomb + 1] = "]><a>&e9;</a>"
  t.fails("parse", "line 2: document types are refused", xml.parse(table.concat(bomb, "\n")))
  t.fails("parse", "document types", xml.parse '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>')
end)

t.test("depth is bounded", function()
  local function nested(depth) return ("<a>"):rep(depth) .. "x" .. ("</a>"):rep(depth) end
  local value, depth = xml.parse(nested(64)), 1
  while type(value) == "table" do value, depth = value.a, depth + 1 end
  t.eq({ value, depth }, { "x", 64 })
  t.fails("parse", "line 1: elements are nested too deeply", xml.parse(nested(65)))
  t.fails("parse", "nested too deeply", xml.parse(("<a>"):rep(1000000)))
end)

t.test("a long text is parsed on the pool, in tasks too", function()
  local task = require "hilum.task"
  local keys = {}
  for i = 1, 5000 do keys[i] = ("<Contents><Key>images/%08d_000.png</Key><Size>%d</Size></Contents>"):format(i, i) end
  local text = "<R>" .. table.concat(keys, "\n") .. "</R>"
  local pages = task.map({ 1, 2, 3, 4 }, function() return (xml.parse(text, { lists = { "Contents" } })) end)
  for i = 1, 4 do
    t.eq(#pages[i].Contents, 5000)
    t.eq(pages[i].Contents[5000], { Key = "images/00005000_000.png", Size = "5000" })
  end
  t.fails("parse", "line 5000: mismatched tag", xml.parse((text:gsub("</R>", "</S>"))))
end)

t.test("escape, and back", function()
  t.eq(xml.escape "plain é", "plain é")
  t.eq(xml.escape "&<>\"'\r\n\t\x01\x7f", "&amp;&lt;&gt;&quot;&apos;&#13;&#10;&#9;&#1;&#127;")
  local all = {}
  for byte = 0x20, 0x7e do all[#all + 1] = string.char(byte) end
  local text = table.concat(all) .. "\r\n\té"
  t.eq(xml.parse("<a>" .. xml.escape(text) .. "</a>"), text)
  t.eq(xml.escape "", "")
end)

t.test("misuse raises", function()
  t.raises("string expected", xml.parse)
  t.raises("unknown option 'list'", xml.parse, "<a/>", { list = {} })
  t.raises("option 'lists': an array", xml.parse, "<a/>", { lists = "Contents" })
  t.raises("string expected", xml.escape)
end)

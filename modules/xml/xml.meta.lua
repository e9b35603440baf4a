---@meta hilum.xml
-- XML as web services answer with it, to plain tables. Not a general reader: attributes, comments, and text that stands between
-- elements are left out; a document type, and with it any entity of its own, is refused.
local xml = {}

--- The content of the root element, and its name. An element with elements in it is a table, by their names as they are written; one
--- without is its text, "" if it is empty. Of several with one name the last counts, unless the name is among `lists`: then it is
--- an array, even of one. Those named in `items` go into the array part of the element that they are in.
--- Long texts are parsed on the worker pool. Deeper than 64 elements, longer than 256 MiB, or malformed: an error with the line.
---@param text string
---@param options? {lists?: string[], items?: string[]}
---@return table|string? content
---@return string|hilum.Error name  the root's name; after nil the error, of kind "parse"
---@usage local page = assert(xml.parse("<R><Key>a</Key><Part>1</Part></R>", { lists = { "Part" } }))
---@usage assert(page.Key == "a" and page.Part[1] == "1")
---@usage assert(xml.parse("<Roles><member>a</member><member>b</member></Roles>", { items = { "member" } })[2] == "b")
function xml.parse(text, options) end

--- Text as it is written between tags or quotes: & < > " ' and control characters become references.
---@param text string
---@return string escaped
---@usage assert(xml.escape("a<b\n") == "a&lt;b&#10;")
function xml.escape(text) end

return xml

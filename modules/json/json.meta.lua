---@meta hilum.json
-- JSON (RFC 8259). Decoding keeps what Lua would lose: null is json.null, an empty array stays an array, numbers with an integral
-- value are integers (exact over all 64 bits; 1.0 and 1e3 too, as in RFC 8785). Encoding gives the same bytes for the same value: keys
-- sorted, no blanks, the shortest digits that read back as the same number; hashes rest on it.
local json = {}

--- What null is decoded to, and encoded from.
json.null = nil

--- The value of a JSON text.
---@param text string
---@return any value
---@return hilum.Error? err  kind "parse", with the column, and the line if there are several
---@usage assert(json.decode('{"k": 12}').k == 12)
function json.decode(text) end

--- The JSON text of a value. A table is an array if it has items or is marked by json.array, else an object. Raises for NaN,
--- infinity, functions, tables with both items and other keys, arrays with holes, and nesting deeper than 200. Text that is not UTF-8
--- gets U+FFFD in place of what is not.
---@param value any
---@param options? {indent?: integer, order?: string[]}  blanks per level; keys that come first, in that order, in every object
---@return string text
---@usage assert(json.encode({ b = 1, a = json.array {} }) == '{"a":[],"b":1}')
function json.encode(value, options) end

--- Marks a table (a new one if none is given) as an array, so that it is one even when empty.
---@param t? table
---@return table t
---@usage assert(json.encode(json.array()) == "[]")
function json.array(t) end

--- The value in a file.
---@param path string
---@return any value
---@return hilum.Error? err  with the path
---@usage print(json.read("dataset.jsonl").image)
function json.read(path) end

--- Writes a value to a file (and a line end), which is there whole or not at all.
---@param path string
---@param value any
---@param options? {indent?: integer, order?: string[]}
---@return true? done
---@return hilum.Error? err
---@usage assert(json.write("model.json", { format = 1 }, { indent = 2 }))
function json.write(path, value, options) end

--- Reads a file with a value on each line: each round gives a value and its line number. Blank lines are skipped. Raises, with path
--- and line, at a line that is no JSON.
---@param path string
---@return hilum.json.Lines? lines
---@return hilum.Error? err  the file cannot be opened
---@usage for record, line in assert(json.lines("dataset.jsonl")) do print(line, record.image) end
function json.lines(path) end

--- Writes the values of an array to a file, each on a line; the file is there whole or not at all.
---@param path string
---@param values any[]
---@param options? {order?: string[]}
---@return true? done
---@return hilum.Error? err
---@usage assert(json.write_lines("out.jsonl", { { image = "1.png" } }))
function json.write_lines(path, values, options) end

--- What json.lines returns, to be called once a line.
---@class hilum.json.Lines
local Lines = {}

--- Closes the file before its end.
---@usage assert(json.lines("dataset.jsonl")):close()
function Lines:close() end

return json

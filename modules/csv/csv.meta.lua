---@meta hilum.csv
-- Tables of text: RFC 4180 and the real world (byte order marks, any line end, quotes inside unquoted cells, repeated names). csv.rows
-- streams; csv.load keeps a table in memory, groups its rows by the text of some columns, looks rows of one table up in another, and
-- writes them as lines of JSON in which a text made once serves all rows of a group.
--
-- A row of another width than the header is an error that names file, line and counts, unless ragged is set: then short rows
-- are filled with empty cells and long ones cut. A NUL byte is an error. Blank lines are skipped; blanks around cells are kept. A name
-- that comes again gets _2, _3, …, and an empty one is column_N.
local csv = {}

--- Reads a file row by row: each round gives a record {name = cell} (header = false: an array of cells) and the line it begins at.
--- Raises what is wrong with the file when it gets there.
---@param path string
---@param options? {separator?: string, header?: boolean, ragged?: boolean}  separator "," and header true if not given
---@return hilum.csv.Rows? rows
---@return hilum.Error? err  the file cannot be opened
---@usage for row, line in assert(csv.rows("labels.csv")) do print(line, row.id) end
function csv.rows(path, options) end

--- The rows of a text: an array of what csv.rows gives.
---@param text string
---@param options? {separator?: string, header?: boolean, ragged?: boolean}
---@return table[]? rows
---@return hilum.Error? err
---@usage assert(csv.parse("id,age\na,57\n")[1].age == "57")
function csv.parse(text, options) end

--- Loads a file, or files that have the same columns, into one table; each file is parsed by a worker.
---@param paths string|string[]
---@param options? {separator?: string, ragged?: boolean, file_column?: string}  file_column: the name of one more column, which says
--- which file a row is from
---@return hilum.csv.Table? table
---@return hilum.Error? err
---@usage local t = assert(csv.load({ "labels.csv", "labels.csv" }, { file_column = "file" }))
function csv.load(paths, options) end

--- What csv.rows returns, to be called once a row.
---@class hilum.csv.Rows
---@overload fun(): table?, integer
local Rows = {}

--- Closes the file before its end.
---@usage assert(csv.rows("labels.csv")):close()
function Rows:close() end

--- Rows and columns of text; #table is the number of rows. Never changes.
---@class hilum.csv.Table
local Table = {}

--- The names of the columns, in order.
---@return string[] names
---@usage print(table.concat(assert(csv.load("labels.csv")):columns(), " "))
function Table:columns() end

--- The text of a cell.
---@param row integer  from 1
---@param column string
---@return string cell
---@usage assert(assert(csv.load("labels.csv")):cell(1, "id") == "a.png")
function Table:cell(row, column) end

--- All cells of a column.
---@param column string
---@return string[] cells
---@usage assert(#assert(csv.load("labels.csv")):column("id") == 2)
function Table:column(column) end

--- The line of its file at which a row begins.
---@param row integer
---@return integer line
---@usage assert(assert(csv.load("labels.csv")):line(1) == 2)
function Table:line(row) end

--- A table of the rows whose cell in a column is a key of set with a true value.
---@param column string
---@param set table<string, any>
---@return hilum.csv.Table selected
---@usage assert(#assert(csv.load("labels.csv")):select("id", { ["a.png"] = true }) == 1)
function Table:select(column, set) end

--- Groups the rows by the text of a column or of several; every further argument is another grouping, made at the same time.
---@param columns string|string[]
---@param ... string|string[]
---@return hilum.csv.Groups groups
---@return hilum.csv.Groups ...
---@usage local by_labels, by_patient = assert(csv.load("labels.csv")):distinct({ "Effusion", "Mass" }, "subj_id")
function Table:distinct(columns, ...) end

--- For each row, the first row of another table whose cell is the same: a join.
---@param column string  of this table
---@param groups hilum.csv.Groups  of the other table, by one column
---@return hilum.csv.Match match
---@usage local t, other = assert(csv.load("labels.csv")), assert(csv.load("labels.csv"))
---@usage local match = t:match("id", other:distinct("id"))
function Table:match(column, groups) end

--- Writes a file with a text for each row, put together from pieces: a string; {column=} a cell as a JSON string; {groups=, texts=}
--- the text of the row's group, texts being an array with one for each. With match= the column (then table= says of which table) or
--- groups are those of the matched row; a row without a match gets nothing. The file is there whole or not at all.
---@param path string
---@param pieces (string|{column?: string, table?: hilum.csv.Table, groups?: hilum.csv.Groups, texts?: string[], match?: hilum.csv.Match})[]
---@param layout? {before?: string, between?: string, after?: string}  around the rows, and between any two
---@return true? done
---@return hilum.Error? err  a cell that is not UTF-8, too
---@usage local t = assert(csv.load("labels.csv"))
---@usage assert(t:write("ids.jsonl", { '{"id":', { column = "id" }, "}\n" }))
function Table:write(path, pieces, layout) end

--- Rows that have the same text in some columns, numbered from 1 in the order of their first rows; #groups is how many there are.
---@class hilum.csv.Groups
local Groups = {}

--- How many rows a group has.
---@param group integer
---@return integer rows
---@usage assert(assert(csv.load("labels.csv")):distinct("Mass"):count(1) == 1)
function Groups:count(group) end

--- The first row of a group.
---@param group integer
---@return integer row
---@usage assert(assert(csv.load("labels.csv")):distinct("Mass"):row(2) == 2)
function Groups:row(group) end

--- The text that a group's rows have in common, a cell for each column.
---@param group integer
---@return string[] cells
---@usage assert(assert(csv.load("labels.csv")):distinct("Mass"):cells(1)[1] == "0")
function Groups:cells(group) end

--- The group of a row.
---@param row integer
---@return integer group
---@usage assert(assert(csv.load("labels.csv")):distinct("Mass"):of(2) == 2)
function Groups:of(row) end

--- The group with that text, of groups by one column; nil if there is none.
---@param text string
---@return integer? group
---@usage assert(assert(csv.load("labels.csv")):distinct("id"):find("b.png") == 2)
function Groups:find(text) end

--- What Table:match made.
---@class hilum.csv.Match
local Match = {}

--- The row of the other table for a row; nil if none matched.
---@param row integer
---@return integer? row
---@usage local t = assert(csv.load("labels.csv"))
---@usage assert(t:match("id", t:distinct("id")):row(2) == 2)
function Match:row(row) end

--- How many rows have no match.
---@return integer rows
---@usage local t = assert(csv.load("labels.csv"))
---@usage assert(t:match("id", t:distinct("subj_id")):missing() == 2)
function Match:missing() end

return csv

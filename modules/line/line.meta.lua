---@meta hilum.line
-- Lines typed on a terminal, edited as they are typed (libedit), with a history. Tasks run while the user thinks. Keys are those of
-- emacs and what ~/.editrc binds; a pasted text is taken as it is, and a text may have several lines.
local line = {}

--- An editor of lines on stdin and stdout.
--- Fails unless both are a terminal that can move its cursor: elsewhere, and on a dumb terminal, there is io.read.
---@param options? {limit?: integer}  lines the history keeps, 1000
---@return hilum.line.Editor? editor
---@return hilum.Error? err
---@usage local editor = line.open()
---@usage if editor then print(editor:read("> ")) end
function line.open(options) end

---@class hilum.line.Editor
local Editor = {}

--- Reads one line. Nothing: the end of input (Ctrl-D on an empty line). An error of kind "interrupted": Ctrl-C.
--- complete is asked what Tab means, enter what Enter does. Both are given the text and the number of its bytes left of the cursor, and
--- answer from which byte on, up to the cursor, the text is replaced, and by what; nothing if by nothing. complete may add a text to
--- show below the line, enter whether the line is finished then; it is too when nothing was replaced. If they fail, nothing happens.
---@param prompt string  escape sequences in it stand between two \1
---@param handlers? {complete?: (fun(text: string, cursor: integer): integer?, string?, string?), enter?: (fun(text: string, cursor: integer): integer?, string?, boolean?)}
---@return string? text  without the line end
---@return hilum.Error? err
---@usage local editor = line.open()
---@usage if editor then print(editor:read("> ", { complete = function(_, cursor) return cursor + 1, "!" end })) end
function Editor:read(prompt, handlers) end

--- Puts a text into the history, as the latest.
---@param text string
---@usage local editor = line.open()
---@usage if editor then editor:remember("x = 1") end
function Editor:remember(text) end

--- Prints a line; while another task reads one, above that, which then is drawn again.
---@param text string
---@usage local editor = line.open()
---@usage if editor then editor:print("done") end
function Editor:print(text) end

--- Ends the editor. Closed twice is fine.
---@usage local editor <close> = line.open()
---@usage if editor then editor:close() end
function Editor:close() end

return line

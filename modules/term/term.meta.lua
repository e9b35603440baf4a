---@meta hilum.term
-- What is shown to people: progress, tables, colour. Results go to stdout; progress and messages go to stderr.
local term = {}

--- Is the stream a terminal?
---@param stream? "stdin"|"stdout"|"stderr"  stdout if not given
---@return boolean is
---@usage print(term.isatty("stderr"))
function term.isatty(stream) end

--- The columns of the terminal; else $COLUMNS, else 80.
---@return integer columns
---@usage print(("-"):rep(term.width()))
function term.width() end

--- The text in a colour, if the stream is a terminal and nobody objects (NO_COLOR, --no-color, TERM=dumb); else as it is.
---@param text string
---@param color "red"|"green"|"yellow"|"blue"|"magenta"|"cyan"|"gray"|"bold"|"dim"
---@param stream? "stdout"|"stderr"  stderr if not given
---@return string text
---@usage print(term.color("good", "green", "stdout"))
function term.color(text, color, stream) end

--- Records as lines with aligned columns under their names. A column of numbers is aligned to the right; nil is empty.
---@param rows table[]
---@param columns string[]  the keys to show, in order
---@return string text  without a line end
---@usage print(term.table({ { name = "Mass", images = 12 } }, { "name", "images" }))
function term.table(rows, columns) end

--- Begins to show how far a work of total steps is (0: not known) on stderr: a bar ten times a second on a terminal, a line every ten
--- seconds elsewhere, nothing with --quiet. Batch operations count into it (their option progress).
---@param total integer
---@param label string
---@param options? {unit?: string}  what is counted: "images"
---@return hilum.term.Progress progress
---@usage local progress <close> = term.progress(100, "check", { unit = "images" })
function term.progress(total, label, options) end

---@class hilum.term.Progress
local Progress = {}

--- Counts steps done.
---@param n? integer  1
---@usage term.progress(10, "work"):add()
function Progress:add(n) end

--- Counts steps failed. They count as done too: add them as well.
---@param n? integer  1
---@usage term.progress(10, "work"):fail(2)
function Progress:fail(n) end

--- Sets the steps done.
---@param n integer
---@usage term.progress(10, "work"):set(5)
function Progress:set(n) end

--- The steps done and failed.
---@return integer done
---@return integer failed
---@usage print(term.progress(10, "work"):counts())
function Progress:counts() end

--- Ends the display, with a line on how it went if there was anything to see. Also at the end of a <close> variable's scope.
---@usage term.progress(10, "work"):finish()
function Progress:finish() end

return term

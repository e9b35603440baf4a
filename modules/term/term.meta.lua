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

--- The rows of the terminal; 24 where there is none.
---@return integer rows
---@usage print(term.height())
function term.height() end

--- An image as text, made to fit the box, never larger than it is: pixels where the terminal draws them (kitty, iTerm2 or sixel
--- graphics), else half blocks in 24-bit colour ("blocks") or in 256 ("colors"), and letters from dark to bright where stdout is
--- no terminal.
---@param img hilum.image.Image
---@param options? {protocol?: "kitty"|"iterm"|"sixel"|"blocks"|"colors"|"letters", columns?: integer, rows?: integer}  60 columns, 24 rows
---@return string text  with its line ends
---@usage io.write(term.picture(image.new(4, 2, 1, "\0\85\170\255\255\170\85\0")))
function term.picture(img, options) end

--- The text in a colour, if the stream is a terminal and nobody objects (NO_COLOR, --no-color, TERM=dumb); else as it is.
---@param text string
---@param color "red"|"green"|"yellow"|"blue"|"magenta"|"cyan"|"gray"|"bold"|"dim"
---@param stream? "stdout"|"stderr"  stderr if not given
---@return string text
---@usage print(term.color("good", "green", "stdout"))
function term.color(text, color, stream) end

--- Records as lines with aligned columns under their names. A column of numbers is aligned to the right; nil is empty. Texts are cut
--- where the table would be wider than the option says: as the terminal if stdout is one, else as it comes (0).
---@param rows table[]
---@param columns string[]  the keys to show, in order
---@param options? {width?: integer}  characters a line
---@return string text  without a line end
---@usage print(term.table({ { name = "Mass", images = 12 } }, { "name", "images" }))
function term.table(rows, columns, options) end

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

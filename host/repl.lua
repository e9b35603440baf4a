-- SPDX-License-Identifier: MIT
-- A plain prompt: reads chunks from stdin, prints the values of expressions, goes on after errors.
local host = require "hilum.host"

local repl = {}

local function is_incomplete(message) return message:find("<eof>$") ~= nil end

-- Reads lines until they make a chunk: the chunk, or nil and why it is none, or nothing at the end of input.
local function read_chunk(prompt)
  local text = nil
  while true do
    prompt(text and ">> " or "> ")
    local line = io.read("L")
    if not line then return nil, text and "unfinished at the end of input" end
    text = (text or "") .. line
    local chunk, message = load("return " .. text, "=stdin")
    if not chunk then chunk, message = load(text, "=stdin") end
    if chunk then return chunk end
    if not is_incomplete(message) then return nil, message end
  end
end

local function show(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "table" and not (getmetatable(value) or {}).__tostring then
      local ok, text = pcall(require "hilum.json".encode, value, { indent = 2 })
      if ok then value = text end
    end
    print(value)
  end
end

local function evaluate(chunk)
  host.catch_interrupts()
  local function run() show(chunk()) end
  local ok, err = xpcall(run, function(e) return type(e) == "string" and debug.traceback(e, 2) or e end)
  if not ok then io.stderr:write(host.message(err), "\n") end
end

-- Returns the exit status.
function repl.run()
  local interactive = host.isatty(0)
  local function prompt(text) if interactive then io.write(text) io.flush() end end
  if interactive then print(("hilum %s: Lua with hilum's modules; Ctrl-D leaves"):format(host.version)) end
  while true do
    local chunk, message = read_chunk(prompt)
    if chunk then
      evaluate(chunk)
    elseif message then
      io.stderr:write(message, "\n")
    else
      return 0
    end
  end
end

return repl

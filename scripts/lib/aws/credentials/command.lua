-- SPDX-License-Identifier: MIT
-- credential_process: a program that prints credentials as JSON. It is run without a shell. What it says on stderr goes where ours goes,
-- and into no message: it may be secret.
local json = require "hilum.json"
local keys = require "lib.aws.credentials.keys"

local command = {}

local TIMEOUT = 60 -- seconds

local function double_quoted(line, at)
  local close = at + 1
  while true do
    close = line:find('["\\]', close)
    if not close then return nil end
    if line:sub(close, close) == '"' then break end
    close = close + 2
  end
  return (line:sub(at + 1, close - 1):gsub('\\(["\\])', "%1")), close + 1
end

-- The piece of a word that begins at `at`, and where the next one does; nil: it does not end.
local function piece(line, at)
  local first = line:sub(at, at)
  if first == "'" then return line:match("^'([^']*)'()", at) end
  if first == '"' then return double_quoted(line, at) end
  if first == "\\" then return line:match("^\\(.)()", at) end
  return line:match("^([^%s'\"\\]+)()", at)
end

-- The words of a command line, as a shell would take them apart: blanks, quotes, backslashes. nil: a quote is not closed.
function command.split(line)
  local words, at = {}, line:match("^%s*()")
  while at <= #line do
    local word = ""
    while line:find("^%S", at) do
      local text, after = piece(line, at)
      if not text then return nil end
      word, at = word .. text, after
    end
    words[#words + 1] = word
    at = line:match("^%s*()", at)
  end
  return words
end

local function load(words, place)
  local result, err = require "hilum.task".command(words, { timeout = TIMEOUT })
  if not result then return keys.fail("%s: credential_process: %s", place, err.message) end
  if result.status ~= 0 then return keys.fail("%s: credential_process: %s ended with status %d", place, words[1], result.status) end
  local answer = json.decode(result.output)
  if type(answer) ~= "table" then return keys.fail("%s: credential_process: %s did not print JSON", place, words[1]) end
  if answer.Version ~= 1 then return keys.fail("%s: credential_process: %s printed no \"Version\": 1", place, words[1]) end
  return keys.from_answer(answer, place .. ": credential_process")
end

function command.find(aws, profile)
  local line = aws.config:key("credential_process", profile)
  if not line then return nil end
  local place = aws.config:place("credential_process", profile)
  local words = type(line) == "string" and command.split(line)
  if not words or not words[1] then return keys.fail("%s: credential_process is no command, or a quote in it is not closed", place) end
  return { source = ("credential_process of %s"):format(place), load = function() return load(words, place) end }
end

return command

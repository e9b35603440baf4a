-- SPDX-License-Identifier: MIT
-- The tour of the prompt (.readme/tour.txt, as the README shows it) is what the prompt answers.
local t = require "t"
local fs = require "hilum.fs"

local tour = assert(fs.read(t.root .. "/../.readme/tour.txt"))

-- The tour as steps {input=, output={lines}}.
local function steps()
  local list = {}
  for line in tour:gmatch("([^\n]*)\n") do
    local input = line:match("^> (.*)$")
    if input then list[#list + 1] = { input = input, output = {} } else table.insert(list[#list].output, line) end
  end
  return list
end

-- What the prompt answers to each step, by a mark between them.
local function play(list)
  local lines = { "io.stdout:setvbuf('no')" }
  for _, step in ipairs(list) do
    lines[#lines + 1] = "io.write('\\1')"
    lines[#lines + 1] = step.input
  end
  local dir = t.tmp()
  assert(fs.write(dir .. "/input", table.concat(lines, "\n") .. "\n"))
  local status, out, err = t.run(("cd %s && %s <input"):format(dir, t.hilum))
  t.eq(status, 0, err)
  local answers = {}
  for answer in out:gmatch("\1([^\1]*)") do answers[#answers + 1] = answer end
  return answers
end

local function lines_of(text)
  local list = {}
  for line in text:gmatch("([^\n]*)\n") do list[#list + 1] = line end
  return list
end

t.test("the tour", function()
  local list = steps()
  t.ok(#list >= 15)
  for i, answer in ipairs(play(list)) do
    local wanted, got = list[i].output, lines_of(answer)
    for k, line in ipairs(wanted) do
      if line == "…" then break end
      t.eq(got[k], line, list[i].input)
    end
    if wanted[#wanted] ~= "…" then t.eq(#got, #wanted, list[i].input) end
  end
end)

t.test("the README shows this tour, if any", function()
  local readme = assert(fs.read(t.root .. "/../README.md"))
  local first = tour:match("^[^\n]*\n[^\n]*\n")
  if readme:find(first, 1, true) then t.ok(readme:find(tour, 1, true), "README.md and .readme/tour.txt differ") end
end)

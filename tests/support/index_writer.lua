-- SPDX-License-Identifier: MIT
-- Changes an index at random, for tests that kill it or read meanwhile. Says on stdout what it begins, and when that is done:
-- "append FIRST COUNT", "delete ID", "compact". Image i is called as name(i) says, and its vector is row i of vectors().
local vec = require "hilum.vec"

local writer = { LENGTH = 24, MOST = 4000 }
package.loaded.index_writer = writer

function writer.name(i) return ("%08d_000.png"):format(i) end

function writer.vectors()
  local all = vec.gauss(3, writer.MOST, writer.LENGTH)
  vec.normalize(all)
  return all
end

function writer.doc(i)
  return { image = writer.name(i), findings = { i % 3 == 0 and "Mass" or "Edema" }, patient = tostring(i // 3), view = i % 2 == 0 and "PA"
    or "AP" }
end

local function say(...)
  io.stdout:write(table.concat({ ... }, " "), "\n")
  io.stdout:flush()
end

local function docs(first, count)
  local list = {}
  for i = 1, count do list[i] = writer.doc(first + i - 1) end
  return list
end

local function step(idx, all, first)
  local kind = math.random(10)
  if kind == 1 then
    say("compact")
    assert(idx:compact())
  elseif kind <= 3 and first > 1 then
    local id = math.random(first - 1)
    say("delete", id)
    assert(idx:delete { writer.name(id) })
  else
    local count = math.random(5)
    say("append", first, count)
    assert(idx:append(all:slice(first, first + count - 1), docs(first, count)))
    first = first + count
  end
  say("done")
  return first
end

writer.summary = "Changes an index at random"
writer.options = {
  { "index", type = "path", positional = true, required = true, help = "the index" },
  { "first", type = "integer", default = 1, help = "the number of the next image" },
  { "seed", type = "integer", default = 1, help = "of the changes" },
  { "steps", type = "integer", default = 1000, help = "how many" },
}

function writer.run(opt)
  math.randomseed(opt.seed)
  local idx, all, first = assert(require "lib.index".open(opt.index)), writer.vectors(), opt.first
  for _ = 1, opt.steps do
    if first + 5 > writer.MOST then break end
    first = step(idx, all, first)
  end
  return {}
end

return { summary = writer.summary, options = writer.options, run = writer.run }

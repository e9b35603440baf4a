-- SPDX-License-Identifier: MIT
-- task.pipe, between Lua and Lua. What http writes into one: http_body_test.
local t = require "t"
local host = require "hilum.host"
local task = require "hilum.task"

local function read_all(pipe)
  local parts, data, err = {}
  repeat
    data, err = pipe:read()
    parts[#parts + 1] = data
  until not data
  return table.concat(parts), err
end

t.test("bytes come out as they went in, however large the pieces", function()
  local pipe = assert(task.pipe(65536))
  local reader = task.spawn(read_all, pipe)
  local parts = {}
  for i = 1, 60 do
    parts[i] = string.char(64 + i):rep(i * i * 37 % 200001)
    assert(pipe:write(parts[i]))
  end
  pipe:close()
  local data = table.concat(parts)
  t.ok(reader:join() == data)
  t.eq(pipe:written(), #data)
end)

t.test("the end comes behind what was written, and stays", function()
  local pipe = assert(task.pipe())
  pipe:write("abc")
  pipe:close()
  pipe:close("too late")
  t.eq({ pipe:read() }, { "abc" })
  t.eq({ pipe:read() }, {})
  t.fails("io", "closed", pipe:write("x"))
end)

t.test("an error comes behind what was written, with its kind", function()
  local pipe = assert(task.pipe())
  pipe:write("abc")
  pipe:close(host.error("net", "gone"))
  local data, err = read_all(pipe)
  t.eq({ data, err.kind }, { "abc", "net" })
  t.match(err, "gone")
  pipe = assert(task.pipe())
  pipe:close("just a word")
  t.fails("io", "just a word", pipe:read())
end)

t.test("a variable out of scope closes it with an error", function()
  local kept
  do
    local pipe <close> = assert(task.pipe())
    kept = pipe
  end
  t.fails("cancelled", "gave up", kept:read())
end)

t.test("a reader that is cancelled lets go, and the writer hears of it", function()
  local pipe = assert(task.pipe(65536))
  local reader = task.spawn(pipe.read, pipe)
  task.sleep(0)
  reader:cancel()
  t.eq(select(2, reader:join()).kind, "cancelled")
  t.fails("io", "closed", pipe:write("x"))
  t.fails("cancelled", "reader", pipe:read())
end)

t.test("a writer that is cancelled while the pipe is full leaves it to the next", function()
  local pipe = assert(task.pipe(65536))
  local writer = task.spawn(pipe.write, pipe, ("x"):rep(100000))
  task.sleep(0)
  t.raises("somebody else", pipe.write, pipe, "y")
  writer:cancel()
  writer:join()
  local reader = task.spawn(read_all, pipe)
  assert(pipe:write("y"))
  pipe:close()
  t.match(reader:join(), "^x+y$")
end)

t.test("a process with a reader that waits for ever ends", function()
  local status, _, err = t.run(t.hilum .. [[ -e 'pipe = task.pipe() task.spawn(pipe.read, pipe) task.sleep(0) error("over", 0)']])
  t.eq(status, 1)
  t.match(err, "over")
end)

t.test("misuse raises", function()
  t.raises("65536", task.pipe, 10)
  t.raises("string expected", assert(task.pipe()).write, task.pipe(), {})
end)

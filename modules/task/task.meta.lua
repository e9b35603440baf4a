---@meta hilum.task

-- Tasks: functions that run while others wait. One thread runs Lua; a task gives way whenever it calls something that waits or
-- computes on the worker pool. The same calls work outside tasks: there they simply return when they are done.
local task = {}

---@class hilum.Error  what a failing function returns after nil; tostring gives one line
---@field kind "usage"|"io"|"net"|"tls"|"http"|"auth"|"throttled"|"parse"|"integrity"|"timeout"|"cancelled"|"interrupted"
---@field op string        the function that failed, "csv.load"
---@field message string   what happened, to what, what to do
---@field code? string     a stable word, "ENOENT"
---@field status? integer  errno or HTTP status
---@field retryable boolean

--- Starts f(...) as a task. It runs as soon as the caller waits.
--- A task that fails and is never joined is reported at the end, and the exit status is 1.
---@param f function
---@param ... any
---@return hilum.task.Task
---@usage local t = task.spawn(function(x) task.sleep(0.01) return x + 1 end, 41) assert(t:join() == 42)
function task.spawn(f, ...) end

--- Calls f(item, index) for every item, at most `at_once` at a time, and waits for all.
--- An error raised by f cancels the rest and is raised here.
---@param list any[]
---@param options {at_once?: integer}  default 32; may be left out
---@param f fun(item: any, index: integer): any, hilum.Error?
---@return any[] results                    f's first result for each item, in order
---@return table<integer, hilum.Error>? errors  by index, where f returned nil and an error; nil when there were none
---@overload fun(list: any[], f: fun(item: any, index: integer): any, hilum.Error?): any[], table<integer, hilum.Error>?
---@usage local squares = task.map({ 1, 2, 3 }, function(x) return x * x end) assert(squares[3] == 9)
function task.map(list, options, f) end

--- Waits.
---@param seconds number
---@usage task.sleep(0.01)
function task.sleep(seconds) end

--- The number of worker threads; sets it when given, which is possible until the first work has started.
---@param count? integer  1 to 1024
---@return integer
---@usage print(task.jobs())
function task.jobs(count) end

--- Seconds on a clock that never goes back.
---@return number
---@usage local t0 = task.now() print(task.now() - t0)
function task.now() end

--- A bounded pipe of bytes between something that waits (an http.request with `to = pipe`, or pipe:write) and something that
--- reads on a worker (archive.open, or pipe:read). Whoever writes waits while it is full.
---@param bytes? integer  how much it holds, 65536 to 1 GiB; default 4 MiB
---@return hilum.task.Pipe? pipe
---@return hilum.Error? err
---@usage local pipe = assert(task.pipe()) pipe:write("abc") pipe:close() assert(pipe:read() == "abc" and pipe:read() == nil)
function task.pipe(bytes) end

--- Runs a program, which is looked for in PATH, without a shell, and waits for its end. Its stdin is empty; what it says on stderr goes
--- where ours goes. One that is attached has our stdin, stdout and terminal instead, and its output is "".
---@param words string[]  the program and its arguments
---@param options? {timeout?: number, limit?: integer, attached?: boolean}  seconds until it is stopped (60); bytes that it may print (1 MiB)
---@return {status: integer, output: string}? result  its exit status (128 and the signal's number if one ended it); what it printed
---@return hilum.Error? err  it cannot be run, takes too long (kind "timeout") or prints too much
---@usage assert(assert(task.command { "echo", "a  b" }).output == "a  b\n")
function task.command(words, options) end

---@class hilum.task.Task
local Task = {}

--- Waits for the task. Raises where that could never end: in the task itself, or in one that it waits for.
---@return any ...  what its function returned, or nil and its error (a string with a traceback if it was a bug)
---@usage local t = task.spawn(function() return 1, 2 end) local a, b = t:join() assert(a == 1 and b == 2)
function Task:join() end

--- Ends the task: what it waits for is given up and raises an error of kind "cancelled" there. Its <close> variables may
--- still wait, for five seconds.
---@usage local t = task.spawn(task.sleep, 60) t:cancel()
function Task:cancel() end

--- Has it ended?
---@return boolean
---@usage local t = task.spawn(function() end) assert(not t:done())
function Task:done() end

---@class hilum.task.Pipe
local Pipe = {}

--- Writes all of data, waiting for room; one writer at a time.
---@param data string
---@return true? written
---@return hilum.Error? err  the pipe was closed
---@usage local pipe <close> = assert(task.pipe(65536)) assert(pipe:write("abc"))
function Pipe:write(data) end

--- Waits for bytes, on a worker. A reader that is cancelled closes the pipe.
---@return string? data  up to 64 KiB; nil at the end
---@return hilum.Error? err  what the pipe was closed with
---@usage local pipe = assert(task.pipe()) pipe:close("no more") local data, err = pipe:read() assert(not data and err)
function Pipe:read() end

--- How many bytes were written so far.
---@return integer
---@usage local pipe = assert(task.pipe()) pipe:write("abc") assert(pipe:written() == 3)
function Pipe:written() end

--- The end: the reader still gets what is in the pipe, then the end or the error, and writing fails. The first call counts. A
--- variable declared <close> that goes out of scope before that closes the pipe with an error of kind "cancelled".
---@param err? hilum.Error|string
---@usage local pipe = assert(task.pipe()) pipe:close()
function Pipe:close(err) end

return task

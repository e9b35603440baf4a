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

return task

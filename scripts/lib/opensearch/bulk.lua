-- SPDX-License-Identifier: MIT
-- Many documents at once: requests of a few megabytes, several on their way at a time, no more of them in memory. What the server has no
-- room for is sent again, as slowly as it takes; what it refuses is told by name and does not stop the rest.
local host = require "hilum.host"
local opensearch = require "lib.opensearch"

local bulk = { BYTES = 5 << 20, AT_ONCE = 4 }

local ATTEMPTS = 10
local SLICE = 512 -- documents that a task takes at a time
local HOPELESS = 20 -- refusals, and nothing that was taken: the rest would be refused too

-- Statuses of a document that pass; and right after an index was made, its name may not be known everywhere.
local PASSING = { [429] = true, [502] = true, [503] = true, [504] = true }
local AGAIN = { index_not_found_exception = true }

local Run = {}
Run.__index = Run

local function refusal(run, entry, result)
  local _, reason = require "lib.aws.protocol".opensearch_fault(type(result.error) == "table" and result.error or {})
  run.refused[#run.refused + 1] = ("%s: %s (%s)"):format(entry.label, reason or "refused", result.status)
  if run.written == 0 and #run.refused >= HOPELESS then error(bulk.failure(run), 0) end
end

-- The entries of an answer that are to be sent again.
local function judge(run, entries, answer)
  local left = {}
  for i, entry in ipairs(entries) do
    local _, result = next(answer.items[i] or { index = { status = 503 } })
    local err = type(result.error) == "table" and result.error or {}
    local is_done = result.status < 300 or result.status == 404 and not result.error -- deleted by somebody else
    if is_done then run.written = run.written + 1
    elseif PASSING[result.status] or AGAIN[err.type] then left[#left + 1] = entry
    else refusal(run, entry, result) end
  end
  run:tell(#entries - #left)
  return left
end

local function busy(run, count)
  local err = host.error("throttled", ("%s/%s has no room for %d documents: try again later, or with smaller --bulk and --at-once")
    :format(run.client.url, run.name, count))
  err.retryable = true
  return nil, err
end

local function texts(entries)
  local list = {}
  for i, entry in ipairs(entries) do list[i] = entry.text end
  return table.concat(list)
end

-- Sends entries until each is written or refused. Raises what stops all.
function Run:send(entries)
  local left = entries
  local done, err = self.policy:run(function()
    local answer, why = self.client:bulk(self.name, texts(left))
    self.window:note(why ~= nil and why.status == 429)
    if not answer then
      self.doubtful = self.doubtful or why.status ~= 429
      return nil, why
    end
    left = judge(self, left, answer)
    if #left > 0 then return busy(self, #left) end
    return true
  end)
  if done then return end
  if err.status ~= 413 or #left == 1 then error(err, 0) end
  self:send(table.move(left, 1, #left // 2, 1, {})) -- too much at once for this server
  self:send(table.move(left, #left // 2 + 1, #left, 1, {}))
end

-- Entries up to the size of a request, from a place on: the entries, and the place after them.
function Run:take(slice, first)
  local entries, bytes, at = {}, 0, first
  while at <= slice.last and (at == first or bytes < self.bytes) do
    local entry = self.make(self.places[at])
    entries[#entries + 1], bytes, at = entry, bytes + #entry.text, at + 1
  end
  return entries, at
end

function Run:work(slice)
  local at = slice.first
  while at <= slice.last do
    local entries
    entries, at = self:take(slice, at)
    self:send(entries)
  end
end

function Run:tell(count) if self.progress then self.progress:add(count) end end

-- What was refused, in one line.
function bulk.failure(run)
  local more = #run.refused - 3
  return host.error("integrity", ("%s/%s did not take %d documents: %s%s"):format(run.client.url, run.name, #run.refused,
    table.concat(run.refused, "; ", 1, math.min(3, #run.refused)), more > 0 and ("; and %d more"):format(more) or ""))
end

-- make(place) for each of the places (numbers): { text = lines of the bulk format, label = what it is called in errors }. options: bytes
-- (of a request), at_once, progress, sleep. True, nil, and whether some may have been written twice, since an answer was lost; or nil and
-- an error, and what could be written is.
function bulk.write(client, name, places, make, options)
  local run = setmetatable({ client = client:with(opensearch.policy { attempts = 1, sleep = options.sleep }), name = name, places = places,
    make = make, bytes = options.bytes or bulk.BYTES, progress = options.progress, refused = {}, written = 0, doubtful = false,
    policy = opensearch.policy({ attempts = ATTEMPTS, sleep = options.sleep }, AGAIN),
    window = require "lib.retry.window".new(options.at_once or bulk.AT_ONCE) }, Run)
  local slices = {}
  for first = 1, #places, SLICE do slices[#slices + 1] = { first = first, last = math.min(first + SLICE - 1, #places) } end
  local done, err = pcall(run.window.each, run.window, slices, function(slice) run:work(slice) end)
  if not done and type(err) ~= "table" then error(err, 0) end -- a mistake of this program
  if not done then return nil, err end
  if #run.refused > 0 then return nil, bulk.failure(run) end
  return true, nil, run.doubtful
end

return bulk

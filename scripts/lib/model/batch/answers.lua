-- SPDX-License-Identifier: MIT
-- What a batch job wrote: the answers, in any order and in files *.jsonl.out, each with its record's id and the whole of the input again;
-- and manifest.json.out, which counts them. They go to the cache a few hundred rows at a time: a run that is killed reads them again, and
-- adds what is not there yet.
local fs = require "hilum.fs"
local host = require "hilum.host"
local json = require "hilum.json"
local parts = require "lib.model.batch.parts"
local vec = require "hilum.vec"

local answers = {}

local ROWS = 256

-- Rows on their way to the cache.
local function new_rows(kept)
  local rows, entries = {}, {}
  local self = {}
  function self.flush()
    if #rows == 0 then return end
    local together = vec.new(#rows, rows[1]:cols())
    for i, row in ipairs(rows) do together:put(i, row) end
    kept:add(together, entries)
    rows, entries = {}, {}
  end
  function self.add(row, entry)
    rows[#rows + 1], entries[#entries + 1] = row, entry
    if #rows == ROWS then self.flush() end
  end
  return self
end

-- What the model said in place of an answer.
local function error_of(record)
  local said = record.error
  if type(said) == "table" then return tostring(said.errorMessage or said.message or json.encode(said)) end
  return said and tostring(said) or "the record has no answer"
end

-- The line without the picture that is echoed in it, which is nearly all of it. key: what the model calls a picture. In base64 there is no
-- quote; in any other text it would be escaped, and could not end the key.
local function without_picture(line, key)
  local _, quote = line:find(('"%s"'):format(key), 1, true)
  local _, opens = line:find('^%s*:%s*"', (quote or #line) + 1)
  local closes = opens and line:find('"', opens + 1, true)
  return closes and line:sub(1, opens) .. line:sub(closes) or line
end

-- One line: its number, and the row or what is wrong; nil when the line is none of the job's.
local function read_line(line, model)
  local record = json.decode(model.adapter.picture and without_picture(line, model.adapter.picture) or line)
  local number = type(record) == "table" and parts.record_number(record.recordId)
  if not number then return nil end
  if type(record.modelOutput) ~= "table" then return number, nil, error_of(record) end
  local row, err = model:row(record.modelOutput)
  return number, row, err and err.message
end

local function read_file(path, model, job, on_answer)
  for line in assert(io.lines(path)) do
    local number, row, message = read_line(line, model)
    local entry = number and job.records[number]
    if entry then on_answer(number, entry, row, message) end
  end
end

local function read_manifest(client, uri)
  local counts = json.decode(assert(client:get(uri)).body)
  return type(counts) == "table" and counts or {}
end

-- Files of answers and the manifest's counts, if it is there.
local function outputs_of(client, job)
  local bucket, uris, manifest = job.place:match("^s3://([^/]+)"), {}, nil
  for object in client:list(job.place .. "output/") do
    local uri = ("s3://%s/%s"):format(bucket, object.key)
    if object.key:find("manifest%.json%.out$") then manifest = read_manifest(client, uri)
    elseif object.key:find("%.jsonl%.out$") then uris[#uris + 1] = uri end
  end
  return uris, manifest
end

-- Reads all that came of a job. Returns { answered = number of rows, failed = list of entries with message, counts = the manifest or nil }.
function answers.read(client, model, kept, job)
  local seen, result, rows = {}, { answered = 0, failed = json.array {} }, new_rows(kept)
  local function take(number, entry, row, message)
    if seen[number] then return end
    seen[number] = true
    if not row then
      entry.message = message
      result.failed[#result.failed + 1] = entry
      return
    end
    result.answered = result.answered + 1
    if not kept:row(entry) then rows.add(row, entry) end
  end
  local uris
  uris, result.counts = outputs_of(client, job)
  local path = job.path:gsub("%.json$", "") .. ".out"
  for _, uri in ipairs(uris) do
    assert(client:download(uri, path))
    read_file(path, model, job, take)
    assert(fs.remove(path))
  end
  rows.flush()
  return result
end

-- The error of an image for which there is only a message.
function answers.error(entry, message)
  local err = host.error("http", ("%s: %s"):format(entry.file, message))
  err.op = "batch inference"
  return err
end

return answers

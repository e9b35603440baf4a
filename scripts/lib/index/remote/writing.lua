-- SPDX-License-Identifier: MIT
-- Writing to an index on a server: documents in, and waiting until searches see them. Where documents have ids (lib/opensearch/
-- capabilities) an image's name is its id, and what is written twice is there once. Where they have none (Serverless classic), a request
-- whose answer was lost may leave copies, which are looked for and deleted.
local bulk = require "lib.opensearch.bulk"
local documents = require "lib.index.remote.documents"
local host = require "hilum.host"
local json = require "hilum.json"
local pages = require "lib.index.remote.pages"

local writing = {}

-- Between two looks at what can be searched, and how long without any news: seconds. After so many looks Serverless shows whatever it has
-- got: it does so once a minute.
local POLL, PATIENCE = 5, 300
local ALL_SHOWN = 12

local ALL = { match_all = {} }

---@class hilum.index.Writing
---@field client hilum.opensearch.Client
---@field name string    of the index on the server
---@field found table    what the server can do: { ids=, refresh= }
---@field settings table bulk (bytes of a request), at_once, poll, sleep, progress(total, label), all optional

local function bulk_options(self, progress)
  local settings = self.settings
  return { bytes = settings.bulk, at_once = settings.at_once, progress = progress, sleep = settings.sleep }
end

local function show(self, count, label) return self.settings.progress and count > 0 and self.settings.progress(count, label) or nil end

-- Writes documents: places into vectors and docs; row_of(place): the row that it gets. Returns what bulk.write returns.
function writing.documents(self, vectors, docs, places, row_of)
  local shown <close> = show(self, #places, "index")
  local with_ids = self.found.ids
  local done, err, doubtful = bulk.write(self.client, self.name, places, function(place)
    local doc = docs[place]
    local action = json.encode { index = with_ids and { _id = doc.image } or {} }
    return { label = doc.image,
      text = ("%s\n%s\n"):format(action, documents.encode(doc, row_of(place), documents.numbers(vectors:row(place)))) }
  end, bulk_options(self, shown))
  if shown and done then shown:finish() end
  return done, err, doubtful
end

-- Deletes documents by their ids.
function writing.delete(self, ids)
  local places = {}
  for i = 1, #ids do places[i] = i end
  return bulk.write(self.client, self.name, places, function(place)
    return { label = ids[place], text = json.encode { delete = { _id = ids[place] } } .. "\n" }
  end, bulk_options(self))
end

local function pause(self, looks) self.client.sleep((self.settings.poll or POLL) * looks) end

-- Calls is_there() until it is true. It says how far it is: as long as that changes there is hope. nil and an error after a while.
local function wait(self, is_there)
  local last, waited = nil, 0
  while true do
    local there, state = is_there()
    if there then return true end
    waited = state == last and waited + (self.settings.poll or POLL) or 0
    if waited > PATIENCE then
      return nil, host.error("timeout", ("%s/%s: %s after %d s without news; run it again"):format(self.client.url, self.name, state,
        PATIENCE))
    end
    last = state
    pause(self, 1)
  end
end

-- Documents with a row from that one on. Of an index that was made this moment searches may not know yet.
local function count(self, from)
  local number, err = self.client:count(self.name, { range = { row = { gte = from } } })
  if err and err.status == 404 then return 0 end
  return assert(number, err)
end

-- Looks at all that can be searched: the rows from one on as a set, and how many they are; and the ids of documents whose image was
-- written again later.
function writing.survey(self, from)
  local rows, copies, last, number = {}, {}, {}, 0
  for one in pages.each(self.client, self.name, ALL, { "row", "filename" }) do
    local row, before = one._source.row, last[one._source.filename]
    if before then copies[#copies + 1] = before end
    last[one._source.filename] = one._id
    if row >= from and not rows[row] then rows[row], number = true, number + 1 end
  end
  return rows, number, copies
end

-- Waits until the images of so many rows, counted from one on, can be searched, and deletes copies. doubtful: there may be some that do
-- not show yet.
function writing.settle(self, from, expected, doubtful)
  if self.found.refresh then return self.client:refresh(self.name) end
  local done, err = wait(self, function()
    local number = count(self, from)
    return number >= expected, ("%d of %d images can be searched"):format(number, expected)
  end)
  if not done or self.found.ids then return done, err end
  if doubtful then pause(self, ALL_SHOWN) end
  return wait(self, function()
    local _, number, copies = writing.survey(self, from)
    if #copies > 0 then assert(writing.delete(self, copies)) end
    return number >= expected and #copies == 0, ("%d of %d images can be searched, %d copies"):format(number, expected, #copies)
  end)
end

-- Waits until no more than so many documents can be searched.
function writing.settle_deleted(self, expected)
  if self.found.refresh then return self.client:refresh(self.name) end
  return wait(self, function()
    local number = count(self, 0)
    return number <= expected, ("%d deleted documents are still found"):format(number - expected)
  end)
end

return writing

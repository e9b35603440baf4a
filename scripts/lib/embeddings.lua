-- SPDX-License-Identifier: MIT
-- What `hilum embed` writes, and reading it again: FOLDER/NAME.npy (one vector a row), NAME.jsonl (the image of each row), NAME.json (the
-- model).
local fs = require "hilum.fs"
local host = require "hilum.host"
local json = require "hilum.json"
local npy = require "hilum.npy"

local embeddings = {}

local FORMAT = 1

-- The text of NAME.json. info gets what all have in common.
local function text_of(info)
  info.format, info.version = FORMAT, hilum.version
  return json.encode(info) .. "\n"
end

function embeddings.paths(folder, name)
  local stem = fs.join(folder, name)
  return { vectors = stem .. ".npy", docs = stem .. ".jsonl", info = stem .. ".json" }
end

-- The names of what has been embedded, sorted. The .json file is written last: without it the others are unfinished.
function embeddings.names(folder)
  local names = {}
  for _, file in ipairs(fs.list(folder) or {}) do
    local name = file:match("^(.+)%.json$")
    if name and fs.stat(embeddings.paths(folder, name).vectors) then names[#names + 1] = name end
  end
  return names
end

local TRAINED = 2

-- Which models are meant first when none is named: those that were trained, then Bedrock's own (bedrock:amazon.titan…), then the base.
-- Vectors of an encoder that is not here answer no words, and are only asked by name.
local function rank(name)
  if name == "tuned" then return 1 end
  if name == "base" then return 4 end
  if name:find("^import:") then return 5 end
  return name:find("^bedrock:%l+%.") and 3 or TRAINED
end

-- The model that is meant when none is named, and the other trained ones that could have been.
function embeddings.preferred(names)
  local preferred, others = names[1], {}
  for _, name in ipairs(names) do if rank(name) < rank(preferred) then preferred = name end end
  for _, name in ipairs(names) do
    if name ~= preferred and rank(name) <= TRAINED then others[#others + 1] = name end
  end
  return preferred, others
end

-- What a model with that id was made from, by the name of its embeddings: for a custom model of Bedrock's that of its base.
function embeddings.base_of(id)
  local base = id:match("^bedrock:arn:.*:custom%-model/([^/:]+)")
  return base and "bedrock:" .. base or "base"
end

-- The rows with these numbers; where they are all of them in order, the matrix itself.
function embeddings.take(vectors, rows)
  local is_all = #rows == #vectors
  for i, row in ipairs(rows) do is_all = is_all and row == i end
  return is_all and vectors or vectors:gather(rows)
end

-- Does NAME hold just that? info: as it will be written.
function embeddings.is_made(folder, name, info)
  local paths = embeddings.paths(folder, name)
  return fs.read(paths.info) == text_of(info) and fs.stat(paths.vectors) ~= nil and fs.stat(paths.docs) ~= nil
end

-- records: of the rows, {line = its JSON}. info: model, name, base, length, embedded, count, inputs. Its file comes last: without it the
-- others are not valid. Returns the path of the vectors.
function embeddings.write(folder, name, vectors, records, info)
  local paths, lines = embeddings.paths(folder, name), {}
  for i, record in ipairs(records) do lines[i] = record.line .. "\n" end
  if fs.stat(paths.info) then assert(fs.remove(paths.info)) end
  assert(npy.write(paths.vectors, vectors))
  assert(fs.write(paths.docs, table.concat(lines)))
  assert(fs.write(paths.info, text_of(info)))
  return paths.vectors
end

function embeddings.read_docs(path)
  local docs = {}
  for doc in json.lines(path) do docs[#docs + 1] = doc end
  return docs
end

local function broken(paths, what)
  return nil, host.error("integrity", ("%s %s; `hilum embed --force` makes it anew"):format(paths.vectors, what))
end

-- { name=, vectors= (mapped), docs=, info=, paths= }, or nil and an error.
function embeddings.open(folder, name)
  local paths = embeddings.paths(folder, name)
  local text, err = fs.read(paths.info)
  if not text then return nil, err end
  local info, why = json.decode(text)
  if not info then return nil, why end
  if info.format ~= FORMAT then return broken(paths, "was written by another version of hilum") end
  local vectors, map_error = npy.map(paths.vectors)
  if not vectors then return nil, map_error end
  local docs = embeddings.read_docs(paths.docs)
  local rows, cols = vectors:rows(), vectors:cols()
  if rows ~= #docs then return broken(paths, ("has %d vectors for %d images"):format(rows, #docs)) end
  if cols ~= info.length then return broken(paths, ("has vectors of length %d, not %d"):format(cols, info.length)) end
  return { name = name, vectors = vectors, docs = docs, info = info, paths = paths }
end

return embeddings

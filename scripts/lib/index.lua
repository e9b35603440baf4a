-- SPDX-License-Identifier: MIT
-- The index seam: what finds the nearest images to a query vector, in a folder or on a server. A new kind is a row of KINDS and a file
-- that has what lib/index/disk has; those who ask see no difference.
--   place      where indexes are: a folder, or https://HOST
--   url        where one of them is: a folder, or https://HOST/NAME
--   settings   of a server: auth, ca …, as lib/index/remote says; may be left out
-- An index has url, model, length, embedded, source, count (images), rows (the highest row), and
--   accepts(model)  doc(row)  row_of(name)  vector(row)  first_docs(most)  values(field)  has_value(field, value)  resolve(field, value)
--   count_with(field, value)  search(queries, k, filter)  append(vectors, docs)  delete(what)  compact()
local host = require "hilum.host"

local index = {}

local KINDS = { [""] = "lib.index.disk", http = "lib.index.remote", https = "lib.index.remote" }

-- The kind of a place or url, or nil and an error.
local function kind_of(url)
  local name = KINDS[url:match("^(%w+)://") or ""]
  if name then return require(name) end
  return nil, host.error("usage", ("%s: an index is in a folder, or on a server at https://HOST/NAME"):format(url))
end

-- An index, or nil and an error.
function index.open(url, settings)
  local kind, err = kind_of(url)
  if not kind then return nil, err end
  return kind.open(url, settings)
end

-- Whether there is one, whatever state it is in. Raises.
function index.exists(url, settings) return assert(kind_of(url)).exists(url, settings) end

-- The URL of the index of a name at a place.
function index.at(place, name) return assert(kind_of(place)).at(place, name) end

-- The names of the indexes at a place, sorted. Raises what a server says.
function index.names(place, settings) return assert(kind_of(place)).names(place, settings) end

-- Makes a new index, in place of whatever was there. info: { model=, length=, embedded=, name= }; docs and vectors: its images, none if
-- not given; source: what it is made from. True, or nil and an error.
function index.create(url, info, docs, vectors, source, settings)
  local kind, err = kind_of(url)
  if not kind then return nil, err end
  return kind.create(url, info, docs, vectors, source, settings)
end

-- Makes the index of opened embeddings. Returns "built"; "current" when it is there already from the same files; "extended" when it was
-- there and rows have only been added at the end of the embeddings; "resumed" when one that was not complete has been finished. Raises.
function index.build(set, url, force, settings) return assert(kind_of(url)).build(set, url, force, settings) end

-- Deletes an index. True; false: there is none; nil and an error.
function index.remove(url, settings)
  local kind, err = kind_of(url)
  if not kind then return nil, err end
  return kind.remove(url, settings)
end

return index

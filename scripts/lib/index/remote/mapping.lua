-- SPDX-License-Identifier: MIT
-- How an index is laid out on a server, by what that server can do; and what hilum remembers of it there, in the mapping's `_meta`.
local documents = require "lib.index.remote.documents"
local host = require "hilum.host"

local mapping = {}

local FORMAT = 1
local HNSW = { m = 24, ef_construction = 128 }

-- How the vectors are searched. chosen: { engine=, space= }; options: hnsw (a table of parameters), compression (NextGen).
local function vector_field(found, chosen, length, options)
  local parameters = { m = (options.hnsw or HNSW).m or HNSW.m,
    ef_construction = (options.hnsw or HNSW).ef_construction or HNSW.ef_construction }
  local field = { type = "knn_vector", dimension = length, method = { name = "hnsw", parameters = parameters } }
  if found.kind == "nextgen" then
    field.space_type, field.compression_level = chosen.space, options.compression or "1x"
  else
    field.method.engine, field.method.space_type = chosen.engine, chosen.space
  end
  return field
end

-- The body that makes the index. Fields that are not named are kept, and not searched in.
function mapping.body(found, chosen, meta, options)
  local keyword = { type = "keyword" }
  local properties = { filename = keyword, findings = keyword, patient = keyword, view = keyword, sex = keyword, split = keyword,
    diagnoses = { type = "text" }, row = { type = "integer" } }
  properties[documents.VECTOR] = vector_field(found, chosen, meta.length, options)
  return { settings = { ["index.knn"] = true }, mappings = { dynamic = false, _meta = { hilum = meta }, properties = properties } }
end

-- What is to be remembered: info { model=, length=, embedded= }, name (of the embeddings), source; and where it is.
function mapping.meta(found, chosen, info, name, source)
  return { format = FORMAT, version = require "hilum".version, name = name, model = info.model, length = info.length,
    embedded = info.embedded, source = source, kind = found.kind, engine = chosen.engine, space = chosen.space, complete = false }
end

-- What is remembered in a mapping that the server gave, or nil and an error.
function mapping.read(found, url)
  local meta = type(found._meta) == "table" and found._meta.hilum
  if type(meta) ~= "table" then
    return nil, host.error("usage", ("%s was not made by hilum: name another index"):format(url))
  end
  if meta.format ~= FORMAT then
    return nil, host.error("parse", ("%s was written by another version of hilum: run `hilum index --force`"):format(url))
  end
  return meta
end

return mapping

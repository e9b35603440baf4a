-- SPDX-License-Identifier: MIT
-- What an OpenSearch can do, found out by asking it, and by what it refuses:
--   kind        "classic" and "nextgen": the generations of Serverless; "server": a managed domain or a server of one's own
--   version     { major, minor } and its text, of a server
--   ids         documents may be given ids, so that writing one twice leaves one
--   refresh     what was written can be made visible at once
--   engine      what searches vectors unless the user wants another; nil: it must not be named
--   engines     by name, whether it can be named; on a server, those that filter inside of the search
--   space       what likeness is measured by on Serverless
local host = require "hilum.host"

local capabilities = {}

local ENGINES = { faiss = { 2, 9 }, lucene = { 2, 4 } } -- since when they do
local FAISS_HAS_COSINE = { 2, 19 }

local function at_least(version, wanted)
  return version[1] > wanted[1] or version[1] == wanted[1] and version[2] >= wanted[2]
end

local function fail(format, ...) return nil, host.error("usage", format:format(...)) end

local SERVERLESS = {
  classic = { kind = "classic", ids = false, refresh = false, engine = "faiss", engines = { faiss = true }, space = "innerproduct" },
  nextgen = { kind = "nextgen", ids = true, refresh = false, engines = {}, space = "cosinesimil" },
}

-- By refusing this, Serverless tells its generation where the host did not.
local REFUSED_BY_NEXTGEN = "Field parameter 'engine' is not supported"

local function copy(of)
  local made = {}
  for key, value in pairs(of) do made[key] = value end
  return made
end

-- kind: "classic" or "nextgen".
function capabilities.serverless(kind) return copy(SERVERLESS[kind]) end

-- What an index needs to know that was made on a server of that kind.
function capabilities.of_kind(kind) return SERVERLESS[kind] or { kind = "server", ids = true, refresh = true } end

-- Whether an error tells that a collection is of the newer generation.
function capabilities.is_of_nextgen(err) return err.message:find(REFUSED_BY_NEXTGEN, 1, true) ~= nil end

-- By what `GET /` answers.
local function of_server(info, url)
  local version = type(info.version) == "table" and info.version or {}
  local is_opensearch = version.distribution == "opensearch" or tostring(info.tagline):find("OpenSearch", 1, true)
  local number = tostring(version.number or "")
  if not is_opensearch then
    return fail("%s is %s, not OpenSearch", url, version.number and "Elasticsearch " .. number or "something else")
  end
  local major, minor = number:match("^(%d+)%.(%d+)")
  local known = { tonumber(major) or 0, tonumber(minor) or 0 }
  local found = { kind = "server", version = known, text = number, ids = true, refresh = true, engines = {} }
  for engine, since in pairs(ENGINES) do found.engines[engine] = at_least(known, since) end
  found.engine = found.engines.faiss and "faiss" or found.engines.lucene and "lucene"
  if not found.engine then return fail("%s is OpenSearch %s; 2.4 or later is needed", url, number) end
  return found
end

-- How the likeness of vectors of length 1 is asked for, unless the user wants it otherwise.
local function space_of(found, engine)
  if found.kind ~= "server" then return found.space end
  if engine == "faiss" and not at_least(found.version, FAISS_HAS_COSINE) then return "innerproduct" end
  return "cosinesimil"
end

-- Asks a server, unless its host tells all.
function capabilities.detect(client)
  local info, err = client:info()
  if err then return nil, err end
  if info then return of_server(info, client.url) end
  return capabilities.serverless(client.generation or "classic")
end

-- The engine and the space for a new index. wanted: engine and space, if the user wants others.
function capabilities.choose(found, wanted)
  local engine = wanted.engine or found.engine
  if wanted.engine and not found.engines[engine] then
    if found.kind == "nextgen" then return fail("this collection chooses the engine itself: leave --engine out") end
    return fail("OpenSearch %s has no --engine %s with filters", found.text or "Serverless", engine)
  end
  return { engine = engine, space = wanted.space or space_of(found, engine) }
end

return capabilities

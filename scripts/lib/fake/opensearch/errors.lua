-- SPDX-License-Identifier: MIT
-- How OpenSearch says no. A request ends with
--   errors.refuse(status, type, reason, more)     more: fields (of the error), caused_by = { type=, reason= }, root (that, instead)
--   errors.mapping(reason, cause), errors.shard(index, reason, cause)   the two that are wrapped
-- and errors.body makes of what was raised what a client gets; errors.item what a line of a bulk request gets.
local errors = {}

local Refusal = {}

function errors.refuse(status, kind, reason, more)
  more = more or {}
  error(setmetatable({ status = status, type = kind, reason = reason, fields = more.fields or {}, caused_by = more.caused_by,
    root = more.root, index = more.index }, Refusal), 0)
end

function errors.is_refusal(value) return getmetatable(value) == Refusal end

-- A value in the request that cannot be.
function errors.argument(format, ...) errors.refuse(400, "illegal_argument_exception", format:format(...)) end

-- A mapping that cannot be. cause: the type of the exception inside.
function errors.mapping(reason, cause)
  local inner = { type = cause or "mapper_parsing_exception", reason = reason }
  errors.refuse(400, "mapper_parsing_exception", "Failed to parse mapping [_doc]: " .. reason,
    { caused_by = inner, root = not cause and inner or nil })
end

-- A field of a document that cannot be. cause: { type=, reason= }.
function errors.value(field, kind, id, preview, cause)
  errors.refuse(400, "mapper_parsing_exception", ("failed to parse field [%s] of type [%s] in document with id '%s'. Preview of field's "
    .. "value: '%s'"):format(field, kind, id, preview), { caused_by = cause })
end

-- A query that only the data show to be wrong. cause: the type of the exception inside, if there is one.
function errors.shard(index, reason, cause)
  local inner = { type = cause or "query_shard_exception", reason = reason }
  errors.refuse(400, "search_phase_execution_exception", "all shards failed", { index = index,
    root = { type = "query_shard_exception", reason = cause and "failed to create query: " .. reason or reason, index = index.name,
      index_uuid = index.uuid, caused_by = cause and inner } })
end

function errors.no_index(name)
  errors.refuse(404, "index_not_found_exception", ("no such index [%s]"):format(name),
    { fields = { index = name, ["resource.id"] = name, ["resource.type"] = "index_or_alias", index_uuid = "_na_" } })
end

-- The error of a line in a bulk request.
function errors.item(refusal)
  local item = { type = refusal.type, reason = refusal.reason, caused_by = refusal.caused_by }
  for name, value in pairs(refusal.fields) do item[name] = value end
  return item
end

local function without_cause(entry)
  local root = {}
  for name, value in pairs(entry) do if name ~= "caused_by" then root[name] = value end end
  return root
end

function errors.body(refusal)
  local item = errors.item(refusal)
  item.root_cause = { without_cause(refusal.root or item) }
  if refusal.index then
    local root = refusal.root
    if root.type ~= "query_shard_exception" then
      item.caused_by = { type = root.type, reason = root.reason, caused_by = { type = root.type, reason = root.reason } }
    end
    item.phase, item.grouped = "query", true
    item.failed_shards = { { shard = 0, index = refusal.index.name, node = "node", reason = refusal.root } }
  end
  return { error = item, status = refusal.status }
end

return errors

-- SPDX-License-Identifier: MIT
-- Named tensors in one file, as most tools for models read them (the safetensors format of Hugging Face): the size of a JSON header in
-- eight bytes, the header, the numbers. Here: float32 matrices (F32) and arrays of integers (I32).
local fs = require "hilum.fs"
local host = require "hilum.host"
local json = require "hilum.json"
local vec = require "hilum.vec"

local safetensors = {}

local ALIGNMENT = 8
local LARGEST_HEADER = 100000000 -- the format's own limit

local function encode(value)
  if type(value) ~= "table" then return "F32", { value:rows(), value:cols() }, value:bytes() end
  local words = {}
  for i, integer in ipairs(value) do words[i] = string.pack("<i4", integer) end
  return "I32", { #value }, table.concat(words)
end

-- tensors: array of {name, matrix or array of integers}, written in this order. metadata: texts by name. Atomic.
function safetensors.write(path, tensors, metadata)
  local header, data, offset = { __metadata__ = metadata }, {}, 0
  for i, tensor in ipairs(tensors) do
    local dtype, shape, bytes = encode(tensor[2])
    header[tensor[1]] = { dtype = dtype, shape = shape, data_offsets = { offset, offset + #bytes } }
    data[i], offset = bytes, offset + #bytes
  end
  local text = json.encode(header)
  text = text .. (" "):rep(-#text % ALIGNMENT)
  return fs.write(path, string.pack("<I8", #text) .. text .. table.concat(data))
end

local function decode(entry, bytes)
  if entry.dtype == "F32" then
    local rows = #entry.shape == 2 and entry.shape[1] or 1
    return vec.from(bytes, rows, #bytes // 4 // math.max(rows, 1))
  end
  local integers = {}
  for i = 1, #bytes // 4 do integers[i] = string.unpack("<i4", bytes, 4 * i - 3) end
  return integers
end

local function is_count(n) return math.type(n) == "integer" and n >= 0 end

-- Does this entry of a header describe a part of `size` bytes, in a type that is read here?
local function is_sound(entry, size)
  local offsets, shape = type(entry) == "table" and entry.data_offsets, type(entry) == "table" and entry.shape
  if type(offsets) ~= "table" or type(shape) ~= "table" or #shape < 1 or #shape > 2 then return false end
  if not (is_count(offsets[1]) and is_count(offsets[2]) and offsets[1] <= offsets[2] and offsets[2] <= size) then return false end
  local count = 1
  for _, side in ipairs(shape) do
    if not is_count(side) or side > size then return false end
    count = count * side
  end
  return (entry.dtype == "F32" or entry.dtype == "I32") and count * 4 == offsets[2] - offsets[1]
end

local function split(bytes)
  if #bytes < 8 then return nil end
  local size = string.unpack("<i8", bytes)
  if size < 2 or size > LARGEST_HEADER or size > #bytes - 8 then return nil end
  local header = json.decode(bytes:sub(9, 8 + size))
  return type(header) == "table" and header or nil, 9 + size
end

-- Tensors by name, and the metadata. A matrix of one dimension has one row. Or nil and an error.
function safetensors.read(path)
  local bytes, err = fs.read(path)
  if not bytes then return nil, err end
  local header, start = split(bytes)
  if not header then return nil, host.error("parse", path .. ": not a safetensors file, or one that was cut off") end
  local tensors, metadata = {}, header.__metadata__ or {}
  header.__metadata__ = nil
  for name, entry in pairs(header) do
    if not is_sound(entry, #bytes - start + 1) then
      return nil, host.error("parse", ("%s: tensor %s is not float32 or int32 of one or two dimensions, or is cut off"):format(path, name))
    end
    tensors[name] = decode(entry, bytes:sub(start + entry.data_offsets[1], start + entry.data_offsets[2] - 1))
  end
  return tensors, metadata
end

return safetensors

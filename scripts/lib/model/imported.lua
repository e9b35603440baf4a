-- SPDX-License-Identifier: MIT
-- The encoder of vectors that were imported (`hilum embed --import`), as lib/model has models: only a name, for it is not here. Images that
-- were imported can be asked with, by the vectors they came with; words and other images cannot.
local host = require "hilum.host"

local imported = { PREFIX = "import:" }

local Imported = {}
Imported.__index = Imported

local function fail(m, what)
  error(host.error("usage", ("%s was imported, and its encoder is not here: %s"):format(m.name, what)), 0)
end

function imported.open(spec, options)
  return setmetatable({ id = spec, name = spec, base = false, imported = true, length = options.length or 1024 }, Imported)
end

function Imported:embed_texts() fail(self, "words cannot ask it; ask with --image, or another --model") end

function Imported:embed_images() fail(self, "only images that were imported can ask it") end

function Imported:embed_files() fail(self, "embed with it where it is, and import the rows: `hilum embed LIST --import FILE.npy`") end

function Imported:unknown_words() return {} end -- luacheck: no self

function Imported:combine(a, b, weight) return require "lib.model".combine(a, b, weight) end -- luacheck: no self

return imported

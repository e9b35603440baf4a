---@meta hilum

-- The program itself. Modules are also its fields, loaded on first use: hilum.image is require "hilum.image".
local hilum = {}

--- Of this program, "0.1.0".
---@type string
hilum.version = ""

return hilum

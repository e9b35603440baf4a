-- SPDX-License-Identifier: MIT
-- Which files are images, by name; and how names are shown.
local fs = require "hilum.fs"

local images = {}

local EXTENSIONS = { png = "image", jpg = "image", jpeg = "image", dcm = "dicom", dicom = "dicom", gif = "image", bmp = "image",
  tif = "image", tiff = "image", webp = "image" }

local DICOM = "it is a DICOM file: hilum reads PNG and JPEG; export it, without the patient's name, with dcm2img or dcmj2pnm of DCMTK "
  .. "(+on2 +Ww CENTRE WIDTH IN.dcm OUT.png), or with gdcm2pnm"

-- PACS exports often have no extension.
local function begins_as_dicom(path)
  local file = io.open(path, "rb")
  local head = file and file:read(132)
  if file then file:close() end
  return head ~= nil and head:sub(129) == "DICM"
end

-- "image" for what image.check should judge (also formats that it refuses), "dicom", or nil and the extension.
function images.kind(path)
  local extension = (fs.base(path):match("[^.]%.([^.]*)$") or ""):lower()
  if extension == "" and begins_as_dicom(path) then return "dicom" end
  return EXTENSIONS[extension], extension
end

images.dicom_problem = { code = "dicom", message = DICOM }

-- A name as one line of text, whatever bytes it consists of.
function images.show(name)
  local text = name:gsub("%c", function(c) return ("\\x%02x"):format(c:byte()) end)
  if utf8.len(text) then return text end
  return (text:gsub("[\x80-\xff]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

return images

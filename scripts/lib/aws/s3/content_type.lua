-- SPDX-License-Identifier: MIT
-- What a file is, by the end of its name. Another kind of file is one more row.
local TYPES = {
  avif = "image/avif", bmp = "image/bmp", gif = "image/gif", jpeg = "image/jpeg", jpg = "image/jpeg", png = "image/png",
  svg = "image/svg+xml", tif = "image/tiff", tiff = "image/tiff", webp = "image/webp", dcm = "application/dicom",
  css = "text/css", csv = "text/csv", html = "text/html", lua = "text/x-lua", md = "text/markdown", tsv = "text/tab-separated-values",
  txt = "text/plain",
  gz = "application/gzip", js = "text/javascript", json = "application/json", jsonl = "application/jsonl", pdf = "application/pdf",
  tar = "application/x-tar", tgz = "application/gzip", xml = "application/xml", yaml = "application/yaml", yml = "application/yaml",
  zip = "application/zip",
}

-- The media type of a file or key; application/octet-stream if its ending says nothing.
return function(name)
  local ending = name:match("%.(%w+)$")
  return ending and TYPES[ending:lower()] or "application/octet-stream"
end

-- SPDX-License-Identifier: MIT
-- The archives of NIH ChestX-ray14: 112,120 radiographs of 30,805 patients in 12 parts, 42 GB in all. The links are those of the
-- NIH's own batch_download_zips.py, in its order; the MD5s are those that PyHealth's loader of ChestX-ray14 verifies. When the NIH moves
-- its files, this table is the place to say so.
local nih = {}

-- Where a person finds archives and label tables.
nih.page = "https://nihcc.app.box.com/v/ChestXray-NIHCC"

-- The tables that the findings come from, and where.
nih.tables = {
  { name = "Data_Entry_2017_v2020.csv", page = nih.page, what = "findings, view, age and sex of every image" },
  { name = "miccai2023_nih-cxr-lt_labels_{train,val,test}.csv", page = "https://github.com/VITA-Group/PruneCXR",
    what = "20 findings with rare ones, split by patient" },
}

local SHARED = "https://nihcc.box.com/shared/static/%s.gz"
local FILE = "images_%03d.tar.gz"

local parts = {
  { id = "vfk49d74nhbxq3nqjg0900w5nvkorp5c", md5 = "fe8ed0a6961412fddcbb3603c11b3698", images = 4999 },
  { id = "i28rlmbvmfjbl8p2n3ril0pptcmcu9d1", md5 = "ab07a2d7cbe6f65ddd97b4ed7bde10bf", images = 10000 },
  { id = "f1t00wrtdk94satdfb9olcolqx20z2jp", md5 = "2301d03bde4c246388bad3876965d574", images = 10000 },
  { id = "0aowwzs5lhjrceb3qp67ahp0rd1l1etg", md5 = "9f1b7f5aae01b13f4bc8e2c44a4b8ef6", images = 10000 },
  { id = "v5e3goj22zr6h8tzualxfsqlqaygfbsn", md5 = "1861f3cd0ef7734df8104f2b0309023b", images = 10000 },
  { id = "asi7ikud9jwnkrnkj99jnpfkjdes7l6l", md5 = "456b53a8b351afd92a35bc41444c58c8", images = 10000 },
  { id = "jn1b4mw4n6lnh74ovmcjb8y48h8xj07n", md5 = "1075121ea20a137b87f290d6a4a5965e", images = 10000 },
  { id = "tvpxmn7qyrgl0w8wfh9kqfjskv6nmm1j", md5 = "b61f34cec3aa69f295fbb593cbd9d443", images = 10000 },
  { id = "upyy3ml7qdumlgk2rfcvlb9k6gvqq2pj", md5 = "442a3caa61ae9b64e61c561294d1e183", images = 10000 },
  { id = "l6nilvfa9cg3s28tqv1qc1olm3gnz54p", md5 = "09ec81c4c31e32858ad8cf965c494b74", images = 10000 },
  { id = "hhq8fkdgvcari67vfhs7ppg2w6ni4jze", md5 = "499aefc67207a5a97692424cf5dbeed5", images = 10000 },
  { id = "ioqwiy20ihqwyr8pf4c24eazhh281pbu", md5 = "dc9fda1757c2de0032b63347a7d2895c", images = 7121 },
}

nih.count = #parts

-- Part number i as a source (lib/fetch/sources.lua); mirror: a URL or folder that holds images_001.tar.gz and so on.
function nih.part(i, mirror)
  local part, file = parts[i], FILE:format(i)
  local place = mirror and mirror:gsub("/$", "") .. "/" .. file or SHARED:format(part.id)
  return { name = ("part %d of %d"):format(i, #parts), key = "nih/" .. file, place = place, md5 = part.md5, images = part.images }
end

return nih

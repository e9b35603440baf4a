-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local hash = require "hilum.hash"

t.test("strings", function()
  t.eq(hash.sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  t.eq(hash.sha256("a", "b", "c"), hash.sha256("abc"))
  t.eq(hash.sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d")
  t.eq(hash.md5("abc"), "900150983cd24fb0d6963f7d28e17f72")
  t.eq({ hash.crc32("123456789"), hash.crc32c("123456789"), hash.crc64nvme("123456789") }, { "cbf43926", "e3069283", "ae8b14860a799888" })
  t.raises("string expected", hash.sha256, "a", {})
  t.raises("string expected", hash.sha256)
end)

t.test("base64 as in RFC 4648, and strictly so", function()
  local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }
  for bytes, text in pairs(vectors) do t.eq({ hash.base64(bytes), hash.base64_decode(text) }, { text, bytes }) end
  t.eq(hash.base64("\0\255\254"), "AP/+")
  t.eq(hash.base64(("\1\2\3"):rep(5000)), ("AQID"):rep(5000))
  t.eq(hash.base64_decode(("AQID"):rep(5000)), ("\1\2\3"):rep(5000))
  t.fails("parse", "from character 5 on it is not base64", hash.base64_decode "Zm9v\nZm9v")
  for _, text in ipairs { "Zg", "Zg=", "Zh==", "data:x,Zg==", "Zg==Zg==" } do t.fails("parse", "not base64", hash.base64_decode(text)) end
  t.raises("string expected", hash.base64, {})
end)

t.test("pieces", function()
  local h <close> = hash.new("sha256")
  t.eq(h:update("a"):update("bc"):hex(), hash.sha256("abc"))
  t.eq(h:update("d"):hex(), hash.sha256("abcd"))
  t.eq(#h:digest(), 32)
  h:close()
  t.raises("closed", h.update, h, "x")
  t.eq(hash.new("crc32"):update("123456789"):digest(), "\xcb\xf4\x39\x26")
  t.raises("expected", hash.new, "sha512")
end)

t.test("files", function()
  local dir = t.tmp()
  local paths = {}
  for i = 1, 20 do
    paths[i] = fs.join(dir, tostring(i))
    assert(fs.write(paths[i], ("x"):rep(i * 30000)))
  end
  t.eq(hash.sha256_file(paths[3]), hash.sha256(("x"):rep(90000)))
  local all = hash.sha256_file(paths)
  for i = 1, 20 do t.eq(all[i], hash.sha256(("x"):rep(i * 30000))) end
  t.eq(hash.file("md5", paths[1]), hash.md5(("x"):rep(30000)))
  t.eq(hash.file("crc32", {}), {})
  t.fails("io", "/no/such", hash.sha256_file("/no/such"))
  t.fails("io", "/no/such", hash.sha256_file { paths[1], "/no/such" })
  local progress <close> = require "hilum.term".progress(20, "hash")
  hash.sha256_file(paths, { progress = progress })
  t.eq(progress:counts(), 20)
end)

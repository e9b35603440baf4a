-- SPDX-License-Identifier: MIT
-- Takes a request's body out of its framing, and believes nothing that it says of itself.
local aws_chunked = require "lib.fake.aws_chunked"
local checksums = require "lib.fake.s3.checksums"
local hash = require "hilum.hash"
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"

local SMALLEST_CHUNK = 8192

local function bad_digest(what)
  refuse(400, "BadDigest", ("The %s you specified did not match what we received."):format(what))
end

-- Each signature of a chunk follows from the one before.
local function check_chunks(framed, proof, trailer)
  local before, empty = proof.signature, hash.sha256("")
  local function follows(algorithm, ...)
    before = verifier.hex(verifier.hmac(proof.key, table.concat({ algorithm, proof.date, proof.scope, before, ... }, "\n")))
    return before
  end
  for _, chunk in ipairs(framed.chunks) do
    if chunk.signature ~= follows("AWS4-HMAC-SHA256-PAYLOAD", empty, hash.sha256(chunk.data)) then
      refuse(403, "SignatureDoesNotMatch", "The signature of a chunk does not match.")
    end
  end
  if trailer and framed.trailers["x-amz-trailer-signature"] ~= follows("AWS4-HMAC-SHA256-TRAILER", hash.sha256(framed.lines)) then
    refuse(403, "SignatureDoesNotMatch", "The signature of the trailer does not match.")
  end
end

local function unframe(request, body, proof)
  local framed, wrong = aws_chunked.decode(body)
  if not framed then refuse(400, "IncompleteBody", wrong) end
  if tonumber(request.headers["x-amz-decoded-content-length"]) ~= #framed.data then
    refuse(400, "IncompleteBody", "x-amz-decoded-content-length is not the size of the body")
  end
  for i = 1, #framed.chunks - 2 do
    if #framed.chunks[i].data < SMALLEST_CHUNK then refuse(403, "InvalidChunkSizeError", "Only the last chunk may be below 8192 bytes") end
  end
  local trailer = proof.payload:find("%-TRAILER$") ~= nil
  if not proof.payload:find("^STREAMING%-UNSIGNED") then check_chunks(framed, proof, trailer) end
  local named = request.headers["x-amz-trailer"]
  if trailer and not (named and framed.trailers[named:lower()]) then
    refuse(400, "MalformedTrailerError", "The request contained trailing data that was not well-formed")
  end
  return framed.data, trailer and framed.trailers or {}
end

-- Checksums that came, in headers or trailers, by algorithm; each is true, or the request is refused.
local function check_sums(data, headers, trailers)
  local sums = {}
  for _, algorithm in ipairs(checksums.ALGORITHMS) do
    local name = "x-amz-checksum-" .. algorithm
    local said = headers[name] or trailers[name]
    if said and said ~= checksums.of(algorithm, data) then bad_digest(algorithm) end
    sums[algorithm] = said
  end
  local md5 = headers["content-md5"]
  if md5 and md5 ~= checksums.of("md5", data) then bad_digest("Content-MD5") end
  return sums, md5
end

-- The data, the checksums that came with it, and the MD5.
return function(request, proof)
  local headers = request.headers
  if headers["transfer-encoding"] and not headers["x-amz-decoded-content-length"] then
    refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
  end
  if headers["content-length"] == nil and not headers["transfer-encoding"] and (request.method == "PUT" or request.method == "POST") then
    refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
  end
  local body, trailers = request:body(), {}
  if not body then refuse(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header") end
  if proof.payload:find("^STREAMING%-") then
    body, trailers = unframe(request, body, proof)
  elseif proof.payload ~= "UNSIGNED-PAYLOAD" and proof.payload ~= hash.sha256(body) then
    refuse(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
  end
  if request.operation == "POST object?uploadId" then return body, {} end -- its checksum is that of the object
  return body, check_sums(body, headers, trailers)
end

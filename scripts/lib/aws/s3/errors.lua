-- SPDX-License-Identifier: MIT
-- What went wrong, from what S3 answered: with the object it was about, and what to do next. A hint for another code is a row of HINTS.
local aws_errors = require "lib.aws.errors"
local host = require "hilum.host"
local retry = require "lib.retry"
local uri = require "lib.aws.s3.uri"
local xml = require "hilum.xml"

local errors = {}

-- Answers to HEAD have no body, so that the status has to say it.
local CODES = { [301] = "PermanentRedirect", [304] = "NotModified", [307] = "TemporaryRedirect", [400] = "BadRequest",
  [403] = "AccessDenied", [405] = "MethodNotAllowed", [409] = "Conflict", [412] = "PreconditionFailed", [416] = "InvalidRange",
  [500] = "InternalError", [501] = "NotImplemented", [503] = "ServiceUnavailable" }

-- Sent again, they may well succeed; the body is read from its start then.
local AGAIN = { BadDigest = true, ConditionalRequestConflict = true, IncompleteBody = true, OperationAborted = true,
  XAmzContentSHA256Mismatch = true }
local INTEGRITY = { BadDigest = true, XAmzContentSHA256Mismatch = true, InvalidDigest = true }

local WHO = "`hilum aws whoami` says whose credentials these are"
local CHANGED = "what arrived is not what was sent; if the file was being changed, send it again"

-- What a permission is about.
local function resource_of(place)
  if place.bucket == "" then return "*" end
  return "arn:aws:s3:::" .. place.bucket .. (place.key == "" and "" or "/*")
end

local function allow(request)
  local hint = ("allow %s on %s; %s"):format(request.action, resource_of(request.place), WHO)
  if request.action ~= "s3:GetObject" then return hint end
  return hint .. "; without s3:ListBucket an object that is not there is denied, too"
end

-- What to set so that the next request goes where the answer leads. said: {region, to = a host, or a scheme and a host}.
local function go_there(request, said)
  if said.region then return ("the bucket is in %s: set AWS_REGION=%s"):format(said.region, said.region) end
  if said.to then return ("it is at %s: set AWS_ENDPOINT_URL_S3 to that, without the bucket"):format(said.to) end
  return ("it does not say where to: check the bucket's name, %s, and AWS_ENDPOINT_URL_S3"):format(request.place.bucket)
end

local HINTS = {
  AccessDenied = allow,
  BadDigest = CHANGED,
  BucketAlreadyExists = "someone else has a bucket of that name; choose another one",
  BucketNotEmpty = "delete what is in it first",
  EntityTooLarge = "what is this large goes up in parts: use upload",
  ExpiredToken = "sign in again; " .. WHO,
  InvalidAccessKeyId = WHO,
  InvalidObjectState = "it is in an archive; restore it first",
  InvalidToken = WHO,
  NoSuchBucket = "`hilum ls s3://` shows your buckets, `hilum mb` makes one",
  PermanentRedirect = go_there,
  PreconditionFailed = "the object is not as the condition wants it",
  SignatureDoesNotMatch = WHO,
  SlowDown = "use fewer requests at once",
  TemporaryRedirect = go_there,
  XAmzContentSHA256Mismatch = CHANGED,
}

local function hint_for(code, request, said)
  local hint = HINTS[code]
  if type(hint) == "function" then hint = hint(request, said) end
  return hint and "; " .. hint or ""
end

-- The fields of an error document; none if the body is something else. S3 may have sent spaces before it, to pass the time.
local function read(body)
  local document = body and body:find("<Error>", 1, true) and xml.parse(body:match("^%s*(.*)"))
  return type(document) == "table" and document or {}
end

local function code_without_body(request, status)
  if status == 404 then return request.place.key == "" and "NoSuchBucket" or "NoSuchKey" end
  return CODES[status]
end

-- The error for an answer to request {op, action, place}: its code and status are S3's; region: where the bucket is, if that was said.
---@return hilum.Error
function errors.of(request, response)
  local document, headers = read(response.body), response.headers
  local code = document.Code or code_without_body(request, response.status)
  local said = { region = headers["x-amz-bucket-region"] or document.Region,
    to = (headers.location or ""):match("^%a+://[^/?#%c]+") or document.Endpoint }
  local err = aws_errors.make { status = response.status, code = code, message = document.Message, op = request.op,
    request_id = headers["x-amz-request-id"] or document.RequestId }
  err.message = ("%s: %s%s"):format(uri.show(request.place), err.message, hint_for(code, request, said))
  err.retryable = err.retryable or AGAIN[code] or false
  if INTEGRITY[code] then err.kind = "integrity" end
  err.region = said.region
  return retry.note(err, headers)
end

-- An error that no answer tells of.
---@return hilum.Error
function errors.new(request, kind, format, ...)
  return host.error(kind, ("%s: %s"):format(uri.show(request.place), format:format(...)), request.op)
end

return errors

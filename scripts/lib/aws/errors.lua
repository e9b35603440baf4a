-- SPDX-License-Identifier: MIT
-- What AWS services complain of, as errors like any other, with the service's code, the HTTP status and the request's id; and which
-- complaints are worth another attempt.
local host = require "hilum.host"

local errors = {}

local function set(words)
  local known = {}
  for word in words:gmatch("%S+") do known[word] = true end
  return known
end

-- The lists that the SDKs go by.
local THROTTLED = set [[Throttling ThrottlingException ThrottledException RequestThrottledException TooManyRequestsException
  ProvisionedThroughputExceededException TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded
  LimitExceededException RequestThrottled SlowDown PriorRequestNotComplete EC2ThrottledException]]
local TRANSIENT = set [[RequestTimeout RequestTimeoutException IDPCommunicationError ModelNotReadyException InternalError
  InternalServerException ServiceUnavailable ServiceUnavailableException]]
local EXPIRED = set [[ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired]]
local REFUSED = set [[AccessDenied AccessDeniedException InvalidAccessKeyId InvalidClientTokenId UnrecognizedClientException
  SignatureDoesNotMatch InvalidSignatureException InvalidToken UnauthorizedException MissingAuthenticationToken AuthFailure
  RequestTimeTooSkewed]]
-- Whose cause may be the clock.
local UNTIMELY = set [[RequestTimeTooSkewed RequestExpired RequestInTheFuture SignatureDoesNotMatch InvalidSignatureException AuthFailure
  AccessDenied AccessDeniedException]]
local RETRIED = { [500] = true, [502] = true, [503] = true, [504] = true }

-- What to do, where the service does not say it itself.
local ADVICE = {
  InvalidAccessKeyId = "the access key is not known there",
  InvalidClientTokenId = "the access key is not known there, or the session token is missing",
  UnrecognizedClientException = "the access key is not known there, or the session token is missing",
  SignatureDoesNotMatch = "the secret key does not belong to the access key, or something on the way changed the request",
  RequestTimeTooSkewed = "set this machine's clock",
}

local function kind_of(code, status)
  if THROTTLED[code] then return "throttled" end
  if EXPIRED[code] or REFUSED[code] or status == 401 or status == 403 then return "auth" end
  return "http"
end

-- answer: {status, code, message, request_id, op}. code may be nil (a HEAD has no body), and the message too.
function errors.make(answer)
  local code = answer.code or tostring(answer.status)
  local said = answer.message and answer.message ~= "" and answer.message:gsub("%s+", " ") or ADVICE[code]
  local text = ("%s%s (HTTP %d%s)"):format(code, said and ": " .. said or "", answer.status,
    answer.request_id and ", request " .. answer.request_id or "")
  local err = host.error(kind_of(code, answer.status), text)
  err.op, err.code, err.status, err.request_id = answer.op, code, answer.status, answer.request_id
  err.retryable = RETRIED[answer.status] or TRANSIENT[code] or err.kind == "throttled" or false
  return err
end

function errors.is_expired(err) return EXPIRED[err.code] ~= nil end
function errors.is_untimely(err) return UNTIMELY[err.code] ~= nil end

return errors

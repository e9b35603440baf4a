-- SPDX-License-Identifier: MIT
-- URLs for those who have no credentials.
local exchange = require "lib.aws.s3.exchange"
local options_of = require "lib.aws.s3.options"

local KNOWN = options_of.set "method expires version headers"

-- See Client:presign.
return function(client, place, options)
  options_of.check(options, KNOWN)
  local site, err = exchange.site_of(client, place.bucket)
  if not site then return nil, err end
  local signer
  signer, err = client.session:signer("s3", site.region)
  if not signer then return nil, err end
  return signer:presign { method = options.method, scheme = site.scheme, host = site.host, path = exchange.path_of(site, place),
    query = options.version and exchange.query { { "versionId", options.version } }, headers = options.headers, expires = options.expires }
end

-- SPDX-License-Identifier: MIT
-- Where a service is: what the user has set for it, or the host that AWS has for the region; and under which name its requests are signed.
local host = require "hilum.host"

local endpoint = {}

-- A new service: a row here, by the name that the command line of AWS has for it. prefix: how its host begins, where that is not the
-- name; fips: the same with FIPS; signs_as: its signing name; global: one host for all regions, signed for us-east-1.
local SERVICES = {
  bedrock = {},
  ["bedrock-runtime"] = { signs_as = "bedrock" },
  es = {},
  iam = { global = true },
  opensearchserverless = { prefix = "aoss", signs_as = "aoss" },
  s3 = {},
  sagemaker = { prefix = "api.sagemaker", fips = "api-fips.sagemaker" },
  scheduler = {},
  ["service-quotas"] = { prefix = "servicequotas", signs_as = "servicequotas" },
  sso = { prefix = "portal.sso", signs_as = "awsssoportal" },
  ["sso-oidc"] = { prefix = "oidc", signs_as = "awsssooidc" },
  sts = {},
}
local GLOBAL_REGION = "us-east-1"

local function fail(format, ...) return nil, host.error("usage", format:format(...)) end

local function suffix(region) return region:find("^cn%-") and "amazonaws.com.cn" or "amazonaws.com" end

-- AWS's own host of a service.
local function host_of(name, service, region, config)
  local prefix = service.prefix or name
  if config.use_fips_endpoint then prefix = service.fips or prefix .. "-fips" end
  if name == "s3" and config.use_accelerate_endpoint then return "s3-accelerate." .. suffix(region) end
  if service.global then return ("%s.%s"):format(prefix, suffix(region)) end
  if name == "sts" and config.sts_regional_endpoints == "legacy" and not config.use_fips_endpoint then return "sts.amazonaws.com" end
  if not config.use_dualstack_endpoint then return ("%s.%s.%s"):format(prefix, region, suffix(region)) end
  if name == "s3" then return ("%s.dualstack.%s.%s"):format(prefix, region, suffix(region)) end
  return ("%s.%s.api.aws"):format(prefix, region)
end

-- The entry of a service in the [services …] section that the profile names.
local function from_services(config, id)
  local name = config:key("services")
  local section = type(name) == "string" and config:section("services", name)
  if name and not section then
    return fail("%s: services is '%s', but there is no [services %s]", config:place("services"), name, tostring(name))
  end
  local block = section and section[id]
  if type(block) ~= "table" then return nil end
  return block.endpoint_url, ("[services %s] in %s"):format(name, config.config_file.shown)
end

-- What the user has set, and where; nil and an error for a [services …] that is not there.
local function override(config, id)
  if config.ignore_configured_endpoint_urls then return nil end
  for _, variable in ipairs { "AWS_ENDPOINT_URL_" .. id:upper(), "AWS_ENDPOINT_URL" } do
    local url = config:env(variable)
    if url then return url, variable end
  end
  local url, place = from_services(config, id)
  if url or type(place) == "table" then return url, place end
  url = config:key("endpoint_url")
  return url, url and config:place("endpoint_url") .. ", endpoint_url"
end

-- The parts of a URL: scheme, host as the Host header has it (in lower case, without the scheme's own port), path without a slash at its
-- end.
function endpoint.split(url)
  local scheme, authority, path = url:match("^(%a+)://([^/?#%s@]+)([^?#%s]*)$")
  scheme = scheme and scheme:lower()
  if scheme ~= "http" and scheme ~= "https" or path:find("^[^/]") then return nil end
  local name = authority:lower():gsub(scheme == "https" and ":443$" or ":80$", "")
  return { scheme = scheme, host = name, path = (path:gsub("/+$", "")) }
end

local function overridden(url, place)
  local parts = endpoint.split(url)
  if not parts then
    return fail("%s: '%s' is not an endpoint; it looks like https://host:port", place, (url:gsub("//[^/]*@", "//…@")))
  end
  parts.url, parts.overridden = ("%s://%s%s"):format(parts.scheme, parts.host, parts.path), true
  return parts
end

-- The endpoint of a service in a region: {url, scheme, host, path, overridden, path_style, service = its signing name, region = the one
-- to sign for}. given: an endpoint that beats all others.
function endpoint.find(config, name, region, given)
  local service = SERVICES[name]
  if not service then error(("no service '%s' is known; lib/aws/endpoint.lua lists them"):format(name), 2) end
  local url, place = given, "endpoint"
  if not url then url, place = override(config, (name:gsub("-", "_"))) end
  if not url and place then return nil, place end
  local found, err = overridden(url or "https://" .. host_of(name, service, region, config), place)
  if not found then return nil, err end
  found.overridden = url ~= nil
  found.path_style = config.addressing_style == "path" or found.overridden and config.addressing_style ~= "virtual"
  found.service = service.signs_as or name
  found.region = service.global and GLOBAL_REGION or region
  return found
end

-- Can the bucket's name be a part of a host name? Over TLS not with a dot, which the certificate does not cover.
local function is_label(bucket, scheme)
  if bucket:find("%.") and scheme == "https" then return false end
  return #bucket >= 3 and #bucket <= 63 and bucket:find("^[%l%d][%l%d.-]*[%l%d]$") ~= nil and not bucket:find("%.%.")
    and not bucket:find("^%d+%.%d+%.%d+%.%d+$")
end

-- Where a bucket is: the host, and what the path begins with ("" or "/bucket", behind the path of the endpoint).
function endpoint.bucket(found, bucket)
  if found.path_style or not is_label(bucket, found.scheme) then
    return found.host, ("%s/%s"):format(found.path, require "hilum.sigv4".escape(bucket))
  end
  return ("%s.%s"):format(bucket, found.host), found.path
end

return endpoint

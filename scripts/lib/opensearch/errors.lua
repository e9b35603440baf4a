-- SPDX-License-Identifier: MIT
-- What an OpenSearch complains of, in one line that says what to do next. Advice on another complaint is a row of ADVICE.
local errors = {}

-- By the kind of access, for what is not allowed. %1: the permission of Serverless's policies; %2: the index.
local FORBIDDEN = {
  aoss = "the collection's data access policy must give %1 on index/COLLECTION/%2 to whoever signs (`hilum aws whoami`), IAM must allow "
    .. "aoss:APIAccessAll, and the network policy must let this machine in; `hilum provision apply` writes all three, and a change takes "
    .. "a minute",
  es = "the domain's access policy, and its roles where it has them, must let whoever signs (`hilum aws whoami`) use %2",
  basic = "give this user a role that may do it on %2",
  none = "it wants to know who asks: set HILUM_OPENSEARCH_USER and HILUM_OPENSEARCH_PASSWORD, or --auth aoss or es for AWS signatures",
}
local UNKNOWN = {
  basic = "HILUM_OPENSEARCH_USER and HILUM_OPENSEARCH_PASSWORD, or ~/.netrc, are not a user that it knows",
  none = FORBIDDEN.none,
}

-- By the code of the answer or the failure, or by the status.
local ADVICE = {
  index_not_found_exception = "`hilum index --out URL` makes it",
  circuit_breaking_exception = "the server has too little memory for it: ask for less at once, or try again later",
  cluster_block_exception = "its disk is nearly full, or an administrator closed it",
  CERTIFICATE = "--ca FILE names the certificate that a server of your own is signed with",
  CA_FILE = "--ca names a file of certificates in PEM",
  [413] = "--bulk 1MiB sends less at once",
  [429] = "it has too much to do: try again later",
}

local function no_plugin(err) return err.message:find("No handler for type [knn_vector]", 1, true) end

local function advice_on(err, client, request)
  if err.status == 401 and UNKNOWN[client.access.kind] then return UNKNOWN[client.access.kind] end
  if err.status == 401 or err.status == 403 then
    local words = { ["%1"] = request.permission or "aoss:ReadDocument", ["%2"] = request.index or "*" }
    return (FORBIDDEN[client.access.kind]:gsub("%%%d", words))
  end
  if no_plugin(err) then return "the server has no k-NN plugin: install opensearch-knn" end
  return ADVICE[err.code] or ADVICE[err.status]
end

-- Completes an error of a client's request: names the server and the index, and advises.
function errors.explain(err, client, request)
  local advice = advice_on(err, client, request)
  local place = request.index and client.url .. "/" .. request.index or client.url
  err.op = "opensearch." .. request.op
  err.message = ("%s: %s%s"):format(place, err.message, advice and "; " .. advice or "")
  return err
end

return errors

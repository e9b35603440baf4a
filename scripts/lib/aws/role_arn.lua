-- SPDX-License-Identifier: MIT
-- The ARN of a role, or a usage error; as --role takes it.
return function(role, ctx)
  if role:find("^arn:aws[%w-]*:iam::%d+:role/") then return role end
  ctx.usage("--role %s: the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME", role)
end

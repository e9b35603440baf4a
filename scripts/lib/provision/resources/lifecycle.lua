-- SPDX-License-Identifier: MIT
-- The script that puts hilum on the notebook instance, at each start, since only ~/SageMaker outlasts a stop. The instance's system does
-- not have all that hilum is built from, so it is built and run in a container. SageMaker stops a script after five minutes; building goes
-- on in the background.
local SCRIPT = [=[
#!/bin/bash
# Written by `hilum provision`. What the building says: /home/ec2-user/SageMaker/hilum-install.log
cat >/usr/local/bin/hilum <<'END'
#!/bin/sh
[ -t 0 ] && terminal=-t
exec docker run --rm -i $terminal --network host -e AWS_REGION=@REGION@ -v /home/ec2-user/SageMaker:/home/ec2-user/SageMaker \
  -w "$PWD" hilum "$@"
END
chmod 755 /usr/local/bin/hilum
nohup docker build -t hilum - >/home/ec2-user/SageMaker/hilum-install.log 2>&1 <<'END' &
FROM @IMAGE@
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git
RUN git clone --depth 1 --branch '@REF@' '@SOURCE@' /hilum && sh /hilum/vendor/bootstrap.sh build
ENTRYPOINT ["/hilum/build/bin/hilum"]
END
]=]

local function script(env)
  local values = { REF = env.settings.ref, SOURCE = env.settings.source, IMAGE = env.settings.image, REGION = env.region }
  return (SCRIPT:gsub("@(%u+)@", values))
end

local TERRAFORM = [[
resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "lifecycle" {
  name     = %q
  on_start = %q
}
]]

return {
  name = "lifecycle", kind = "notebook script",
  wanted = function(env)
    if env.settings.notebook then return { on_start = script(env) } end
  end,
  read = function(env) return env.sagemaker:lifecycle(env.names.lifecycle) end,
  create = function(env, want) return env.sagemaker:create_lifecycle(env.names.lifecycle, want) end,
  update = function(env, want) return env.sagemaker:update_lifecycle(env.names.lifecycle, want) end,
  delete = function(env) return env.sagemaker:delete_lifecycle(env.names.lifecycle) end,
  terraform = function(env, want)
    return TERRAFORM:format(env.names.lifecycle, require "hilum.hash".base64(want.on_start))
  end,
}

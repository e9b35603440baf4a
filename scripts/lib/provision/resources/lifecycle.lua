-- SPDX-License-Identifier: MIT
-- The script that puts hilum on the notebook instance. SageMaker stops a script after five minutes, and building takes longer: it builds
-- in the background, and leaves its log next to the program.
local SCRIPT = [=[
#!/bin/bash
# Written by hilum provision. Log: /home/ec2-user/SageMaker/hilum-install.log
sudo -u ec2-user -i nohup bash >/home/ec2-user/SageMaker/hilum-install.log 2>&1 <<'END' &
set -eu
cd /home/ec2-user/SageMaker
[ -d hilum ] || git clone --depth 1 --branch '@REF@' '@SOURCE@' hilum
cd hilum
vendor/bootstrap.sh
cmake -S . -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build -j "$(nproc)"
grep -qs hilum/build/bin ~/.bashrc || echo 'export PATH=$PATH:$HOME/SageMaker/hilum/build/bin' >>~/.bashrc
echo "hilum is installed"
END
]=]

local function script(env)
  local values = { REF = env.settings.ref, SOURCE = env.settings.source }
  return (SCRIPT:gsub("@(%u+)@", values))
end

local TERRAFORM = [[
resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "lifecycle" {
  name      = %q
  on_create = %q
}
]]

return {
  name = "lifecycle", kind = "notebook script",
  wanted = function(env)
    if env.settings.notebook then return { on_create = script(env) } end
  end,
  read = function(env) return env.sagemaker:lifecycle(env.names.lifecycle) end,
  create = function(env, want) return env.sagemaker:create_lifecycle(env.names.lifecycle, want) end,
  update = function(env, want) return env.sagemaker:update_lifecycle(env.names.lifecycle, want) end,
  delete = function(env) return env.sagemaker:delete_lifecycle(env.names.lifecycle) end,
  terraform = function(env, want)
    return TERRAFORM:format(env.names.lifecycle, require "lib.page.base64".encode(want.on_create))
  end,
}

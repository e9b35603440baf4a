-- SPDX-License-Identifier: MIT
-- A small project of phantom radiographs for tests of finetune and embed, and hilum runs that are killed at a chosen moment.
local fs = require "hilum.fs"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local t = require "t"

local xrays = { PATIENTS = 12 }

local function caption_of(patient, followup)
  local findings = phantom.findings(patient, followup)
  return #findings > 0 and table.concat(findings, ", ") or "No Finding"
end

-- Writes images/, train.jsonl, validation.jsonl (every fourth patient) and splits.jsonl into a new folder, which it returns.
function xrays.project()
  local folder, pictures, lines = t.tmp(), {}, { train = {}, validation = {}, splits = {} }
  assert(fs.mkdir(fs.join(folder, "images")))
  for patient = 1, xrays.PATIENTS do
    local part = patient % 4 == 0 and "validation" or "train"
    for followup = 0, phantom.followups(patient) - 1 do
      local name, caption = ("%08d_%03d.png"):format(patient, followup), caption_of(patient, followup)
      table.insert(pictures, { patient = patient, followup = followup, path = fs.join(folder, "images", name) })
      table.insert(lines[part], json.encode { ["image-ref"] = "images/" .. name, caption = caption })
      table.insert(lines.splits, json.encode { image = name, caption = caption, split = part, patient = tostring(patient) })
    end
  end
  assert(phantom.write(pictures, { size = 64 }))
  for file, list in pairs(lines) do assert(fs.write(fs.join(folder, file .. ".jsonl"), table.concat(list, "\n") .. "\n")) end
  return folder, #pictures
end

-- Exit status, stdout and stderr of `hilum ARGUMENTS --project folder`. before: Lua that runs first.
function xrays.run(folder, arguments, before)
  local chunk = before and ("-e '%s' "):format(before) or ""
  return t.run(("%s %s%s --project '%s'"):format(t.hilum, chunk, arguments, folder))
end

-- Lua that kills the process with SIGKILL where the function is called for the n-th time; images are described four at a time.
function xrays.killer(module, name, n)
  return ([[
    require "lib.model.features".chunk = 4
    local module, calls = require "hilum.%s", 0
    local real = module.%s
    module.%s = function(...)
      calls = calls + 1
      if calls == %d then os.execute("kill -9 $PPID") end
      return real(...)
    end]]):format(module, name, name, n)
end

-- The contents of these files, by name.
function xrays.contents(folder, names)
  local contents = {}
  for _, name in ipairs(names) do contents[name] = assert(fs.read(fs.join(folder, name))) end
  return contents
end

-- Kills a run at each of the first calls of each function, and runs it again: the files must be as without a kill.
-- functions: {{module, name, calls}, …}.
function xrays.survives_kills(prepare, arguments, functions, names)
  local original = xrays.project()
  prepare(original)
  local function fresh() -- with the same times
    local folder = fs.join(t.tmp(), "project")
    t.eq(t.run(("cp -Rp '%s' '%s'"):format(original, folder)), 0)
    return folder
  end
  local clean = fresh()
  t.eq(xrays.run(clean, arguments), 0)
  local wanted = xrays.contents(clean, names)
  for _, f in ipairs(functions) do
    for n = 1, f[3] do
      local folder = fresh()
      local status = xrays.run(folder, arguments, xrays.killer(f[1], f[2], n))
      t.ok(status ~= 0, ("%s.%s was not called %d times"):format(f[1], f[2], n))
      t.eq(xrays.run(folder, arguments), 0)
      local got = xrays.contents(folder, names)
      for _, name in ipairs(names) do
        t.ok(got[name] == wanted[name], ("%s differs after a kill at %s.%s %d"):format(name, f[1], f[2], n))
      end
    end
  end
end

return xrays

-- SPDX-License-Identifier: MIT
-- Runs the records of a .test file: `hilum cli/run.lua FILE`. A record is
--     $ a shell command (hilum stands for the program under test; the folder is fresh for each file)
--     lines that stdout must equal; a line /PATTERN/ is a Lua pattern, a line ... stands for any lines
--     ! PATTERN that stderr must match (without such a line stderr must be empty)
--     = exit status (without such a line 0)
-- Records end at an empty line; lines that begin with # are comments.
local fs = require "hilum.fs"

local function parse(path)
  local records, record = {}, nil
  for line in io.lines(path) do
    local command = line:match("^%$ (.*)$")
    if command then
      record = { command = command, out = {}, err = {}, status = 0 }
      records[#records + 1] = record
    elseif line == "" then
      record = nil
    elseif record and line:find("^! ") then
      table.insert(record.err, line:sub(3))
    elseif record and line:find("^= ") then
      record.status = math.tointeger(tonumber(line:sub(3)))
    elseif record and not line:find("^#") then
      table.insert(record.out, line)
    end
  end
  return records
end

local function read_all(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

local function matches(line, wanted)
  local pattern = wanted:match("^/(.*)/$")
  if pattern then return line:find(pattern) ~= nil end
  return line == wanted
end

local function same_lines(lines, wanted, i, j)
  if j > #wanted then return i > #lines end
  if wanted[j] == "..." then
    for skip = i, #lines + 1 do if same_lines(lines, wanted, skip, j + 1) then return true end end
    return false
  end
  return lines[i] ~= nil and matches(lines[i], wanted[j]) and same_lines(lines, wanted, i + 1, j + 1)
end

local function problem_of(record, out, err, status)
  local lines = {}
  for line in out:gmatch("([^\n]*)\n?") do lines[#lines + 1] = line end
  while lines[#lines] == "" do lines[#lines] = nil end
  if status ~= record.status then return ("exit status %s, not %d"):format(status, record.status) end
  if not same_lines(lines, record.out, 1, 1) then return "stdout differs" end
  for _, pattern in ipairs(record.err) do
    if not err:find(pattern) then return ("stderr does not match %q"):format(pattern) end
  end
  if #record.err == 0 and err ~= "" then return "stderr is not empty" end
end

-- What the developer's shell says of AWS is not for the records.
local FORGET_AWS = "unset none $(env | sed -n 's/^\\(AWS_[A-Z0-9_]*\\)=.*/\\1/p')"

local function run_record(record, dir, hilum)
  local setup = ("cd '%s' && %s && hilum() { '%s' \"$@\"; } && "):format(dir, FORGET_AWS, hilum)
  local _, _, status = os.execute(("( %s%s\n) >'%s/.out' 2>'%s/.err' </dev/null"):format(setup, record.command, dir, dir))
  local out, err = read_all(dir .. "/.out"), read_all(dir .. "/.err")
  local problem = problem_of(record, out, err, status)
  if problem then print(("# %s\n# --- stdout\n%s# --- stderr\n%s"):format(problem, out, err)) end
  return not problem
end

return {
  summary = "Run records of the command line",
  options = { { "file", type = "path", must_exist = true, positional = true, required = true, help = "the .test file" } },
  run = function(opt)
    local records, failures = parse(opt.file), 0
    local dir = assert(fs.temp(os.getenv("TMPDIR") or "/tmp"))
    local hilum = fs.real(os.getenv("HILUM"))
    for i, record in ipairs(records) do
      local ok = run_record(record, dir, hilum)
      if not ok then failures = failures + 1 end
      print(("%s %d - %s"):format(ok and "ok" or "not ok", i, record.command))
    end
    fs.remove_tree(dir)
    print(("%d passed, %d failed"):format(#records - failures, failures))
    return { exit = (failures > 0 or #records == 0) and 1 or 0 }
  end,
}

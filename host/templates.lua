-- SPDX-License-Identifier: MIT
-- The files that `hilum new` and `hilum init` write.
local templates = {}

templates.workflow = [==[
-- A hilum workflow. `hilum help NAME` shows what this table declares; an option is a flag, an environment variable
-- (HILUM_OPT_MIN_SIZE) and a key of project.lua at once.
local fs = require "hilum.fs"

return {
  summary = "Count the files of a folder",
  details = [[Lists the files below FOLDER and says how many there are and how large they are.]],
  options = {
    { "folder", type = "path", must_exist = true, is = "dir", positional = true, default = ".", help = "where to look" },
    { "min-size", type = "size", default = "0", help = "leave out smaller files" },
    { "names", type = "flag", default = false, help = "print every name" },
  },
  examples = { "hilum NAME", "hilum NAME images --min-size 100KiB --names" },
  run = function(opt, ctx)
    local count, bytes = 0, 0
    for _, name in ipairs(assert(fs.walk(opt.folder))) do
      local size = fs.stat(fs.join(opt.folder, name)).size
      if size >= opt.min_size then
        count, bytes = count + 1, bytes + size
        if opt.names then ctx.print("%s", name) end
      end
    end
    ctx.print("%d files, %.1f MB", count, bytes / 1e6)
    return { files = count, bytes = bytes }
  end,
}
]==]

templates.project = [==[
-- A hilum project: this file marks the folder, and says what the steps should know. All keys may be left out; a section is
-- named after its workflow (`hilum help finetune` lists the options; dashes become underscores), `defaults` serves all of them.
return {
  defaults = {
    -- images = "images",          -- the folder of the images, from here or in full, or s3://bucket/prefix
    -- seed = 1,
  },

  -- Label tables other than the NIH's: which columns say what.
  -- labels = {
  --   mapping = {
  --     id = "file", patient = "patient_id",
  --     findings = { "Effusion", "Pneumothorax" },   -- columns that hold 1 or 0; or one column: findings = "labels", separator = "|"
  --     view = "view", age = "age", sex = "sex",
  --   },
  -- },

  -- split = { val_fraction = 0.15, test_fraction = 0.15 },
  -- finetune = { epochs = 5, batch_size = 256, learning_rate = 0.01 },

  -- For work on AWS, `hilum provision apply` ends with the lines that belong here.
}
]==]

return templates

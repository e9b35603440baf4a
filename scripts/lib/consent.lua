-- SPDX-License-Identifier: MIT
-- What cannot be taken back is done only with --yes, or when a person at the terminal agrees; else the program ends with what was left
-- undone: consent("delete a, b", "nothing was deleted", opt, ctx).
return function(question, undone, opt, ctx)
  if opt.yes then return end
  if not require "hilum.term".isatty "stdin" then ctx.usage("%s: say --yes", undone) end
  if not require "lib.ask"(question) then ctx.fail("%s", undone) end
end

-- SPDX-License-Identifier: MIT
-- plural(1, "image") is "1 image", plural(2, "image") "2 images"; where an s does not make it: plural(count, "copy", "copies").
return function(count, one, many) return ("%d %s"):format(count, count == 1 and one or many or one .. "s") end

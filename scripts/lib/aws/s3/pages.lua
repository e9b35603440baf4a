-- SPDX-License-Identifier: MIT
-- An iterator over what comes in pages: the next page is fetched while the caller works on this one. It raises the error of a page that
-- cannot be had, because a list that just ends would look whole.
local task = require "hilum.task"

local Pages = {}
Pages.__index = Pages

local function turn(self)
  local ahead = self.ahead or task.spawn(self.fetch)
  self.ahead = nil
  local page, err = ahead:join()
  if not page then error(err, 0) end
  self.page, self.at = page, 1
  if page.next then self.ahead = task.spawn(self.fetch, page.next) end
  self.is_last = not page.next
end

local function next_item(self)
  self.at = self.at + 1
  while not self.page[self.at] do
    if self.is_last then return nil end
    turn(self)
  end
  return self.page[self.at]
end

function Pages:__close()
  if self.ahead then self.ahead:cancel() end
  self.ahead = nil
end

-- For `for item in pages(fetch) do`. fetch(marker) returns a page, an array of items with `next`, the marker of the page behind it, or nil
-- and an error. The first marker is nil.
return function(fetch)
  local self = setmetatable({ fetch = fetch, page = {}, at = 0 }, Pages)
  return next_item, self, nil, self
end

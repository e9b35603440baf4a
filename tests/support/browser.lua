-- SPDX-License-Identifier: MIT
-- Pages in headless Chromium: browser.measure(html, {dark=}) shows a page in frames of several widths and tells what a reader
-- would see. The page runs as it is, under its own policy; only the frames around it have a script.
local fs = require "hilum.fs"
local json = require "hilum.json"
local page = require "lib.page"

local browser = { WIDTHS = { 360, 800, 1200, 2560 } }

local NAMES = { "chromium", "chromium-browser", "google-chrome" }

local FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
  .. "--disable-component-update --disable-sync --hide-scrollbars --window-size=2600,4000 --virtual-time-budget=4000"

local HARNESS = [[
<!DOCTYPE html><meta charset="utf-8"><body>%s<pre id="result"></pre><script>
addEventListener("load", () => {
  const look = frame => {
    const d = frame.contentDocument, pictures = [...d.images];
    return { width: frame.clientWidth, overflow: d.documentElement.scrollWidth - d.documentElement.clientWidth, pictures: pictures.length,
      broken: pictures.filter(i => i.naturalWidth === 0).length, silent: pictures.filter(i => !i.alt).length,
      scripts: d.scripts.length,
      fetched: frame.contentWindow.performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length,
      letters: parseFloat(getComputedStyle(d.body).fontSize), paper: getComputedStyle(d.body).backgroundColor, title: d.title };
  };
  document.getElementById("result").textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(look));
});
</script>]]

-- The browser's command, or nil.
function browser.find()
  for _, name in ipairs(NAMES) do
    for folder in (os.getenv("PATH") or ""):gmatch("[^:]+") do
      if fs.stat(fs.join(folder, name)) then return name end
    end
  end
end

local function frames(html)
  local list = {}
  for i, width in ipairs(browser.WIDTHS) do
    list[i] = ('<iframe style="width:%dpx;height:900px;border:0" srcdoc="%s"></iframe>'):format(width, page.escape(html))
  end
  return table.concat(list)
end

local function unescape(text)
  return (text:gsub("&quot;", '"'):gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&amp;", "&"))
end

-- For each width { width=, overflow= (pixels to the right of the window), pictures=, broken=, silent= (without alt), scripts=, fetched=,
-- letters= (pixels), paper= (background), title= }. folder: for temporary files.
function browser.measure(html, folder, options)
  local harness = fs.join(folder, "harness.html")
  assert(fs.write(harness, (HARNESS:gsub("%%s", function() return frames(html) end))))
  local command = ("timeout 60 %s %s --user-data-dir='%s' --blink-settings=preferredColorScheme=%d --dump-dom 'file://%s' 2>/dev/null")
    :format(browser.find(), FLAGS, fs.join(folder, "profile"), options and options.dark and 0 or 1, fs.real(harness))
  local pipe = assert(io.popen(command))
  local dom = pipe:read("a")
  pipe:close()
  local result = dom:match('<pre id="result">(%[.-%])</pre>')
  assert(result, "the browser measured nothing")
  return json.decode(unescape(result))
end

return browser

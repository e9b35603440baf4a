-- SPDX-License-Identifier: MIT
-- The query page as somebody uses it: in Chromium, with the mouse, the keyboard, and files from the desktop. Page and browser share the
-- loop of this process.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local devtools = require "devtools"
local fs = require "hilum.fs"
local host = require "hilum.host"
local image = require "hilum.image"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local study = require "study"

local function fail(format, ...) error(host.error("integrity", format:format(...)), 0) end

-- A study with a picture for each image, served.
local function serve(options)
  local dir = t.tmp()
  local docs = study.write(dir)
  if options and options.bedrock then
    assert(fs.remove_tree(dir .. "/embeddings"))
    study.write_bedrock(dir .. "/embeddings", docs)
  end
  study.write_images(dir .. "/images", docs, #docs)
  study.run(dir, "index")
  local ctx = { project = { path = function(_, path) return fs.join(dir, path) end }, fail = fail, usage = fail, say = print, warn = print }
  local opt = { host = "127.0.0.1", port = 0, index = dir .. "/index", images = dir .. "/images", max_upload = 1000000, cache = 1 << 20,
    anonymous = false }
  for key, value in pairs(options or {}) do opt[key] = value end
  local server = require "lib.serve.site".serve(opt, ctx)
  return setmetatable({ url = server:url(), dir = dir, docs = docs }, { __close = function() server:close() server:wait() end })
end

local CARDS = "document.querySelectorAll('.card').length"
local ANSWERED = CARDS .. " > 0 && !document.querySelector('[aria-busy]')"

local function has_asked(page, target) return page:wait(("location.search === %s"):format(json.encode(target))) end

-- f(page, site): a page in a browser of its own; afterwards nobody has complained, and nothing was asked for elsewhere.
local function test(name, f, options)
  if not require "browser".find() then return t.skip(name, "no Chromium here") end
  t.test(name, function()
    local site <close> = serve(options and options.serve)
    local browser <close> = devtools.start(t.tmp())
    local page = browser:open(site.url .. (options and options.at or "/"), { width = 1280, height = 900 })
    page:wait("document.querySelector('#facts').textContent")
    f(page, site, browser)
    t.eq(page.complaints, options and options.complaints or {})
    for _, url in ipairs(page.requests) do
      t.ok(url:sub(1, #site.url + 1) == site.url .. "/" or url:find("^blob:" .. site.url:gsub("%p", "%%%0")), "asked for " .. url)
    end
  end)
end

test("typing words and Enter finds pictures, and the address says what was asked", function(page)
  t.ok(page:eval("!document.querySelector('#welcome').hidden"))
  page:type("/")
  page:wait("document.activeElement.id === 'words'")
  page:type("Mass")
  page:press("Enter")
  page:wait(ANSWERED)
  t.eq({ page:eval(CARDS), page:eval("location.search"), page:eval("document.title") }, { 24, "?text=Mass", "Mass · hilum" })
  t.eq(page:eval("document.querySelector('#count').textContent"), "24 results, nearest first")
  t.match(page:eval("document.querySelector('.column .title p').textContent"),
    "^%d+ of 24 show Mass; %d+ of them are training images$")
  t.ok(page:eval("document.querySelector('#welcome').hidden"))
  page:wait("document.querySelector('.card img').naturalWidth > 0")
end)

test("an image is dropped, mixed with words by the slider, and removed", function(page, site)
  local path = site.dir .. "/from the desktop.png"
  assert(image.write(phantom.render(3, 0, { size = 128 }), path))
  page:drop(path, "#drop")
  page:wait(ANSWERED)
  t.eq({ page:eval(CARDS), page:eval("location.search") }, { 24, "?dropped=1" })
  t.match(page:eval("document.querySelector('#asked').textContent"), "from the desktop.png")
  t.ok(page:eval("document.querySelector('#asked img').naturalWidth") == 128)
  t.ok(page:eval("document.querySelector('#mix').hidden"))
  page:click("#words")
  page:type("Edema")
  t.ok(page:eval("!document.querySelector('#mix').hidden"))
  page:press("Enter")
  has_asked(page, "?text=Edema&dropped=1")
  page:eval("document.querySelector('#weight').focus()")
  page:press("ArrowRight")
  has_asked(page, "?text=Edema&dropped=1&weight=0.45")
  t.eq(page:eval("document.querySelector('#share').textContent"), "image 45 %, words 55 %")
  page:click("#asked button")
  has_asked(page, "?text=Edema&weight=0.45")
  t.eq(page:eval("document.activeElement.id"), "choose")
  page:drop(site.dir .. "/images/" .. site.docs[2].image, "#drop")
  page:wait(("document.querySelector('#asked').textContent.includes('In the index as %s: ')"):format(site.docs[2].image))
end)

test("an image is pasted", function(page)
  page:eval([[(async () => {
    const canvas = new OffscreenCanvas(140, 140);
    canvas.getContext("2d").fillRect(0, 0, 140, 140);
    const data = new DataTransfer();
    data.items.add(new File([await canvas.convertToBlob()], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  })()]])
  has_asked(page, "?dropped=1")
  page:wait(ANSWERED)
end)

test("what is no image, or too large, is told", function(page, site)
  assert(fs.write(site.dir .. "/notes.txt", "text"))
  assert(fs.write(site.dir .. "/large.png", ("x"):rep(1000001)))
  page:drop(site.dir .. "/notes.txt", "#drop")
  page:wait("document.querySelector('#problem').textContent === 'notes.txt is neither PNG nor JPEG.'")
  page:drop(site.dir .. "/large.png", "#drop")
  page:wait("document.querySelector('#problem').textContent.startsWith('large.png is larger than')")
  t.ok(page:eval("!document.querySelector('#problem').hidden"))
end)

test("a broken image and unknown words show what the server says", function(page, site)
  assert(fs.write(site.dir .. "/broken.png", "\x89PNG\r\n\x1a\nnothing"))
  page:drop(site.dir .. "/broken.png", "#drop")
  page:wait("!document.querySelector('#problem').hidden")
  page:click("#clear")
  page:wait("document.querySelector('#problem').hidden")
  page:click("#words")
  page:type("xylophone")
  page:press("Enter")
  page:wait("document.querySelector('#problem').textContent.includes('knows none of these words: xylophone')")
  t.eq(page:eval(CARDS), 0)
  page.complaints = {} -- Chromium itself notes answers of status 422
end)

test("Back and Forward go through what was asked, and a link can be shared", function(page, site, browser)
  page:click("#beginnings button")
  page:wait(ANSWERED)
  local first = page:eval("location.search")
  page:click("input[name=finding][value=Edema]")
  page:wait("location.search.includes('finding=Edema')")
  page:wait("document.querySelectorAll('.card').length > 0 && "
    .. "[...document.querySelectorAll('.card .what')].every(e => e.textContent.includes('Edema'))")
  local second = page:eval("location.search")
  page:eval("history.back()")
  has_asked(page, first)
  page:wait("!document.querySelector('input[name=finding][value=Edema]').checked")
  page:eval("history.forward()")
  has_asked(page, second)
  page:wait("document.querySelector('input[name=finding][value=Edema]').checked")
  local shared = browser:open(site.url .. "/" .. second .. "&view=PA&k=12&answer=both", { width = 1280, height = 900 })
  shared:wait(ANSWERED)
  t.eq(shared:eval("[document.querySelector('#words').value, document.querySelector('#view').value, document.querySelector('#k').value,"
    .. "document.querySelector('#answer').value, document.querySelectorAll('.column').length].join()"), "No Finding,PA,12,both,2")
  t.eq(shared.complaints, {})
end)

test("a picture opens at full size, goes to its neighbours, and closes where it was", function(page)
  page:click(".card:nth-child(3) .picture")
  page:wait("document.querySelector('#viewer').open && document.querySelector('.frame img').naturalWidth > 0")
  t.eq(page:eval("document.querySelector('#viewer-title').textContent"), "Result 3 of 24")
  page:press("ArrowRight")
  page:wait("document.querySelector('#viewer-title').textContent === 'Result 4 of 24'")
  page:press("+")
  page:type("+")
  page:wait("document.querySelector('#zoom').textContent !== '1×'")
  page:click("#invert")
  t.eq(page:eval("document.querySelector('#invert').getAttribute('aria-pressed')"), "true")
  page:press("Escape")
  page:wait("!document.querySelector('#viewer').open")
  t.eq(page:eval("document.activeElement.closest('.card').querySelector('.line').textContent.slice(0, 1)"), "4")
  page:eval("history.back()")
  page:wait("document.querySelector('#viewer').open")
  page:eval("history.back()")
  page:wait("document.querySelector('#viewer-title').textContent === 'Result 3 of 24'")
end, { at = "/?text=Mass" })

test("the keyboard alone: arrows, more like this, choose, compare", function(page)
  page:wait(ANSWERED)
  page:eval("document.querySelector('.card:nth-child(2) .picture').focus()")
  page:press("ArrowRight")
  t.eq(page:eval("document.activeElement.closest('.card').querySelector('.line span').textContent"), "3")
  page:press("ArrowDown")
  local below = tonumber(page:eval("document.activeElement.closest('.card').querySelector('.line span').textContent"))
  t.ok(below > 3, below)
  page:press("ArrowUp")
  t.eq(page:eval("document.activeElement.closest('.card').querySelector('.line span').textContent"), "3")
  page:type("c")
  page:press("ArrowLeft")
  page:type("c")
  page:wait("!document.querySelector('#tray').hidden")
  t.eq(page:eval("document.querySelector('#chosen').textContent"), "2 pictures chosen")
  page:eval("document.querySelector('#compare').focus()")
  page:press("Enter")
  page:wait("document.querySelectorAll('.panes figure img').length === 2")
  t.eq(page:eval("new URLSearchParams(location.search).getAll('open').length"), 2)
  page:press("Escape")
  page:wait("!document.querySelector('#viewer').open")
  page:eval("document.querySelector('.card .picture').focus()")
  page:type("m")
  page:wait("location.search.includes('like=')")
  page:wait("document.querySelector('#asked img')?.naturalWidth > 0")
end, { at = "/?text=Mass" })

test("Tab goes through the page in the order one reads it", function(page)
  page:wait(ANSWERED)
  local seen = {}
  for i = 1, 14 do
    page:press("Tab")
    seen[i] = page:eval("(e => e.id || e.textContent.trim() || e.name + '=' + e.value)(document.activeElement)")
  end
  t.eq(table.concat(seen, " | "), "Skip to the results | home | show-keys | API | choose | words | search | "
    .. "Filters and answer 1 on | answer | k | finding=Edema | finding=Effusion | finding=Hernia | finding=Mass")
  t.ok(page:eval("getComputedStyle(document.activeElement).outlineStyle") ~= "none")
end, { at = "/?text=Mass&finding=Mass" })

test("an anonymous page shows neither patients nor names", function(page)
  page:wait(ANSWERED)
  local text = page:eval("document.documentElement.innerHTML")
  t.ok(not text:find("patient %d") and not text:find("%.png"), "a name or a patient")
  t.ok(page:eval("document.querySelector('#patient').parentElement.hidden"))
  page:click(".card .do button")
  page:wait("location.search.includes('like=') && document.querySelector('#asked img')?.naturalWidth > 0")
end, { at = "/?text=Mass&answer=both", serve = { anonymous = true } })

local LOOK = assert(fs.read(t.root .. "/support/accessibility.js"))

test("models on Bedrock stand side by side, by names that can be read", function(page)
  page:wait(ANSWERED)
  t.eq(page:eval("[...document.querySelectorAll('.column h2')].map(heading => heading.textContent.trim()).join()"),
    "titan-embed-image-v1,cxr")
  t.eq(page:eval("[...document.querySelectorAll('#answer option')].map(one => one.textContent).join()"), "cxr,titan-embed-image-v1,both")
  t.match(page:eval("document.querySelector('#facts').textContent"), " · cxr$")
end, { at = "/?text=Mass&answer=both", serve = { bedrock = true } })

local SHOWS = { ["the beginning"] = { "/", "true" }, ["an answer"] = { "/?text=Mass&answer=both&like=00000003_000.png", ANSWERED },
  ["an open picture"] = { "/?text=Mass&open=00000003_000.png", "document.querySelector('.frame img')?.naturalWidth > 0" },
  ["a comparison"] = { "/?text=Mass&open=00000003_000.png&open=00000004_000.png", "document.querySelectorAll('.frame img').length === 2" },
  ["a problem"] = { "/?like=00000003_000.png&dropped=9", "!document.querySelector('#problem').hidden" } }

for name, show in pairs(SHOWS) do
  test("anybody can read and use " .. name, function(page, site)
    for _, width in ipairs { 360, 1280, 3840 } do
      for _, dark in ipairs { false, true } do
        page:resize(width, width == 360 and 780 or width * 9 // 16, dark)
        page:go(site.url .. "/api")
        page:go(site.url .. show[1])
        page:wait("document.querySelector('#facts').textContent && " .. show[2])
        page:press("Tab") -- whoever uses the keyboard is shown the focus
        t.eq(table.concat(page:eval(LOOK), "\n"), "", ("%d px, %s"):format(width, dark and "dark" or "light"))
        t.ok(page:eval(("matchMedia('(prefers-color-scheme: %s)').matches"):format(dark and "dark" or "light")))
      end
    end
  end)
end

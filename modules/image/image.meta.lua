---@meta hilum.image
-- PNG and JPEG: whether a file is whole and fit for a model, its pixels, its size changed, its description in 780 numbers. PNG is read by
-- hilum itself (ISA-L inflates), JPEG by libjpeg-turbo. Files are read in the worker threads; whoever calls with a list keeps all of
-- them busy.
--
-- An input is the path of a file, {bytes = string, name = string?}, or where it says so an image. One input gives one result, or nil and an error.
-- A list of inputs gives a list of results in the same order, with false in place of what failed, and a table of the errors by
-- their place in the list (nil when nothing failed).
--
-- Nothing above 268,435,456 pixels (2^28) or 536,870,912 bytes (2^29) is decoded, whatever it claims to be.
local image = {}

--- What Amazon Titan Multimodal Embeddings G1 accepts for fine-tuning, as image.check applies it unless told otherwise.
--- AWS gives the pixels as 12,528,912 on one page and as 2048 * 2048 * 3 = 12,582,912 on another, and the bytes as "5 MB": these
--- are the stricter readings. inference_pixels is what one InvokeModel takes; more is a warning.
---@class hilum.image.Limits
---@field bytes integer  5,000,000
---@field min_side integer  128 pixels
---@field max_side integer  4,096 pixels
---@field pixels integer  12,528,912
---@field aspect number  4: the longer side by the shorter
---@field inference_pixels integer  2,048 * 2,048
image.limits = {}

--- Reports everything that is wrong with image files.
--- The whole file is read and decoded, except that a PNG yields no pixels: container, checksums, compressed data, number of
--- rows and their filters. What only follows from another defect is not reported. A check does not fail: a file that cannot be
--- read is a problem. With depth "container" nothing is inflated or decoded: a PNG's chunks and their CRC-32 still tell nearly all
--- damage in transit, a JPEG's markers little, at many times the speed. limits: those that differ (0: no limit), or false for none.
---
--- Problems, by code:
---   unreadable, empty, html (a web page or an XML error saved under the name of an image), dicom, not-an-image
---   truncated, zero-tail (the copy was not finished), missing-iend, trailing-bytes, wrong-extension
---   header, chunk (the PNG standard does not allow it), crc, deflate, adler, filter, short-data, extra-data (the PNG is damaged)
---   no-eoi, jpeg-truncated, jpeg-corrupt, unsupported (12 bits, lossless, ...), cmyk
---   bomb (more pixels than are ever decoded)
---   too-large, too-small, too-wide, too-many-pixels, aspect (limits)
--- Warnings: rgba, alpha, deep (16 bits), interlaced, progressive, arithmetic, inference-pixels, text (text or camera data that may name a
--- patient: PNG's tEXt, zTXt, iTXt but for Software, and eXIf; JPEG's Exif, XMP, IPTC and comment)
---@param input string|{bytes: string, name?: string}|table  input or list of inputs
---@param options? {limits?: hilum.image.Limits|false, depth?: "full"|"container", progress?: hilum.term.Progress}
---@return hilum.image.Report|hilum.image.Report[] report
---@usage for _, report in ipairs(image.check { "a.png", "b.png" }) do print(report.path, #report.problems) end
function image.check(input, options) end

---@class hilum.image.Report
---@field path? string
---@field bytes integer  size of the file
---@field format? "png"|"jpeg"  nil when it is neither
---@field width? integer  pixels
---@field height? integer  pixels
---@field bits? integer  a sample
---@field channels? integer  samples a pixel in the file; 1 for a palette
---@field mode? "gray"|"gray+alpha"|"rgb"|"rgba"|"palette"|"cmyk"
---@field problems {code: string, message: string}[]  the most telling first
---@field warnings {code: string, message: string}[]

--- Reads only the header: a report without problems and warnings.
---@param input string|{bytes: string, name?: string}|table  input or list of inputs
---@param options? {progress?: hilum.term.Progress}
---@return hilum.image.Report|hilum.image.Report[]? info
---@return hilum.Error|table? err
---@usage print(assert(image.info { bytes = image.encode(image.new(9, 9, 1)) }).width)
function image.info(input, options) end

--- Decodes images to 8 bits a sample.
--- native keeps the channels (a palette becomes rgb, or rgba if it has transparency). gray takes the luma of BT.601 and rgb
--- repeats gray; both drop alpha. 16-bit samples are rounded. A damaged file is an error of kind "integrity" whose code is that of
--- image.check; bytes after the end are no damage here.
---@param input string|{bytes: string, name?: string}|table  input or list of inputs
---@param options? {mode?: "native"|"gray"|"rgb", progress?: hilum.term.Progress}  mode "native"
---@return hilum.image.Image|hilum.image.Image[]? image
---@return hilum.Error|table? err
---@usage local xray = assert(image.decode({ bytes = image.encode(image.new(9, 9, 3)) }, { mode = "gray" }))
function image.decode(input, options) end

--- Describes images by 780 numbers (GHL-780: Gabor energies, gray values, local binary patterns), the input of the offline model.
--- The image is taken as gray and reduced to 64 x 64. A list gives a matrix of a row for each input; the rows of those that failed are 0.
---@param input string|{bytes: string, name?: string}|hilum.image.Image|table  input or list of inputs, images included
---@param options? {progress?: hilum.term.Progress}
---@return hilum.vec.Matrix? features  N x 780; 1 x 780 for a single input
---@return hilum.Error|table? err  for a list the errors by their place, nil when there are none
---@usage local features = assert(image.describe { image.new(64, 64, 1), image.new(128, 128, 1) })
function image.describe(input, options) end

--- Makes JPEGs that fit into a square, for pages.
--- Smaller images keep their size.
---@param input string|{bytes: string, name?: string}|hilum.image.Image|table  input or list of inputs, images included
---@param size integer  pixels of the longer side
---@param options? {quality?: integer, progress?: hilum.term.Progress}  quality 1..100, 90
---@return string|string[]? jpeg
---@return hilum.Error|table? err
---@usage local jpeg = assert(image.thumbnail(image.new(500, 400, 1), 128))
function image.thumbnail(input, size, options) end

--- Changes the size of images.
--- A side that shrinks is averaged over the exact area of each new pixel; one that grows is interpolated bilinearly.
---@param img hilum.image.Image|hilum.image.Image[]
---@param width integer  1..65535
---@param height integer  1..65535
---@param options? {progress?: hilum.term.Progress}
---@return hilum.image.Image|hilum.image.Image[]? resized
---@return hilum.Error|table? err
---@usage local small = assert(image.resize(image.new(100, 100, 1), 50, 50))
function image.resize(img, width, height, options) end

--- Encodes images as PNG or JPEG.
--- JPEG drops alpha. quality is JPEG's, 1..100, 90 unless given; level is that of PNG's compression, 0..9, 6 unless given.
---@param img hilum.image.Image|hilum.image.Image[]
---@param options? {format?: "png"|"jpeg", quality?: integer, level?: integer, progress?: hilum.term.Progress}  format "png"
---@return string|string[]? bytes
---@return hilum.Error|table? err
---@usage local png = assert(image.encode(image.new(2, 2, 1, "\0\1\2\3")))
function image.encode(img, options) end

--- Writes images to files, each whole or not at all.
--- The names' extensions choose the format unless option format does.
---@param img hilum.image.Image|hilum.image.Image[]
---@param path string|string[]  one for each image
---@param options? {format?: "png"|"jpeg", quality?: integer, level?: integer, progress?: hilum.term.Progress}
---@return true? ok
---@return hilum.Error? err  the first, if several could not be written; the others are
---@usage assert(image.write(image.new(64, 64, 1), os.tmpname(), { format = "png" }))
function image.write(img, path, options) end

--- Perceptual hashes: what stays nearly the same when an image is resized, recompressed, brightened or converted.
--- 256 bits of the cosine transform of the gray image at 64 x 64, as 64 hexadecimal digits; all 0 for an image of one colour.
---@param input string|{bytes: string, name?: string}|hilum.image.Image|table  input or list of inputs, images included
---@param options? {progress?: hilum.term.Progress}
---@return string|string[]? hash
---@return hilum.Error|table? err
---@usage assert(#image.phash(image.new(64, 64, 1)) == 64)
function image.phash(input, options) end

--- Pairs of similar hashes: for each hash the 8 nearest before it in the list, if they differ from it in at most `most` bits.
--- Those of images of one colour resemble nothing. Compares all with all: 112,120 hashes in seconds.
---@param hashes string[]  as image.phash gives them
---@param most integer  0..256 bits; two unrelated images differ in about 128
---@return {first: integer, second: integer, distance: integer}[] pairs  places in the list, first < second
---@usage for _, pair in ipairs(image.similar(image.phash { "a.png", "b.png" }, 26)) do print(pair.first, pair.second, pair.distance) end
function image.similar(hashes, most) end

--- Pearson's correlation of the samples of two images of one size.
---@param a hilum.image.Image
---@param b hilum.image.Image  of the same width, height and channels
---@return number correlation  -1..1; 0 if one of them is of one colour
---@usage local ramp = image.new(4, 1, 1, "\0\85\170\255")
---@usage assert(image.correlation(ramp, ramp) > 0.999)
function image.correlation(a, b) end

--- Makes an image, black unless bytes are given.
---@param width integer  1..65535
---@param height integer  1..65535
---@param channels integer  1 gray, 2 gray and alpha, 3 rgb, 4 rgba
---@param bytes? string  height * width * channels, row after row from the top
---@return hilum.image.Image image
---@usage local ramp = image.new(4, 1, 1, "\0\85\170\255")
function image.new(width, height, channels, bytes) end

--- An image in memory, 8 bits a sample. Images never change.
---@class hilum.image.Image
local Image = {}

--- Pixels a row.
---@return integer pixels
---@usage print(image.new(4, 1, 1):width())
function Image:width() end

--- Rows.
---@return integer pixels
---@usage print(image.new(4, 1, 1):height())
function Image:height() end

--- How many samples a pixel has: 1 gray, 2 gray and alpha, 3 rgb, 4 rgba.
---@return integer channels
---@usage print(image.new(4, 1, 1):channels())
function Image:channels() end

--- All samples, row after row from the top, height * width * channels bytes.
---@return string bytes
---@usage print(#image.new(4, 1, 1):bytes())
function Image:bytes() end

--- The samples of one pixel, 0..255.
---@param x integer  0..width - 1
---@param y integer  0..height - 1, from the top
---@return integer ...  as many as channels
---@usage print(image.new(4, 1, 1):pixel(0, 0))
function Image:pixel(x, y) end

return image

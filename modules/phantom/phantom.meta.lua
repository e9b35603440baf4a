---@meta hilum.phantom

-- Synthetic chest radiographs with known findings, for trying hilum, for its demo and for its tests. A picture follows from three
-- integers: the patient, the follow-up (from 0) and the seed of the set; the same integers give the same picture and labels
-- everywhere. The phantoms have the gross anatomy and a cartoon of 19 findings, easier to tell apart than real ones: nothing
-- measured on them says how a method does on patients.
local phantom = {}

---@alias hilum.phantom.Picture {patient: integer, followup: integer, path?: string}

--- The 19 findings, in the order of the columns of the NIH-CXR-LT tables.
---@type string[]
phantom.names = {}

--- How many pictures a patient has.
---@param patient integer
---@param seed? integer  of the set, default 1
---@return integer count  1 to 6
---@usage assert(phantom.followups(1) >= 1)
function phantom.followups(patient, seed) end

--- The findings of a picture.
---@param patient integer
---@param followup integer  from 0
---@param seed? integer  default 1
---@return string[] names  in the order of phantom.names; empty: no finding
---@usage print(table.concat(phantom.findings(3, 0), ", "))
function phantom.findings(patient, followup, seed) end

--- What a hospital would know besides the findings. View and sex show in the picture; the age is invented and does not.
---@param patient integer
---@param followup integer
---@param seed? integer  default 1
---@return {view: "AP"|"PA", sex: "F"|"M", age: integer} info  age in years, not falling from one follow-up to the next
---@usage assert(phantom.info(3, 0).age >= 18)
function phantom.info(patient, followup, seed) end

--- Draws pictures, on the worker pool.
--- Given a list instead of patient and followup, as in phantom.render({{patient = 1, followup = 0}}, options), it returns a list.
--- size is a multiple of 8 from 64 to 2048, default 256. A list holds its images in memory: phantom.write does not.
---@param patient integer|hilum.phantom.Picture[]
---@param followup? integer
---@param options? {size?: integer, seed?: integer, progress?: hilum.term.Progress}
---@return hilum.image.Image|hilum.image.Image[] image  gray
---@usage local picture = phantom.render(1, 0, { size = 64 })
function phantom.render(patient, followup, options) end

--- Draws pictures and writes each to its path, as gray PNG, on the worker pool. Each file appears whole or not at all; one that
--- exists is replaced. The folders must exist. After the first failure no more pictures are begun.
---@param pictures hilum.phantom.Picture[]  each with a path
---@param options? {size?: integer, seed?: integer, progress?: hilum.term.Progress}
---@return true? written
---@return hilum.Error? err
---@usage assert(phantom.write({ { patient = 1, followup = 0, path = "phantom.png" } }, { size = 64 }))
function phantom.write(pictures, options) end

return phantom

---@meta

-- What a workflow declares (its manifest), and what its function is given: opt, its options, and ctx. `hilum check-script` holds a file
-- against both.
local workflow = {}

--- The table that a workflow's file returns. Loading the file does nothing else.
---@class hilum.Manifest
---@field summary string  one line, for `hilum list` and `hilum help`
---@field details? string  paragraphs, for `hilum help NAME`
---@field step? number  its place among the steps of `hilum help`; without one it stands beside them
---@field options hilum.Option[]
---@field examples? string[]  command lines
---@field reads? string[]  names of options that are inputs: what the user named must be there, and is recorded in run.jsonl
---@field writes? string[]  names of options that are outputs: the project is locked meanwhile, and they are recorded
---@field verbs? table<string, hilum.Manifest>  a manifest for each verb of `hilum NAME VERB`
---@field run? fun(opt: hilum.Options, ctx: hilum.Context): table?  what it returns is printed by --json; exit = 1 in it: exit status 1;
--- recorded = false: nothing was written after all, and run.jsonl gets no line

--- An option: a flag, an environment variable (HILUM_OPT_MIN_SIZE), a key of project.lua and a line of the help at once.
---@class hilum.Option
---@field [1] string  its name on the command line: "min-size"; in Lua it is opt.min_size
---@field type "string"|"integer"|"number"|"flag"|"choice"|"path"|"s3uri"|"size"|"duration"|"list"|"table"
---@field help string
---@field default? any
---@field required? boolean
---@field positional? boolean  a word by its place, not a flag
---@field short? string  one letter
---@field min? number
---@field max? number
---@field choices? any[]  of a choice
---@field of? string  the type of a list's items
---@field must_exist? boolean  of a path
---@field is? "file"|"dir"  of a path that must exist
---@field metavar? string  what stands for the value in the help
---@field hidden? boolean  not in the help
---@field own? boolean  of a workflow with verbs: not an option of these
---@field names? "models"|"embeddings"|"indexes"|"filters"  what of the project can be named here, for Tab

--- The options' values by name, dashes as underscores; size in bytes, duration in seconds. Reading one that is not declared raises.
---@class hilum.Options
---@field [string] any

--- A project: the folder with project.lua.
---@class hilum.Project
---@field folder string
---@field config table  what project.lua returned
local Project = {}

--- The path of a file of the project.
---@param name string
---@return string path
function Project:path(name) end

--- What a workflow has to work with. Its functions are called with a dot.
---@class hilum.Context
---@field project hilum.Project
---@field json boolean  --json was given: stdout is for the result
---@field quiet boolean
---@field force boolean  do again what is there already
local ctx = {}

--- A line for the user, on stderr; nothing with --quiet.
---@param format string  as in string.format
---@param ... any
function ctx.say(format, ...) end

--- A warning, on stderr.
---@param format string
---@param ... any
function ctx.warn(format, ...) end

--- A line of the result, on stdout; nothing with --json.
---@param format string
---@param ... any
function ctx.print(format, ...) end

--- Ends the workflow: one line on stderr, exit status 1.
---@param format string
---@param ... any
function ctx.fail(format, ...) end

--- Ends it as wrongly used: exit status 2.
---@param format string
---@param ... any
function ctx.usage(format, ...) end

--- A progress display, also for the option progress of batch functions (image.check …).
---@param total integer  0: not known
---@param label string
---@param settings? {unit?: string}
---@return hilum.term.Progress progress
function ctx.progress(total, label, settings) end

--- Runs another workflow in this project, "split" or with a verb "aws whoami".
---@param name string
---@param options? table  values by name; what is left out is looked up as on the command line
---@return table? result  what its run returned
function ctx.run(name, options) end

--- The ctx of another project folder.
---@param folder string
---@return hilum.Context ctx
function ctx.in_project(folder) end

return workflow

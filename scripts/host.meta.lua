---@meta hilum.host

-- What libraries of workflows need of the host.
local host = {}

--- The folder that holds bin, lib and share.
---@type string
host.root = ""

--- Of this program, "0.1.0".
---@type string
host.version = ""

--- An error as modules return it after nil.
---@param kind string  one of hilum.Error's kinds
---@param message string  what happened, to what, what to do; one line
---@param op? string  the function that failed
---@return hilum.Error err
function host.error(kind, message, op) end

--- What an error says, whatever it is.
---@param err any
---@return string message
function host.message(err) end

--- Is the descriptor a terminal?
---@param fd integer
---@return boolean is
function host.isatty(fd) end

--- Sets an environment variable of this process.
---@param name string
---@param value string
function host.setenv(name, value) end

return host

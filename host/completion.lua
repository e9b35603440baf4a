-- SPDX-License-Identifier: MIT
-- Tab in the shell. The shells ask `hilum completion complete WORDS`, the words of the line up to the cursor, so that what they offer is
-- always what the manifests say, those of the project's own workflows too. An answer is a line for each candidate, with its help after
-- a tab; :files and :folders let the shell offer its own.
local manifest = require "host.manifest"
local options = require "host.options"
local reference = require "host.reference"
local verbs = require "host.verbs"

local completion = { scripts = {} }

-- bash cuts words at = and : as well; hilum gets them whole, and bash what it lacks of the last piece.
completion.scripts.bash = [==[
# hilum for bash: eval "$(hilum completion bash)" in ~/.bashrc
_hilum() {
  local current=${COMP_WORDS[COMP_CWORD]} words=() word glue= whole quote= before line i
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ( $glue || $word == [=:]* ) ]]; then words[-1]+=$word; else words+=("$word"); fi
    [[ $word == *[=:] ]] && glue=1 || glue=
  done
  whole=${words[-1]//\\/}
  [[ $current == [=:] ]] && current=
  [[ $current == [\"\']* ]] && quote=1 && whole=${whole/[\"\']/}
  before=${current//\\/}
  before=${whole%"${before#[\"\']}"}
  words[-1]=$whole
  COMPREPLY=()
  while IFS= read -r line; do
    line=${line%%$'\t'*}
    case $line in
      :files) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
      :folders) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$current") ;;
      "$whole"*)
        line=${line#"$before"}
        [[ $quote ]] || printf -v line %q "$line"
        COMPREPLY+=("$line") ;;
    esac
  done < <("${COMP_WORDS[0]}" completion complete -- "${words[@]}" 2>/dev/null)
}
complete -F _hilum hilum
]==]

completion.scripts.zsh = [==[
#compdef hilum
# hilum for zsh: eval "$(hilum completion zsh)" in ~/.zshrc, after compinit
_hilum() {
  local -a candidates
  local line
  for line in "${(@f)$("${words[1]}" completion complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      "") ;;
      :files*) compset -P '--*='; _files ;;
      :folders*) compset -P '--*='; _files -/ ;;
      *) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe hilum candidates
}
if [ "$funcstack[1]" = "_hilum" ]; then _hilum "$@"; else compdef _hilum hilum; fi
]==]

completion.scripts.fish = [==[
# hilum for fish: hilum completion fish | source
function __hilum_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] completion complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':files*'
        __fish_complete_path (commandline -ct)
      case ':folders*'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c hilum -f -a '(__hilum_complete)'
]==]

local function offer(candidates, word, help) candidates[#candidates + 1] = help and help ~= "" and word .. "\t" .. help or word end

-- What the project has of the kind that an option names. Whatever is wrong there is not for Tab to tell.
local function offer_names(candidates, spec, word, folder)
  local done, list = pcall(function() return require "lib.names"[spec.names](require "lib.project".open(folder), word) end)
  for _, name in ipairs(done and list or {}) do offer(candidates, name) end
end

-- What can stand for a value of an option.
local function offer_values(candidates, spec, word, folder)
  if spec.names then offer_names(candidates, spec, word, folder) end
  for _, choice in ipairs(spec.choices or {}) do offer(candidates, tostring(choice), spec.help) end
  local kind = spec.type == "list" and spec.of or spec.type
  if kind == "path" then offer(candidates, spec.is == "dir" and ":folders" or ":files") end
end

local function offer_flags(candidates, specs)
  for _, spec in ipairs(specs) do
    if not spec.positional and not spec.hidden and spec.type ~= "table" then
      local negated = spec.type == "flag" and spec.default
      offer(candidates, (negated and "--no-" or "--") .. spec[1], spec.help)
    end
  end
end

local function flag_named(specs, word)
  for _, spec in ipairs(specs) do
    if not spec.positional and (word == "--" .. spec[1] or spec.short and word == "-" .. spec.short) then return spec end
  end
end

-- Walks the words before the last one: the positionals that are still to come, and the flag whose value is next.
local function walk(words, specs)
  local positionals, flag = {}, nil
  for _, spec in ipairs(specs) do
    if spec.positional then positionals[#positionals + 1] = spec end
  end
  for i = 1, #words - 1 do
    if flag then
      flag = nil
    elseif words[i]:find("^%-.") then
      local spec = flag_named(specs, words[i])
      flag = spec and spec.type ~= "flag" and spec or nil
    elseif positionals[1] and positionals[1].type ~= "list" then
      table.remove(positionals, 1)
    end
  end
  return positionals, flag
end

local function answer_options(candidates, words, specs, folder)
  local positionals, flag = walk(words, specs)
  local last = words[#words]
  local name, value = last:match("^(%-%-[^=]+)=(.*)$")
  if flag then
    offer_values(candidates, flag, last, folder)
  elseif name then
    local values, spec = {}, flag_named(specs, name)
    if spec then offer_values(values, spec, value, folder) end
    for _, word in ipairs(values) do offer(candidates, word:find("^:") and word or name .. "=" .. word) end
  elseif last:find("^%-") then
    offer_flags(candidates, specs)
  elseif positionals[1] then
    offer_values(candidates, positionals[1], last, folder)
  end
end

local function offer_workflows(candidates, project)
  for _, found in ipairs(manifest.list(project)) do
    local ok, m = pcall(manifest.load, found.path)
    offer(candidates, found.name, ok and m.summary or nil)
  end
end

local function offer_verbs(candidates, m)
  for _, name in ipairs(verbs.names(m)) do offer(candidates, name, m.verbs[name].summary) end
end

local function offer_commands(candidates)
  for _, command in ipairs(require "host.builtins".in_order) do offer(candidates, command.name, command.summary) end
end

-- Lua files in the folder that the word is in.
local function offer_scripts(candidates, word)
  local folder = word:match("^.*/") or ""
  for _, name in ipairs(require "hilum.fs".list(folder == "" and "." or folder) or {}) do
    if name:find("%.lua$") then offer(candidates, folder .. name) end
  end
end

local function offer_references(candidates, word)
  local module = word:match("^(%w+)[.:]")
  for _, name in ipairs(module and {} or reference.modules()) do offer(candidates, name, "a module") end
  for _, entry in ipairs(module and reference.read(module) or {}) do
    if entry.callable then offer(candidates, module .. "." .. entry.name:match("[%w_]+$"), entry.text[1]) end
  end
end

local function answer_help(candidates, words, project)
  local path = words[2] and manifest.find(words[1], project)
  if path then return offer_verbs(candidates, manifest.load(path)) end
  if words[2] then return end
  offer_workflows(candidates, project)
  offer_commands(candidates)
  offer_references(candidates, words[1])
end

-- Words of the built-in commands.
local WORDS = {
  init = function(candidates) offer(candidates, ":folders") end,
  edit = function(candidates, _, project) offer_workflows(candidates, project) end,
  ["check-script"] = function(candidates, words, project)
    offer_workflows(candidates, project)
    offer_scripts(candidates, words[#words])
  end,
  help = answer_help,
  completion = function(candidates)
    for _, shell in ipairs { "bash", "zsh", "fish" } do offer(candidates, shell) end
  end,
}

local function answer_workflow(candidates, words, m, folder)
  if m.verbs and #words == 1 then
    offer_verbs(candidates, m)
  elseif m.verbs and m.verbs[words[1]] then
    m, words = verbs.manifest(m, words[1]), table.move(words, 2, #words, 1, {})
  end
  local specs = table.move(m.options, 1, #m.options, 1, {})
  answer_options(candidates, words, table.move(options.common, 1, #options.common, #specs + 1, specs), folder)
end

local function answer_command(candidates, words, project)
  local rest = table.move(words, 2, #words, 1, {})
  if require "host.builtins".by_name[words[1]] then
    if rest[#rest]:find("^%-") then offer_flags(candidates, options.common)
    elseif WORDS[words[1]] then WORDS[words[1]](candidates, rest, project) end
    return
  end
  local path = manifest.find(words[1], project)
  local ok, m = pcall(manifest.load, path or "")
  if path and ok then answer_workflow(candidates, rest, m, project) else offer(candidates, ":files") end
end

local function answer_name(candidates, word, project)
  if word:find("^%-") then
    offer_flags(candidates, options.common)
    offer(candidates, "-e", "run Lua")
    return
  end
  offer_workflows(candidates, project)
  offer_commands(candidates)
  offer_scripts(candidates, word)
end

-- Prints the candidates for the last of the words.
function completion.answer(words, project)
  local candidates, at = {}, 1
  while words[at] and words[at]:find("^%-.") and at < #words do
    local spec = flag_named(options.common, words[at])
    if words[at] == "--project" and words[at + 1] and at + 1 < #words then project = words[at + 1] end
    at = at + (spec and spec.type ~= "flag" and 2 or 1)
  end
  if at > #words then
    offer(candidates, ":files")
  elseif at == #words then
    answer_name(candidates, words[at], project)
  else
    answer_command(candidates, table.move(words, at, #words, 1, {}), project)
  end
  for _, candidate in ipairs(candidates) do print(candidate) end
end

return completion

# SPDX-License-Identifier: MIT
# Writes OUTPUT: for each of INPUTS, DIR/NAME.lua, the array hl_NAME_lua and its size, in which NAME is boot_, … for host's files.
set(text "#include <stddef.h>\n")
foreach(input ${INPUTS})
  get_filename_component(stem ${input} NAME_WE)
  file(READ ${input} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(APPEND text "extern const char hl_${stem}_lua[];\nextern const size_t hl_${stem}_lua_size;\n"
    "const char hl_${stem}_lua[] = {${bytes}0};\nconst size_t hl_${stem}_lua_size = ${size};\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")

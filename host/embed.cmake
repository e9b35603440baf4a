# SPDX-License-Identifier: MIT
# Writes OUTPUT: hl_embedded, the INPUTS (Lua files) as arrays of their bytes under the names they are required by: host/repl/show.lua
# below ROOT is host.repl.show.
set(arrays "")
set(rows "")
set(count 0)
foreach(input ${INPUTS})
  file(RELATIVE_PATH path ${ROOT} ${input})
  string(REGEX REPLACE "\\.lua$" "" name ${path})
  string(REPLACE "/" "." name ${name})
  file(READ ${input} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(APPEND arrays "static const char text_${count}[] = {${bytes}0};\n")
  string(APPEND rows "  {\"${name}\", text_${count}, ${size}},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"host/embedded.h\"\n\n${arrays}
const struct hl_embedded hl_embedded[] = {\n${rows}};\nconst size_t hl_embedded_count = ${count};\n")

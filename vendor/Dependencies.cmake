# SPDX-License-Identifier: MIT
# Every third-party library, found once. What is missing is named with the package that has it (Debian's names; vendor/README.md).
find_path(LUA_INCLUDE_DIR lua.h PATH_SUFFIXES lua5.4 lua54 lua)
find_library(LUA_LIBRARY NAMES lua5.4 lua54 lua-5.4 lua)
if(NOT LUA_INCLUDE_DIR OR NOT LUA_LIBRARY)
  message(FATAL_ERROR "Lua 5.4 was not found: install liblua5.4-dev (see vendor/README.md)")
endif()

# hilum_library(TARGET package header library): an imported target for a library without a CMake package of its own.
function(hilum_library target package header library)
  find_path(${target}_INCLUDE ${header})
  find_library(${target}_LIBRARY ${library})
  if(NOT ${target}_INCLUDE OR NOT ${target}_LIBRARY)
    message(FATAL_ERROR "${library} was not found: install ${package} (see vendor/README.md)")
  endif()
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
endfunction()

hilum_library(dep_csv libcsv-dev csv.h csv)
hilum_library(dep_isal libisal-dev isa-l/igzip_lib.h isal)
hilum_library(dep_jpeg libjpeg-dev jpeglib.h jpeg)
hilum_library(dep_png libpng-dev png.h png)
hilum_library(dep_crypto libssl-dev openssl/evp.h crypto)
hilum_library(dep_blas libopenblas-dev cblas.h openblas)
hilum_library(dep_curl libcurl4-openssl-dev curl/curl.h curl)

# SPDX-License-Identifier: MIT
# At installation: writes hilum.1 and the completions of the shells into `folder`, by running `hilum`.
function(write_page file)
  execute_process(COMMAND ${hilum} ${ARGN} OUTPUT_FILE ${folder}/${file} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "hilum ${ARGN}: ${failed}")
  endif()
endfunction()

write_page(hilum.1 man)
foreach(shell bash zsh fish)
  write_page(hilum.${shell} completion ${shell})
endforeach()

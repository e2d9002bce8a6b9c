# ESPSIM_VERSION and ESPSIM_COMMIT for `espsim --version` and the manifest; the commit is read at configure time.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT commit)
  set(commit unknown)
endif()
set(ESPSIM_COMMIT ${commit})
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/espsim_version.h)
include_directories(${CMAKE_BINARY_DIR}/generated)

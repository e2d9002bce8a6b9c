# One set of warnings for gcc and clang; espsim_strict holds them. Cutting a message to its buffer is meant (err.h);
# uthash's macros fall through without saying so in a way that clang knows.
add_library(espsim_strict INTERFACE)
set(strict -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wformat=2 -Wvla -Wcast-qual -Wpointer-arith
    -Wwrite-strings -Wdouble-promotion
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> $<$<C_COMPILER_ID:GNU>:-Wimplicit-fallthrough>)
set(strict_c -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition)
if(ESPSIM_WERROR)
  list(APPEND strict -Werror)
endif()
target_compile_options(espsim_strict INTERFACE ${strict} $<$<COMPILE_LANGUAGE:C>:${strict_c}>)
target_compile_definitions(espsim_strict INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
# C++ exceptions of the engine unwind through our C callbacks (sim/engine/engine.h).
target_compile_options(espsim_strict INTERFACE $<$<COMPILE_LANGUAGE:C>:-fexceptions>)
# Captures and results must not depend on how a compiler contracts floating point.
target_compile_options(espsim_strict INTERFACE -ffp-contract=off)
# Our asserts stay in every build: they guard results, and cost little.
foreach(kind RELEASE RELWITHDEBINFO)
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${kind} "${CMAKE_C_FLAGS_${kind}}")
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_${kind} "${CMAKE_CXX_FLAGS_${kind}}")
endforeach()
if(ESPSIM_SANITIZE)
  add_compile_options(-fsanitize=${ESPSIM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ESPSIM_SANITIZE})
endif()
if(ESPSIM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

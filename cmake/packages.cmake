# Libraries from Debian 12; tools/packages.txt names the packages.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(PCAP REQUIRED IMPORTED_TARGET libpcap)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
find_path(UTHASH_INCLUDE_DIR uthash.h REQUIRED)
find_path(RMATH_INCLUDE_DIR Rmath.h REQUIRED)
find_library(RMATH_LIBRARY Rmath REQUIRED)

add_library(espsim_packages INTERFACE)
target_include_directories(espsim_packages SYSTEM INTERFACE ${UTHASH_INCLUDE_DIR} ${RMATH_INCLUDE_DIR})
target_link_libraries(espsim_packages INTERFACE OpenSSL::Crypto PkgConfig::JANSSON PkgConfig::INIH PkgConfig::PCAP PkgConfig::SECCOMP ${RMATH_LIBRARY} m)

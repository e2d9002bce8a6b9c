/* fuzz.h - what every fuzz target defines; libFuzzer or replay.c calls it. */
#ifndef ESPSIM_TESTS_FUZZ_H
#define ESPSIM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Takes any octets; a finding is a crash. Always gives 0. Borrows `data`. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif

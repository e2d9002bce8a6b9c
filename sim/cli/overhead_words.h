/* overhead_words.h - what `espsim overhead` is asked, from words to a question. */
#ifndef ESPSIM_CLI_OVERHEAD_WORDS_H
#define ESPSIM_CLI_OVERHEAD_WORDS_H

#include "sim/cli/study_words.h"

struct overhead_asked {
    enum form form;
    bool udp, imix, seal;
    const char *pcap; /* borrowed from argv */
    bool ip4, ip6;
    uint64_t outer_ip; /* 0: as the packet */
    uint64_t mtu;
    bit_rate rate;
    double pps, price, price_octets;
    struct framing_settings set;
    uint64_t *sizes; /* owned */
    size_t n_sizes;
    struct chosen modes, rivals, framings, codecs;
    struct suites suites;
    bool no_rivals; /* asked for none */
};

/* Fills `a`, also what was not named; ends the program, as argp does, where the words are wrong. */
void overhead_words_read(struct overhead_asked *a, int argc, char **argv);
void overhead_words_fini(struct overhead_asked *a);

#endif

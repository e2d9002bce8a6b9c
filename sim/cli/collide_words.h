/* collide_words.h - what `espsim collide` is asked, from words to a question. */
#ifndef ESPSIM_CLI_COLLIDE_WORDS_H
#define ESPSIM_CLI_COLLIDE_WORDS_H

#include "analysis/collide.h"
#include "analysis/collide_plot.h"

/* One side as it was asked for, until all words are read. */
struct collide_asked_side {
    const struct spi_allocator *allocator;
    struct spi_range range;
    bool has_range;
    uint32_t *list; /* owned */
    size_t n_list;
    uint64_t n_sas; /* 0: not said */
    bool has_period;
    double period_s; /* if said for this side alone */
};

struct collide_asked {
    struct collide_asked_side host, gateway;
    uint64_t n_hosts; /* 0: one SA each */
    double period_s, overlap_s, observe_s;
    struct collide_ask ask;
    struct collide_sweep sweep;
    bool json;
    const char *plot;
};

/* Reads the words; ends the process, as argp does, where one of them is none. False and `e`: they contradict each
 * other. Either way collide_words_fini. */
bool collide_words_read(struct collide_asked *a, int argc, char **argv, struct err *e);
void collide_words_fini(struct collide_asked *a);

#endif

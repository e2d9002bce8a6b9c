/* overhead_study.h - loads through ways: every row of `espsim overhead`, with the proof by sealing. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_STUDY_H
#define ESPSIM_ANALYSIS_OVERHEAD_STUDY_H

#include "analysis/overhead_answer.h"
#include "models/traffic/codec.h"

enum { OVERHEAD_LOAD_KINDS = 3, OVERHEAD_LOAD_NAME = 24 };

/* Packets to be sent: a few kinds and how many of each. */
struct overhead_load {
    char name[OVERHEAD_LOAD_NAME];
    struct overhead_kind kinds[OVERHEAD_LOAD_KINDS];
    uint64_t counts[OVERHEAD_LOAD_KINDS];
    size_t n_kinds;
    double pps; /* packets per second; 0: not known */
};

/* Packets of one length; false and `e` where it is no length of a packet of that IP version. */
bool overhead_load_size(struct overhead_load *l, uint64_t size, uint8_t version, struct err *e);
/* The simple IMIX: 7 packets of 40 octets, 4 of 576, 1 of 1500. */
void overhead_load_imix(struct overhead_load *l, uint8_t version);
/* One direction of a call: RTP in UDP. */
void overhead_load_codec(struct overhead_load *l, const struct codec *c, uint8_t version);

/* A way and what it is measured against. Ways of one group stand together in the answer. */
struct overhead_entry {
    struct overhead_way way;
    struct overhead_way tunnel;
    size_t group;
};

/* Gives n_loads * n_entries rows (free them): by group, load, way. False and `e`: a packet was not sealed as predicted.
 */
bool overhead_study_loads(const struct overhead_load *loads, size_t n_loads, const struct overhead_entry *entries,
                          size_t n_entries, struct overhead_row **rows, struct err *e);

/* A capture through every way; gives n_entries rows and, in `lengths`, OVERHEAD_LENGTHS counts (free both, in any
 * case). False and `e`: it cannot be read, has no IP packet, or a packet was not sealed as predicted. */
enum { OVERHEAD_LENGTHS = 65535 + 40 + 1 };
bool overhead_study_capture(const char *path, bool seal_all, const struct overhead_entry *entries, size_t n_entries,
                            struct overhead_row **rows, uint64_t **lengths, struct overhead_facts *facts,
                            struct err *e);

#endif

/* compare_items.h - a run as a flat list of named values, each with the way it is judged: what two runs are matched by.
 *
 * Paths are those of result.json with names instead of indices: `flows.download.goodput_bps`, `link.wire_octets`,
 * `link.gw1>gw2.lost`, `link.ledger.icv`, `drops.gw1.no-sa`, `verdict.works`, `fingerprints.sat.pcap`.
 */
#ifndef ESPSIM_ANALYSIS_COMPARE_ITEMS_H
#define ESPSIM_ANALYSIS_COMPARE_ITEMS_H

#include "models/measure/result.h"

struct item {
    const char *path, *text; /* text of numbers too: exact for counts */
    const char *unit;        /* static */
    enum metric_class class;
    enum metric_better better;
    bool is_number;
    double value; /* of a number; METRIC_NONE: could not be measured */
};

struct items {
    struct item *items; /* in the order of the run; their paths and texts are owned */
    size_t n_items;
    const struct item **by_path; /* the same, sorted; NULL: nobody looked for one yet */
};

/* Fills `items`, which is {0}, from a run; items_fini frees. */
void items_of_run(struct items *items, const struct run_result *run);
void items_fini(struct items *items);

/* NULL where there is none. */
const struct item *items_find(struct items *items, const char *path);
/* The same, quicker where the path is that of item `likely`, as in runs that are alike. */
const struct item *items_find_near(struct items *items, const char *path, size_t likely);

#endif

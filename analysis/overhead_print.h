/* overhead_print.h - the answers of `espsim overhead` as a table, CSV and JSON. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_PRINT_H
#define ESPSIM_ANALYSIS_OVERHEAD_PRINT_H

#include "analysis/overhead.h"
#include "analysis/overhead_capture.h"

#include <stdio.h>

/* One load through one way. */
struct overhead_row {
    struct overhead_way way;
    const char *load;   /* keeps; "40", "imix", "g729", "capture" */
    uint32_t size;      /* of its packets, octets; 0: not all alike */
    uint8_t ip_version; /* of its packets; 0: not all alike */
    uint64_t packets;   /* of the load, carried or not */
    double pps;         /* packets per second; 0: not known */
    struct overhead_total total;
};

struct overhead_answer {
    const struct overhead_row *rows;
    size_t n_rows;
    const struct overhead_facts *facts; /* of the capture; NULL without one */
    const uint64_t *lengths;            /* of the capture: packets of each length, octets; or NULL */
    size_t n_lengths;
    bool sealed_all;     /* every packet of the capture was sealed, not one of each kind */
    double price;        /* of ... */
    double price_octets; /* ... that many octets of IP; 0: no price */
};

#define OVERHEAD_MONTH_HOURS 730.5 /* a twelfth of 365.25 days */

void overhead_print_table(const struct overhead_answer *a, FILE *to);
void overhead_print_csv(const struct overhead_answer *a, FILE *to);
void overhead_print_json(const struct overhead_answer *a, FILE *to);

#endif

/* overhead_answer.h - what `espsim overhead` found: a row for each load through each way, and the figures that follow
 * from it. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_ANSWER_H
#define ESPSIM_ANALYSIS_OVERHEAD_ANSWER_H

#include "analysis/overhead.h"
#include "analysis/overhead_capture.h"

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

/* Octets that a row spares, beside tunnel mode; less than 0: that it costs. */
struct overhead_saved {
    double ip, link;           /* per packet of the load */
    double ip_hour, link_hour; /* 0 without a rate */
    double money_month;        /* 0 without a price */
};

struct overhead_saved overhead_saved(const struct overhead_answer *a, const struct overhead_row *r);
/* IP octets beyond those of the inner packets, in percent of these. */
double overhead_added_percent(const struct overhead_total *t);
/* Mean time that a packet waits for its outer one to fill, seconds. */
double overhead_delay_s(const struct overhead_total *t);
/* The algorithm's name, in `name`; NULL: the way has none. */
const char *overhead_suite_name(const struct overhead_way *w, char name[SUITE_NAME_CAP]);

#endif

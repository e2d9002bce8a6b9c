/* metric.h - the measured quantities: one row each, which the result format, compare, CSV and the manual walk.
 *
 * A row says under which key a number stands in result.json, where it lies in its struct (result.h), its unit, which
 * way is better, and how two results are held against each other. A quantity is added by a field and a row.
 */
#ifndef ESPSIM_MEASURE_METRIC_H
#define ESPSIM_MEASURE_METRIC_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a quantity that could not be measured. */
#define METRIC_NONE ((double)NAN)

enum metric_better {
    BETTER_NEITHER, /* a difference is a change, not a verdict */
    BETTER_LOWER,
    BETTER_HIGHER,
};

enum metric_class {
    CLASS_EXACT,       /* octets, counts: equal or different */
    CLASS_FLOAT,       /* computed from exact numbers: equal within a relative 1e-9 */
    CLASS_STATISTICAL, /* an outcome of chance: several seeds, a threshold and an interval */
    CLASS_INFORMATIVE, /* shown, never gates */
};

enum metric_type {
    METRIC_COUNT, /* uint64_t, below 2^63 */
    METRIC_REAL,  /* double, 0 and more; METRIC_NONE is null in JSON */
    METRIC_LEVEL, /* the same, but may be below 0: of dB */
    METRIC_FLAG,  /* bool */
};

/* Rows of group 0 are in every struct; the others only where the struct's `groups` has their bit. */
enum metric_group {
    GROUP_ALWAYS = 0,
    GROUP_TCP = 1,
    GROUP_VOIP = 2,
    GROUP_HOST_ESP = 4,
    GROUP_WEB = 8,
    GROUP_FADE = 16,
};

struct metric {
    const char *key;  /* in JSON; ends with the unit where there is one: `delay_p50_s` */
    const char *unit; /* as in a heading; "" for a plain count */
    enum metric_type type;
    enum metric_group group;
    enum metric_better better;
    enum metric_class class;
    size_t offset;    /* in the struct of its table */
    const char *what; /* one line, no full stop */
};

/* The metrics of one struct of result.h. */
struct metric_table {
    const char *place; /* in result.json: `runs[].flows[]` */
    const struct metric *rows;
    size_t n_rows;
};

extern const struct metric_table metric_flow;      /* struct flow_result */
extern const struct metric_table metric_link;      /* struct link_result, the total and each direction */
extern const struct metric_table metric_direction; /* struct link_result, each direction only */
extern const struct metric_table metric_ledger;    /* struct ledger */
extern const struct metric_table metric_run;       /* struct run_result */
extern const struct metric_table metric_balance;   /* struct balance */
extern const struct metric_table metric_episode;   /* struct episode */
extern const struct metric_table metric_sa;        /* struct sa_result */

extern const struct metric_table *const metric_tables[];
extern const size_t n_metric_tables;

/* NULL where the table has no such key. */
const struct metric *metric_find(const struct metric_table *t, const char *key);

/* The number in `from`, the struct of the metric's table, as a double; a flag is 0 or 1. */
double metric_value(const struct metric *m, const void *from);

const char *metric_class_name(enum metric_class c);   /* "exact", "float", "statistical", "informative" */
const char *metric_better_name(enum metric_better b); /* "lower", "higher", "neither" */

#endif

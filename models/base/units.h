/* units.h - numbers with a unit, as people write them: `270 ms`, `10 Mbit/s`, `64 KiB`, `0.1 %`.
 *
 * Inside the program: time in nanoseconds (int64_t), rate in bit/s (uint64_t), size in octets (uint64_t).
 * A number needs its unit ("270" alone is refused, 0 is not), may have a decimal point, and the space is optional.
 * Parsers return false and say in `e` what was expected; they read the whole string.
 */
#ifndef ESPSIM_BASE_UNITS_H
#define ESPSIM_BASE_UNITS_H

#include "models/base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef int64_t sim_time;  /* nanoseconds */
typedef uint64_t bit_rate; /* bit/s */

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

bool units_parse_time(const char *text, sim_time *ns, struct err *e);       /* ns us ms s min h d */
bool units_parse_rate(const char *text, bit_rate *bps, struct err *e);      /* bit/s kbit/s Mbit/s Gbit/s */
bool units_parse_octets(const char *text, uint64_t *octets, struct err *e); /* octets B kB KiB MB MiB GB GiB */
bool units_parse_count(const char *text, uint64_t *count, struct err *e);   /* decimal or 0x..., no unit */
bool units_parse_ratio(const char *text, double *ratio, struct err *e);     /* `0.1 %` or 0.001; in [0, 1] */
bool units_parse_number(const char *text, double *number, struct err *e);   /* any finite decimal number, no unit */
bool units_parse_bool(const char *text, bool *value, struct err *e);        /* yes no on off true false 1 0 */

/* Shortest text that the parser reads back to the same value; borrows `text`. */
const char *units_time_text(sim_time ns, char *text, size_t cap);
const char *units_rate_text(bit_rate bps, char *text, size_t cap);
const char *units_octets_text(uint64_t octets, char *text, size_t cap);

/* For people, three significant digits: `1.48 MB`, `271 ms`. */
const char *units_octets_human(double octets, char *text, size_t cap);
const char *units_time_human(double ns, char *text, size_t cap);

/* Time that `octets` take at `rate`, rounded up to a whole nanosecond; rate > 0. */
sim_time units_tx_time(uint64_t octets, bit_rate rate);

#endif

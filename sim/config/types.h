/* types.h - the types of keys, for schema.c. Where each keeps its value stands behind it. */
#ifndef ESPSIM_CONFIG_TYPES_H
#define ESPSIM_CONFIG_TYPES_H

#include "sim/config/schema.h"

extern const struct key_type type_time;        /* sim_time */
extern const struct key_type type_rate;        /* bit_rate */
extern const struct key_type type_octets;      /* uint64_t */
extern const struct key_type type_octets_auto; /* uint64_t, 0: auto */
extern const struct key_type type_count;       /* uint64_t */
extern const struct key_type type_count_auto;  /* uint64_t, UINT64_MAX: auto */
extern const struct key_type type_ratio;       /* double */
extern const struct key_type type_db;          /* double, decibels */
extern const struct key_type type_fade;        /* struct config_fade */
extern const struct key_type type_pattern;     /* struct loss_pattern */
extern const struct key_type type_bool;        /* bool */
extern const struct key_type type_text;        /* char *, the config's own */
extern const struct key_type type_name;        /* char *, the config's own: fit for a file name */
extern const struct key_type type_ip;          /* uint64_t: 4 or 6 */
extern const struct key_type type_window;      /* uint64_t: 0 or a replay window */
extern const struct key_type type_address;     /* struct addr */
extern const struct key_type type_prefix;      /* struct prefix */
extern const struct key_type type_member;      /* const struct member * of key.of */
extern const struct key_type type_members;     /* struct config_members of key.of */
extern const struct key_type type_suite;       /* struct suite */
extern const struct key_type type_hosts;       /* struct config_hosts */
extern const struct key_type type_spis;        /* struct config_spis */
extern const struct key_type type_spi_range;   /* struct spi_range */

#endif

/* collision.h - how often two systems that do not know of each other choose the same SPI: closed forms.
 *
 * Behind a gateway live hosts with IPsec of their own; each receiver draws the SPIs of its inbound SAs. A lookup that
 * ignores the destination address (wildcard transport) makes the gateway claim a host's packet whose SPI is also the
 * gateway's. One (host SA, gateway SA) with equal SPIs is a pair; a collision lasts as long as the pair.
 *
 * All figures hold for the steady state: SAs are rekeyed every `period_s`, at times spread evenly over the period
 * unless `at_once`. The first SPIs are drawn as the later ones, so the start is no exception. Not covered: systems that
 * start with the same seed, peers that choose SPIs on purpose.
 */
#ifndef ESPSIM_SPI_COLLISION_H
#define ESPSIM_SPI_COLLISION_H

#include "models/spi/spi.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define COLLISION_YEAR_S  (365.25 * 86400)
#define COLLISION_NEVER   HUGE_VAL      /* a time: infinite */
#define COLLISION_UNKNOWN ((double)NAN) /* a figure without a closed form: two counters */

/* All inbound SAs of one kind: of the hosts behind a gateway, or of the gateway. */
struct collision_side {
    struct spi_source source; /* as initialised: allocator, range, list */
    uint64_t n_sas;           /* that receive at a time; the old ones of an overlap come on top */
    uint64_t n_systems;       /* hosts over which they are spread evenly, 1 <= n_systems <= n_sas: a number is avoided
                                 inside a system only. 1 for a gateway. */
    double period_s;          /* from one rekeying of an SA to its next; COLLISION_NEVER: it is not */
    double overlap_s;         /* how long the old SA is kept after its successor came (make before break); < period_s */
};

struct collision_case {
    struct collision_side host, gateway;
    uint64_t n_sites; /* independent sites of this kind, >= 1 */
    bool at_once;     /* all SAs are rekeyed at the same moment; both periods are equal, no overlap, no redraw */
    double redraw_s;  /* the gateway draws another SPI so long after a collision began; COLLISION_NEVER: it does not */
};

/* Any of them may be COLLISION_UNKNOWN, times COLLISION_NEVER. All sites together, but for the last three. */
struct collision {
    double p_any;          /* of at least one pair at a moment, among the SAs that are not yet succeeded */
    bool p_any_is_exact;   /* but for rounding; else pairs are taken as independent (both sides repeat their numbers,
                              and there are too many to follow) */
    double expected_pairs; /* at the same moment */
    double rate_per_s;     /* new pairs */
    double average_rate_per_s; /* the same, averaged over all places where counters may stand; where nothing hangs on
                                  that, rate_per_s */
    double first_s;            /* mean time from a moment to the first collision after it, 0 where there is one */
    double first_error;        /* relative bound of what first_s neglects */
    double duration_s;         /* mean life of a pair */
    double average_duration_s; /* of the pairs of average_rate_per_s */
    double pairs_in_force; /* mean number at a moment, old SAs of overlaps and redraws included: rate times duration */
    double hazard_per_s;   /* of the first collision, as long as there is none */
    double outage_s_year;  /* seconds a year and host in which an SA that its peer uses is in a collision */
    double p_pair;         /* that one given host SA and one given gateway SA have the same SPI */
    double p_alike;        /* that two SAs of hosts at one site have the same SPI (formula 1); COLLISION_UNKNOWN unless
                              their draws are independent: an SA a host, or an allocator that does not look */
};

/* True where no pair can ever be: the numbers of the two sides are disjoint. */
bool collision_is_impossible(const struct collision_case *c);

/* SPIs of a counting side that receive at the start and lie in `range`: different numbers, and SAs that bear them. */
uint64_t collision_counted_in(const struct collision_side *s, struct spi_range range, uint64_t *n_sas);

/* Formulas 1-4 for the case; 1 and 2 by themselves are in collision_draws.h. */
struct collision collision_solve(const struct collision_case *c);

/* Probability of at least one collision between now and `t_s` later. COLLISION_UNKNOWN as first_s. */
double collision_p_within(const struct collision_case *c, const struct collision *solved, double t_s);

#endif

/* payload.h - what traffic carries: octets that look random, are the same in every run, and can be checked.
 *
 * The octet at `offset` of flow `flow` is a function of (seed, flow, offset) alone, so a receiver can tell whether what
 * arrived is what was sent, in any order and with anything missing. Two places of a flow, or two flows, never share a
 * run of octets. It costs about a copy: one lap of random octets is made once, and each lap of each flow is that
 * one under a mask of 8 octets of its own.
 */
#ifndef ESPSIM_TRAFFIC_PAYLOAD_H
#define ESPSIM_TRAFFIC_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#define PAYLOAD_LAP 16384 /* octets; stays in a first-level cache */

struct payload {
    uint64_t seed;
    uint8_t lap[PAYLOAD_LAP];
};

void payload_init(struct payload *p, uint64_t seed);

void payload_fill(const struct payload *p, uint32_t flow, uint64_t offset, void *bytes, size_t len);

/* How many octets from the beginning are what payload_fill writes; len: all of them. */
size_t payload_match(const struct payload *p, uint32_t flow, uint64_t offset, const void *bytes, size_t len);

#endif

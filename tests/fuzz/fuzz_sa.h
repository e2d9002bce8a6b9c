/* fuzz_sa.h - an SA of any suite and mode, as three octets of the input choose it. */
#ifndef ESPSIM_TESTS_FUZZ_SA_H
#define ESPSIM_TESTS_FUZZ_SA_H

#include "models/ipsec/sa.h"
#include "models/wire/protocol.h"

#include <stdlib.h>
#include <string.h>

enum { SPI = 0x1000abcd, SUITES_CAP = 512, CHOICE_LEN = 3 };

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

static inline struct addr address(bool six, const char *v4, const char *v6)
{
    struct addr a;
    must(addr_parse(six ? v6 : v4, &a, NULL));
    return a;
}

static inline struct suite suite_at(uint8_t choice)
{
    static struct suite all[SUITES_CAP];
    static size_t n;
    for (size_t at = 0; !n || at;) {
        must(n < SUITES_CAP);
        if (!suite_next(&at, &all[n]))
            break;
        n++;
    }
    return all[choice % n];
}

/* The caller frees with sa_free. */
static inline struct sa *make_sa(const uint8_t choice[CHOICE_LEN])
{
    static const char *const modes[] = {"tunnel", "transport", "beet", "wildcard"};
    static const uint32_t windows[] = {64, 0, 32, 4096};
    static const uint64_t firsts[] = {1, 17, UINT32_MAX - 8, UINT32_MAX};
    struct sa_params p;
    struct sa *sa;
    struct err e;
    bool six = choice[0] & 64, inner_six = choice[2] & 1;
    sa_params_init(&p);
    p.spi = SPI;
    p.mode = mode_get(modes[choice[0] & 3]);
    p.udp_sport = p.udp_dport = choice[0] & 4 ? PORT_ESP_UDP : 0;
    p.esn = choice[0] & 8;
    p.check_pad = !(choice[0] & 16);
    p.tfc = choice[0] & 32 ? 8 : 0;
    p.suite = suite_at(choice[1]);
    p.replay_window = windows[choice[2] >> 1 & 3];
    p.seq = firsts[choice[2] >> 3 & 3];
    p.tos = choice[2] & 32 ? &tos_rfc6040 : &tos_linux;
    p.src = address(six, "198.18.0.1", "2001:db8::1");
    p.dst = address(six, "198.19.0.1", "2001:db8::2");
    p.inner_src = address(inner_six, "172.16.0.1", "fd00:1::1");
    p.inner_dst = address(inner_six, "172.17.0.1", "fd00:2::1");
    if (choice[2] & 64)
        must(prefix_parse(inner_six ? "fd00::/16" : "172.16.0.0/12", &p.sel_src, NULL));
    for (size_t i = 0; i < sizeof p.key; i++) /* 3DES wants three keys that differ */
        p.key[i] = (uint8_t)(7 * i);
    must(sa_new(&p, &sa, &e));
    return sa;
}

#endif

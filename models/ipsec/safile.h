/* safile.h - SAs from an INI text: what `espsim esp`, exporters and tests exchange.
 *
 * Each section whose name begins with `sa` is one SA. Keys in hexadecimal without prefix; an empty value = not set:
 *
 *   mode             one of `espsim list mode` that has ESP
 *   spi              0x...
 *   encr, encr_key, salt     algorithm; the key's length gives 128, 192 or 256 bits
 *   integ, integ_key
 *   esn, seq         0/1; encap: number of the first packet, decap: next expected number
 *   replay_window    packets, 0 = off
 *   outer_src, outer_dst     addresses of a new outer header; for transport formats, of the packets (may be empty)
 *   inner_src, inner_dst     BEET: the fixed inner addresses
 *   sel_src, sel_dst         selectors: prefixes of the inner addresses (may be empty)
 *   udp_sport, udp_dport     not 0: UDP encapsulation
 *   tfc              octets of TFC padding
 *   iv, ttl, outer_id        fixed IV of the first packet, TTL and IPv4 ID of a new outer header
 *   check_pad        1: inspect padding
 *   ecn              linux, rfc6040
 *   name             free text
 */
#ifndef ESPSIM_IPSEC_SAFILE_H
#define ESPSIM_IPSEC_SAFILE_H

#include "models/base/ini.h"
#include "models/ipsec/sa.h"

struct safile {
    struct sa_params *sas;
    size_t n_sas;
};

/* `file` is for messages. On false, `bad` holds at least one line `file:line: key = value: ...`, and `f` is empty; of
 * keys, salts and what may be one, the value is told by its length alone. The caller frees with safile_fini. */
bool safile_read(struct safile *f, const char *file, const char *text, size_t len, struct err_list *bad);
void safile_fini(struct safile *f);

#endif

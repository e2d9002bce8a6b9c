/* census.c - where packets stand at the end of a run: none should, and a report of one that does begins with this. */
#include "sim/topo/topo_impl.h"

#include <inttypes.h>

static void count_link(const struct topo *t, int side, FILE *to)
{
    uint64_t packets, octets;
    t->ops->link_queue(t->eng, side, &packets, &octets);
    fprintf(to, "link gw%d>gw%d: %" PRIu64 " packets (%" PRIu64 " octets) in the queue, %" PRIu64 " on the link\n",
            side + 1, 2 - side, packets, octets, t->sat.way[side].n_packets - packets);
}

static void count_lan(const struct topo *t, int side, FILE *to)
{
    struct lan_count n = lan_count(t, side);
    fprintf(to, "LAN%d: %" PRIu64 " packets on their way to hosts, %" PRIu64 " to PEPs from the link", side + 1,
            n.to_hosts, n.to_peps);
    fprintf(to, "; not counted as missing: %" PRIu64 " from hosts to the gateway, %" PRIu64 " between hosts and PEPs\n",
            n.to_gateway, n.stay);
    fprintf(to, "LAN%d: %" PRIu64 " fragments wait at hosts\n", side + 1, n.fragments);
    fprintf(to, "dropped at the end: %" PRIu64 " fragments at gw%d, %" PRIu64 " at hosts of LAN%d\n",
            t->n_ended_gw[side], side + 1, t->n_ended_hosts[side], side + 1);
}

void topo_census(const struct topo *t, FILE *to)
{
    fprintf(to, "missing: %" PRIu64 " packets, at %" PRId64 " ns\n", t->n_outstanding, topo_now(t));
    for (int side = 0; side < 2; side++) {
        count_link(t, side, to);
        count_lan(t, side, to);
    }
}

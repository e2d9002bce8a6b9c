#include "models/measure/metric.h"

#include "models/measure/result.h"

#include <string.h>

#define N(rows)  (sizeof(rows) / sizeof *(rows))
#define F(field) offsetof(struct flow_result, field)
#define L(field) offsetof(struct link_result, field)
#define O(field) offsetof(struct ledger, field)

static const struct metric flow_rows[] = {
    {"packets_sent", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, F(packets_sent),
     "IP packets that the sending host put on its LAN; of TCP those with data"},
    {"packets_received", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_HIGHER, CLASS_EXACT, F(packets_received),
     "IP packets that the receiving host took"},
    {"octets_sent", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, F(octets_sent),
     "IP octets of the packets sent"},
    {"octets_received", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_HIGHER, CLASS_EXACT, F(octets_received),
     "IP octets of the packets received"},
    {"payload_octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_HIGHER, CLASS_EXACT, F(payload_octets),
     "octets that the receiving application got, each once"},
    {"duplicates", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, F(duplicates),
     "packets received a second time"},
    {"reordered", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, F(reordered),
     "packets that came after a later one"},
    {"goodput_bps", "bit/s", METRIC_REAL, GROUP_ALWAYS, BETTER_HIGHER, CLASS_STATISTICAL, F(goodput_bps),
     "payload octets * 8 over the time that the flow was to send"},
    {"loss_ratio", "", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(loss_ratio),
     "share of the packets sent that never arrived"},
    {"jitter_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(jitter_s),
     "interarrival jitter of RFC 3550 6.4.1 at the end of the flow"},
    {"delay_min_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_min_s),
     "least one-way delay"},
    {"delay_mean_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_mean_s),
     "mean one-way delay"},
    {"delay_p50_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_p50_s),
     "one-way delay that half of the packets do not exceed"},
    {"delay_p95_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_p95_s),
     "one-way delay that 95 % of the packets do not exceed"},
    {"delay_p99_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_p99_s),
     "one-way delay that 99 % of the packets do not exceed"},
    {"delay_max_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, F(delay_max_s),
     "greatest one-way delay"},
    {"retransmits", "segments", METRIC_COUNT, GROUP_TCP, BETTER_LOWER, CLASS_EXACT, F(retransmits),
     "TCP segments sent again"},
    {"timeouts", "", METRIC_COUNT, GROUP_TCP, BETTER_LOWER, CLASS_EXACT, F(timeouts), "retransmission timeouts of TCP"},
    {"completion_s", "s", METRIC_REAL, GROUP_TCP, BETTER_LOWER, CLASS_STATISTICAL, F(completion_s),
     "from the first SYN to the last octet at the receiver; null where the transfer did not end"},
    {"stalled", "", METRIC_FLAG, GROUP_TCP, BETTER_LOWER, CLASS_EXACT, F(stalled),
     "true where TCP made no progress in the flow's last part"},
    {"outages", "", METRIC_COUNT, GROUP_HOST_ESP, BETTER_LOWER, CLASS_EXACT, F(outages),
     "stretches in which ten packets and more were lost one after the other"},
    {"outage_packets", "packets", METRIC_COUNT, GROUP_HOST_ESP, BETTER_LOWER, CLASS_EXACT, F(outage_packets),
     "packets lost in them"},
    {"outage_s", "s", METRIC_REAL, GROUP_HOST_ESP, BETTER_LOWER, CLASS_STATISTICAL, F(outage_s),
     "how long they lasted in all, summed over the flow's streams"},
    {"outage_longest_s", "s", METRIC_REAL, GROUP_HOST_ESP, BETTER_LOWER, CLASS_STATISTICAL, F(outage_longest_s),
     "the longest of them"},
    {"calls", "calls", METRIC_COUNT, GROUP_VOIP, BETTER_NEITHER, CLASS_EXACT, F(calls),
     "calls that the flow stands for"},
    {"r_factor", "", METRIC_REAL, GROUP_VOIP, BETTER_HIGHER, CLASS_STATISTICAL, F(r_factor),
     "rating factor R of ITU-T G.107, mean of the calls"},
    {"r_factor_worst", "", METRIC_REAL, GROUP_VOIP, BETTER_HIGHER, CLASS_STATISTICAL, F(r_factor_worst),
     "rating factor R of the worst call"},
    {"mos", "", METRIC_REAL, GROUP_VOIP, BETTER_HIGHER, CLASS_STATISTICAL, F(mos),
     "mean opinion score of the mean R (G.107 annex B), 1 to 4.5"},
    {"pages", "pages", METRIC_COUNT, GROUP_WEB, BETTER_HIGHER, CLASS_EXACT, F(pages), "pages that were loaded"},
    {"page_load_mean_s", "s", METRIC_REAL, GROUP_WEB, BETTER_LOWER, CLASS_STATISTICAL, F(page_load_mean_s),
     "mean time from the request for a page to the last octet of its last object"},
    {"page_load_p50_s", "s", METRIC_REAL, GROUP_WEB, BETTER_LOWER, CLASS_STATISTICAL, F(page_load_p50_s),
     "load time that half of the pages do not exceed"},
    {"page_load_p95_s", "s", METRIC_REAL, GROUP_WEB, BETTER_LOWER, CLASS_STATISTICAL, F(page_load_p95_s),
     "load time that 95 % of the pages do not exceed"},
};

static const struct metric link_rows[] = {
    {"packets", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, L(packets),
     "IP packets put on the satellite link"},
    {"inner_packets", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, L(inner_packets),
     "packets of the LAN hosts carried in them"},
    {"inner_octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, L(inner_octets),
     "IP octets of those packets as the hosts sent them"},
    {"ip_octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, L(ip_octets),
     "IP octets on the link"},
    {"wire_octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, L(wire_octets),
     "octets on the link, its framing included"},
    {"symbols", "symbols", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, L(symbols),
     "DVB-S2: symbols of the frames that carried packets; 0 for other framings"},
};

static const struct metric direction_rows[] = {
    {"lost", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, L(lost),
     "packets that the link's loss model took"},
    {"queue_dropped", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, L(queue_dropped),
     "packets that found the queue before the link full, or that it threw away (CoDel)"},
    {"queue_max_octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, L(queue_max_octets),
     "most octets that ever stood in the queue"},
    {"rate_bps", "bit/s", METRIC_REAL, GROUP_ALWAYS, BETTER_NEITHER, CLASS_FLOAT, L(rate_bps),
     "mean rate of the link over the run"},
    {"utilisation", "", METRIC_REAL, GROUP_ALWAYS, BETTER_NEITHER, CLASS_FLOAT, L(utilisation),
     "share of what the link could send within the duration that it sent; what leaves later is in wire_octets alone"},
    {"queue_delay_mean_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, L(queue_delay_mean_s),
     "mean time in the queue"},
    {"queue_delay_max_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_LOWER, CLASS_STATISTICAL, L(queue_delay_max_s),
     "longest time in the queue"},
    {"fade_max_db", "dB", METRIC_REAL, GROUP_FADE, BETTER_NEITHER, CLASS_FLOAT, L(fade_max_db),
     "deepest attenuation by rain that was reported in the run"},
    {"fade_full_db", "dB", METRIC_REAL, GROUP_FADE, BETTER_HIGHER, CLASS_STATISTICAL, L(fade_full_db),
     "attenuation by rain when packets began to wait without a pause, until the queue dropped one for the first time; "
     "null where it dropped none"},
    {"fade_closes_db", "dB", METRIC_LEVEL, GROUP_FADE, BETTER_NEITHER, CLASS_FLOAT, L(fade_closes_db),
     "attenuation by rain beyond which no MODCOD is left, and nothing passes"},
};

static const struct metric ledger_rows[] = {
#define X(field, what) {#field, "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, O(field), what},
    LEDGER_FIELDS(X)
#undef X
};

static const struct metric run_rows[] = {
    {"duration_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_NEITHER, CLASS_FLOAT, offsetof(struct run_result, duration_s),
     "simulated time"},
    {"sas", "SAs", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, offsetof(struct run_result, sas),
     "SAs that send, of both gateways together; a pair is two, and an SA and its rekeyings are one"},
    {"mtu", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_HIGHER, CLASS_EXACT, offsetof(struct run_result, mtu),
     "largest packet of a LAN host that the link takes in one piece; 0 where it is not known"},
};

static const struct metric balance_rows[] = {
    {"in", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, offsetof(struct balance, in),
     "packets that the LAN hosts sent to the other LAN"},
    {"out", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_HIGHER, CLASS_EXACT, offsetof(struct balance, out),
     "packets that arrived there"},
    {"dropped", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, offsetof(struct balance, dropped),
     "packets refused or lost on the way, each under a reason in `drops`"},
};

static const struct metric sa_rows[] = {
    {"spi", "", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, offsetof(struct sa_result, spi),
     "security parameters index"},
    {"packets", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, offsetof(struct sa_result, packets),
     "packets sealed or opened with it"},
    {"octets", "octets", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, offsetof(struct sa_result, octets),
     "octets from the ESP head to the ICV of those packets"},
};

#define E(field) offsetof(struct episode, field)

static const struct metric episode_rows[] = {
    {"spi", "", METRIC_COUNT, GROUP_ALWAYS, BETTER_NEITHER, CLASS_EXACT, E(spi), "SPI of the host's SA"},
    {"packets", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, E(packets),
     "collision: the host's packets that reached the gateway in it; outage: packets lost"},
    {"lost", "packets", METRIC_COUNT, GROUP_ALWAYS, BETTER_LOWER, CLASS_EXACT, E(lost), "those of them that were lost"},
    {"from_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_NEITHER, CLASS_FLOAT, E(from_s), "when it began, simulated time"},
    {"to_s", "s", METRIC_REAL, GROUP_ALWAYS, BETTER_NEITHER, CLASS_FLOAT, E(to_s), "when it ended, or the run did"},
};

const struct metric_table metric_flow = {"runs[].flows[]", flow_rows, N(flow_rows)};
const struct metric_table metric_link = {"runs[].link", link_rows, N(link_rows)};
const struct metric_table metric_direction = {"runs[].link.directions[]", direction_rows, N(direction_rows)};
const struct metric_table metric_ledger = {"runs[].link.ledger", ledger_rows, N(ledger_rows)};
const struct metric_table metric_run = {"runs[]", run_rows, N(run_rows)};
const struct metric_table metric_balance = {"runs[].conservation", balance_rows, N(balance_rows)};
const struct metric_table metric_sa = {"runs[].sa_details[]", sa_rows, N(sa_rows)};
const struct metric_table metric_episode = {"runs[].episodes[]", episode_rows, N(episode_rows)};

const struct metric_table *const metric_tables[] = {
    &metric_run,       &metric_flow,    &metric_link, &metric_ledger,
    &metric_direction, &metric_balance, &metric_sa,   &metric_episode,
};
const size_t n_metric_tables = N(metric_tables);

const struct metric *metric_find(const struct metric_table *t, const char *key)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (!strcmp(t->rows[i].key, key))
            return &t->rows[i];
    return NULL;
}

double metric_value(const struct metric *m, const void *from)
{
    const char *at = (const char *)from + m->offset;
    switch (m->type) {
    case METRIC_COUNT:
        return (double)*(const uint64_t *)(const void *)at;
    case METRIC_FLAG:
        return *(const bool *)(const void *)at;
    case METRIC_REAL:
    case METRIC_LEVEL:
        break;
    }
    return *(const double *)(const void *)at;
}

const char *metric_class_name(enum metric_class c)
{
    static const char *const names[] = {"exact", "float", "statistical", "informative"};
    return names[c];
}

const char *metric_better_name(enum metric_better b)
{
    static const char *const names[] = {"neither", "lower", "higher"};
    return names[b];
}

#include "models/measure/meter.h"

#include <assert.h>
#include <math.h>

void meter_init(struct meter *m)
{
    *m = (struct meter){0};
    series_init(&m->goodput, SERIES_FIRST_WIDTH);
    series_init(&m->delay_over_time, SERIES_FIRST_WIDTH);
}

void meter_fini(struct meter *m)
{
    hist_fini(&m->delay);
    series_fini(&m->goodput);
    series_fini(&m->delay_over_time);
}

void meter_sent(struct meter *m, uint64_t ip_octets)
{
    m->packets_sent++;
    m->octets_sent += ip_octets;
}

void meter_received(struct meter *m, sim_time now, sim_time sent_at, uint64_t ip_octets)
{
    sim_time transit = now - sent_at;
    hist_add(&m->delay, transit);
    series_add(&m->delay_over_time, now, (double)transit);
    if (m->packets_received) {
        m->jitter += (fabs((double)(transit - m->last_transit)) - m->jitter) / 16; /* RFC 3550 6.4.1 */
        m->reordered += sent_at < m->latest_sent_at;
    }
    m->last_transit = transit;
    if (!m->packets_received || sent_at > m->latest_sent_at)
        m->latest_sent_at = sent_at;
    m->packets_received++;
    m->octets_received += ip_octets;
}

void meter_duplicate(struct meter *m)
{
    m->duplicates++;
}

void meter_delivered(struct meter *m, sim_time now, uint64_t octets)
{
    m->payload_octets += octets;
    series_add(&m->goodput, now, (double)octets);
}

void meter_result(const struct meter *m, sim_time active, struct flow_result *f)
{
    assert(active > 0 && m->packets_received <= m->packets_sent);
    f->packets_sent = m->packets_sent;
    f->packets_received = m->packets_received;
    f->octets_sent = m->octets_sent;
    f->octets_received = m->octets_received;
    f->payload_octets = m->payload_octets;
    f->duplicates = m->duplicates;
    f->reordered = m->reordered;
    f->goodput_bps = (double)m->payload_octets * 8 / ((double)active / NS_PER_S);
    f->loss_ratio = METRIC_NONE;
    if (m->packets_sent)
        f->loss_ratio = (double)(m->packets_sent - m->packets_received) / (double)m->packets_sent;
    f->jitter_s = METRIC_NONE;
    if (m->packets_received > 1)
        f->jitter_s = m->jitter / NS_PER_S;
    f->delay_min_s = hist_quantile(&m->delay, 0) / NS_PER_S;
    f->delay_mean_s = hist_mean(&m->delay) / NS_PER_S;
    f->delay_p50_s = hist_quantile(&m->delay, 0.5) / NS_PER_S;
    f->delay_p95_s = hist_quantile(&m->delay, 0.95) / NS_PER_S;
    f->delay_p99_s = hist_quantile(&m->delay, 0.99) / NS_PER_S;
    f->delay_max_s = hist_quantile(&m->delay, 1) / NS_PER_S;
}

void meter_curves(const struct meter *m, const char *flow, struct curves *c)
{
    curves_add_series(c, flow, "goodput_bps", &m->goodput, SERIES_RATE, 8);
    curves_add_series(c, flow, "delay_s", &m->delay_over_time, SERIES_MEAN, 1.0 / NS_PER_S);
    curves_add_delays(c, flow, "delay_s", &m->delay);
}

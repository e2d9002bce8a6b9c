/* overhead_print.c - the answers of `espsim overhead` for programs. */
#include "analysis/overhead_print.h"

#include "analysis/rival.h"

#include <jansson.h>
#include <math.h>

/* ---- CSV ---- */

void overhead_print_csv(const struct overhead_answer *a, FILE *to)
{
    char suite[SUITE_NAME_CAP];
    fputs("load,size_octets,packets,mode,algorithm,ip_version,udp,framing,inner_octets,ip_octets,link_octets,"
          "link_octets_saturated,added_percent,saved_ip_octets_per_packet,saved_link_octets_per_packet,"
          "saved_ip_octets_per_hour,saved_per_month_money,not_carried_fragments,not_carried_too_long,over_mtu,sealed,"
          "added_delay_s\n",
          to);
    for (size_t i = 0; i < a->n_rows; i++) {
        const struct overhead_row *r = &a->rows[i];
        const struct overhead_total *t = &r->total;
        const char *name = overhead_suite_name(&r->way, suite);
        struct overhead_saved s = overhead_saved(a, r);
        fprintf(to,
                "%s,%u,%llu,%s,%s,%u,%d,%s,%llu,%.12g,%.12g,%.12g,%.6f,%.9g,%.9g,%.9g,%.9g,%llu,%llu,%llu,%llu,%.9g\n",
                r->load, r->size, (unsigned long long)r->packets, overhead_name(&r->way), name ? name : "",
                r->ip_version, r->way.udp, r->way.framing->m.name, (unsigned long long)t->inner, t->ip, t->link,
                t->saturated, overhead_added_percent(t), s.ip, s.link, s.ip_hour, s.money_month,
                (unsigned long long)t->fragments, (unsigned long long)t->too_long, (unsigned long long)t->over_mtu,
                (unsigned long long)t->sealed, overhead_delay_s(t));
    }
}

/* ---- JSON ---- */

static json_t *json_number(double x)
{
    return x == round(x) && fabs(x) < 9e15 ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *json_ledger(const struct overhead_octets *o)
{
    json_t *ledger = json_object();
#define X(field, what) json_object_set_new(ledger, #field, json_number(o->field));
    LEDGER_FIELDS(X)
#undef X
    return ledger;
}

static json_t *json_saved(const struct overhead_answer *a, const struct overhead_row *r)
{
    struct overhead_saved s = overhead_saved(a, r);
    json_t *saved = json_pack("{s:o, s:o}", "ip_octets_per_packet", json_number(s.ip), "link_octets_per_packet",
                              json_number(s.link));
    if (r->pps > 0) {
        json_object_set_new(saved, "packets_per_s", json_number(r->pps));
        json_object_set_new(saved, "ip_octets_per_hour", json_number(s.ip_hour));
        json_object_set_new(saved, "link_octets_per_hour", json_number(s.link_hour));
        json_object_set_new(saved, "ip_octets_per_month", json_number(s.ip_hour * OVERHEAD_MONTH_HOURS));
        json_object_set_new(saved, "link_octets_per_month", json_number(s.link_hour * OVERHEAD_MONTH_HOURS));
    }
    if (r->pps > 0 && a->price_octets > 0)
        json_object_set_new(saved, "money_per_month", json_number(s.money_month));
    return saved;
}

static json_t *json_claim(const struct claim *c)
{
    return json_pack("{s:s, s:s}", "value", claim_name(c->value), "why", c->why);
}

static json_t *json_row(const struct overhead_answer *a, const struct overhead_row *r)
{
    const struct overhead_total *t = &r->total;
    char suite[SUITE_NAME_CAP];
    json_t *row = json_pack(
        "{s:s, s:o, s:I, s:s, s:s?, s:o, s:b, s:s, s:I, s:o, s:o, s:o, s:f, s:o, s:o, s:{s:I, s:I}, s:I, s:I}", "load",
        r->load, "size", r->size ? json_integer(r->size) : json_null(), "packets", (json_int_t)r->packets, "mode",
        overhead_name(&r->way), "algorithm", overhead_suite_name(&r->way, suite), "ip_version",
        r->ip_version ? json_integer(r->ip_version) : json_null(), "udp", r->way.udp, "framing", r->way.framing->m.name,
        "inner_octets", (json_int_t)t->inner, "ip_octets", json_number(t->ip), "link_octets", json_number(t->link),
        "link_octets_saturated", json_number(t->saturated), "added_percent", overhead_added_percent(t), "ledger",
        json_ledger(&t->octets), "saved", json_saved(a, r), "not_carried", "fragments", (json_int_t)t->fragments,
        "too_long", (json_int_t)t->too_long, "over_mtu", (json_int_t)t->over_mtu, "sealed", (json_int_t)t->sealed);
    if (t->delay > 0)
        json_object_set_new(row, "added_delay_s", json_real(overhead_delay_s(t)));
    if (r->way.rival) {
        json_object_set_new(row, "source", json_string(r->way.rival->m.source));
        json_object_set_new(row, "linux", json_claim(&r->way.rival->linux_can));
        json_object_set_new(row, "strongswan", json_claim(&r->way.rival->strongswan));
    }
    return row;
}

static json_t *json_capture(const struct overhead_answer *a)
{
    const struct overhead_facts *f = a->facts;
    json_t *lengths = json_object();
    char length[24];
    for (size_t i = 0; i < a->n_lengths; i++)
        if (a->lengths[i]) {
            snprintf(length, sizeof length, "%zu", i);
            json_object_set_new(lengths, length, json_integer((json_int_t)a->lengths[i]));
        }
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:o}", "link_type", f->link_type, "frames",
                     (json_int_t)f->frames, "packets", (json_int_t)f->packets, "octets", (json_int_t)f->octets,
                     "not_ip", (json_int_t)f->not_ip, "malformed", (json_int_t)f->malformed, "cut", (json_int_t)f->cut,
                     "duration_s", (double)(f->last - f->first) / 1e9, "sealed",
                     a->sealed_all ? "every packet" : "one packet of each kind", "lengths", lengths);
}

void overhead_print_json(const struct overhead_answer *a, FILE *to)
{
    json_t *rows = json_array(), *all = json_object();
    for (size_t i = 0; i < a->n_rows; i++)
        json_array_append_new(rows, json_row(a, &a->rows[i]));
    if (a->facts)
        json_object_set_new(all, "capture", json_capture(a));
    json_object_set_new(all, "rows", rows);
    json_dumpf(all, to, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    fputc('\n', to);
    json_decref(all);
}

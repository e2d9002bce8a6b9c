/* TCP's laws through all of `espsim run`, gateways and ESP included: what the literature says of a path without loss.
 */
#include "models/ipsec/mode.h"
#include "models/measure/curves.h"
#include "models/measure/result.h"
#include "models/wire/tcp.h"
#include "models/files/file.h"
#include "sim/engine/engine.h"
#include "tests/scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char work[SCRATCH_CAP];

static int make_work(void **state)
{
    (void)state;
    return scratch_folder(work) ? 0 : -1;
}

static int remove_work(void **state)
{
    (void)state;
    return scratch_remove(work) ? 0 : -1;
}

static char *slurp(const char *name, size_t *len)
{
    char path[256], *text;
    struct err e;
    snprintf(path, sizeof path, "%s/result/%s", work, name);
    if (!file_read(path, FILE_ASKED, &text, len, &e))
        fail_msg("%s", e.text);
    return text;
}

/* One flow [flow.bulk] from LAN to LAN with `keys`, over a link of `link` keys, in every mode that carries it. */
static void run(const char *scenario, const char *link, const char *keys, struct result *r)
{
    char path[256], command[512];
    snprintf(path, sizeof path, "%s/law.ini", work);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "[scenario]\nmodes = plain, tunnel, beet, wildcard\n%s[lan1]\ndelay = 0 s\nrate = 100 Gbit/s\n"
            "[lan2]\ndelay = 0 s\nrate = 100 Gbit/s\n[link]\nmtu = 1500 B\n%s[ipsec]\nlookup = spi\n"
            "[flow.bulk]\nkind = tcp-bulk\nfrom = lan1:1\nto = lan2:1\n%s",
            scenario, link, keys);
    assert_int_equal(fclose(f), 0);
    snprintf(command, sizeof command, "'%s/espsim' run '%s' --out '%s/result' --no-pcap --quiet", BUILD_DIR, path,
             work);
    assert_int_equal(system(command), 0);
    size_t len;
    struct err e;
    char *text = slurp("result.json", &len);
    *r = (struct result){0};
    if (!result_read(r, "result.json", text, len, &e))
        fail_msg("%s", e.text);
    free(text);
}

/* Of a full segment: the mode's largest packet less its headers. */
static double mss_of(const struct run_result *run, bool v6)
{
    return (double)(run->mtu - (v6 ? 40 : 20) - TCP_HEAD_LEN - ENG_TCP_OPTIONS_LEN);
}

/* Mean goodput from second `from` to `to`, octets/s; both at bins' edges. */
static double goodput_between(const char *mode, double from, double to)
{
    char name[64];
    size_t len;
    struct curves curves = {0};
    struct err e;
    snprintf(name, sizeof name, "%s/series.json", mode);
    char *text = slurp(name, &len);
    if (!curves_read(&curves, name, text, len, &e))
        fail_msg("%s", e.text);
    free(text);
    const struct curve *c = curves_find(&curves, "bulk", "goodput_bps");
    assert_non_null(c);
    assert_true(fabs(remainder(from, c->bin_s)) < 1e-9 && fabs(remainder(to, c->bin_s)) < 1e-9);
    size_t first = (size_t)lround(from / c->bin_s), end = (size_t)lround(to / c->bin_s);
    assert_true(end <= c->n_values);
    double octets = 0;
    for (size_t i = first; i < end; i++)
        octets += isnan(c->values[i]) ? 0 : c->values[i] * c->bin_s / 8;
    curves_fini(&curves);
    return octets / (to - from);
}

/* RFC 2488: a window of W octets gives floor(W / MSS) * MSS / RTT, whatever the rate; measured over 100 round trips. */
static void window_law(void **state)
{
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        struct result r;
        run(v6 ? "duration = 80 s\nip = 6\n" : "duration = 80 s\n",
            "delay = 280 ms\nrate_forward = 1 Gbit/s\nrate_return = 1 Gbit/s\n", "buffer = 65535 B\ndelack = 1\n", &r);
        for (size_t i = 0; i < r.n_runs; i++) {
            double mss = mss_of(&r.runs[i], v6), law = floor(65535 / mss) * mss / 0.560;
            double measured = goodput_between(r.runs[i].mode, 20, 76);
            assert_true(law < 117028);
            if (fabs(measured / law - 1) > 0.005)
                fail_msg("%s, IPv%d: %.0f octets/s, the law says %.0f", r.runs[i].mode, v6 ? 6 : 4, measured, law);
        }
        result_fini(&r);
    }
}

/* T = RTT (1 + K) + RTT/2, K = floor(log_g((g - 1) N / IW + 1)) for N segments: g = 2, or 1.5 for NewReno with delayed
 * acknowledgements. RTT 0.6 s, IW 10. */
static void slow_start_law(void **state)
{
    (void)state;
    static const struct {
        const char *congestion;
        double growth;
    } rows[] = {{"cubic", 2}, {"newreno", 1.5}};
    static const double sizes[] = {2e6, 10e6};
    for (size_t i = 0; i < 4; i++) {
        char keys[256];
        struct result r;
        double octets = sizes[i / 2], g = rows[i % 2].growth;
        snprintf(keys, sizeof keys, "start = 1 s\ncongestion = %s\noctets = %.0f B\nbuffer = 32 MiB\n",
                 rows[i % 2].congestion, octets);
        run("duration = 12 s\n", "delay = 300 ms\nrate_forward = 250 Mbit/s\nrate_return = 250 Mbit/s\nqueue = 20 MB\n",
            keys, &r);
        for (size_t k = 0; k < r.n_runs; k++) {
            double segments = ceil(octets / mss_of(&r.runs[k], false));
            double law = 0.6 * (1 + floor(log((g - 1) * segments / 10 + 1) / log(g))) + 0.3;
            double measured = r.runs[k].flows[0].completion_s;
            if (!(fabs(measured / law - 1) <= 0.02))
                fail_msg("%s, %s, %.0f octets: %.3f s, the law says %.2f s", r.runs[k].mode, rows[i % 2].congestion,
                         octets, measured, law);
        }
        result_fini(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(window_law), cmocka_unit_test(slow_start_law)};
    return cmocka_run_group_tests(tests, make_work, remove_work);
}

#include "sim/run/manifest.h"

#include <espsim_version.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *date(time_t t)
{
    char text[32];
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

static json_t *words(const struct run_options *o)
{
    json_t *list = json_array();
    for (size_t i = 0; i < o->n_argv; i++)
        json_array_append_new(list, json_string(o->argv[i]));
    return list;
}

static json_t *costs(const struct plan *plan, const struct worker *workers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->n_runs; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:f, s:f, s:I}", "name", plan->runs[i].name, "wall_s", workers[i].wall_s,
                                        "cpu_s", workers[i].cpu_s, "max_rss_kb", (json_int_t)workers[i].max_rss_kb));
    return list;
}

char *manifest_text(const struct plan *plan, const struct run_options *options, const struct worker *workers,
                    time_t started)
{
    json_t *m =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o}", "scenario", plan->config->name, "espsim",
                  ESPSIM_VERSION, "commit", ESPSIM_COMMIT, "command", words(options), "started", date(started),
                  "finished", date(time(NULL)), "engine", workers[0].engine, "openssl",
                  OpenSSL_version(OPENSSL_VERSION), "libpcap", pcap_lib_version(), "runs", costs(plan, workers));
    char *text = json_dumps(m, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    json_decref(m);
    char *whole;
    if (asprintf(&whole, "%s\n", text) < 0)
        abort();
    free(text);
    return whole;
}

char *manifest_readme(const struct plan *plan, const struct run_options *options)
{
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fprintf(f, "# Result of scenario %s\n\n", plan->config->name);
    fprintf(f, "`result.json` holds every number (espsim-results(5)), `manifest.json` how they were made. "
               "`espsim report` makes a page of them, `espsim compare` holds two results against each other.\n\n"
               "One folder a run: `series.json` has goodput and delay over time.");
    if (options->captures) {
        fprintf(f, " `lan1.pcap` and `lan2.pcap` are what passed the gateways' LAN ports, `sat.pcap` what came out of "
                   "the satellite link.\n\n"
                   "## Opening the captures in Wireshark 4\n\n"
                   "The file `esp_sa` beside a capture holds the keys of its SAs. Wireshark reads it from its profile "
                   "folder:\n\n");
        const char *run = plan->runs[0].name;
        for (size_t i = 0; i < plan->n_runs; i++)
            if (!strcmp(plan->runs[i].mode->name, "wildcard"))
                run = plan->runs[i].name;
        fprintf(f,
                "    mkdir -p profile && cp %s/esp_sa profile/\n"
                "    WIRESHARK_CONFIG_DIR=$PWD/profile wireshark -r %s/sat.pcap \\\n"
                "        -o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE\n\n"
                "tshark takes the same words. In BEET captures Wireshark shows bad TCP and UDP checksums "
                "inside: it sums over the outer addresses, and the hosts' are those of the SA (see `sa_details` in "
                "`result.json`).\n\n"
                "The keys follow from the scenario's seed: never use them for real traffic.\n",
                run, run);
    } else {
        fprintf(f, "\n\nNo captures were written (--no-pcap).\n");
    }
    fclose(f);
    return text;
}

#include "sim/run/manifest.h"

#include "models/base/text.h"
#include "models/ipsec/modes.h"

#include <espsim_version.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

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

void manifest_settings_sha256(const struct result *r, char hex[DIGEST_HEX_CAP])
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    for (size_t i = 0; i < r->n_settings; i++)
        fprintf(f, "%s = %s\n", r->settings[i].key, r->settings[i].value);
    fclose(f);
    digest_octets(text, len, hex);
    free(text);
}

json_t *manifest_json(const struct plan *plan, const struct run_options *options, const struct worker *workers,
                      const struct result *result, time_t started)
{
    char settings[DIGEST_HEX_CAP];
    manifest_settings_sha256(result, settings);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:s}", "scenario", plan->config->name, "commit",
                     ESPSIM_COMMIT, "command", words(options), "started", date(started), "finished", date(time(NULL)),
                     "engine", workers[0].engine, "openssl", OpenSSL_version(OPENSSL_VERSION), "libpcap",
                     pcap_lib_version(), "runs", costs(plan, workers), "settings_sha256", settings);
}

/* The run whose capture the reader is told to open: wildcard is what others' descriptions lack. NULL: none has ESP. */
static const struct plan_run *run_to_open(const struct plan *plan)
{
    const struct plan_run *open = NULL;
    for (size_t i = 0; i < plan->n_runs; i++) {
        const struct mode *mode = (const struct mode *)plan->runs[i].mode;
        if (mode->esp && (!open || mode == &mode_wildcard))
            open = &plan->runs[i];
    }
    return open;
}

static bool has_mode(const struct plan *plan, const struct mode *mode)
{
    for (size_t i = 0; i < plan->n_runs; i++)
        if (plan->runs[i].mode == &mode->m)
            return true;
    return false;
}

static void write_commands(FILE *f, const char *run)
{
    fprintf(
        f,
        "The file `esp_sa` beside a capture holds the keys of its SAs. Wireshark reads it from its profile folder:\n\n"
        "    profile=$(mktemp -d) && cp %s/esp_sa \"$profile\"\n"
        "    WIRESHARK_CONFIG_DIR=$profile wireshark -r %s/sat.pcap \\\n"
        "        -o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE\n\n"
        "tshark takes the same words.\n\n",
        run, run);
}

static void write_how_to_open(FILE *f, const struct plan *plan)
{
    const struct config_ipsec *ipsec = &plan->config->ipsec;
    const struct plan_run *run = run_to_open(plan);
    char suite[SUITE_NAME_CAP];
    if (!run)
        return;
    fprintf(f, "## Opening the captures in Wireshark 4\n\n");
    if (!ipsec->suite.encr->wireshark) {
        fprintf(f, "Wireshark 4.0 cannot decrypt %s: `esp_sa` is empty, and the ESP packets stay closed.\n",
                suite_name(&ipsec->suite, suite));
        return;
    }
    write_commands(f, run->name);
    if (ipsec->esn)
        fprintf(f,
                "Wireshark 4.0 leaves extended sequence numbers out of the ICV and calls good ones bad, or unchecked; "
                "what it decrypts is right.\n\n");
    if (has_mode(plan, &mode_beet))
        fprintf(f,
                "In BEET captures Wireshark shows bad TCP and UDP checksums inside: it sums over the outer addresses, "
                "and the hosts' are those of the SA (`sa_details` in `result.json`).\n\n");
    fprintf(f, "The keys follow from the scenario's seed: never use them for real traffic.\n");
}

char *manifest_readme(const struct plan *plan, const struct run_options *options)
{
    const struct config *c = plan->config;
    char *text;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    fputs("# Result of scenario ", f);
    text_markdown(f, c->name);
    fprintf(f, ", seed %llu\n\n", (unsigned long long)c->seed);
    text_markdown(f, c->question ? c->question : "");
    fprintf(f,
            "%s`result.json` holds every number (espsim-results(5)) and all settings; `manifest.json` tells how and "
            "with which versions they were made. `espsim report` makes a page of them, `espsim compare` holds two "
            "results against each other.\n\n"
            "One folder a run: `series.json` has goodput and delay over time.",
            c->question && *c->question ? "\n\n" : "");
    if (options->captures) {
        fprintf(f,
                " `lan1.pcap` and `lan2.pcap` are what passed the gateways' LAN ports, `sat.pcap` what came out of the "
                "satellite link; times are simulated and begin with 0.\n\n");
        write_how_to_open(f, plan);
    } else {
        fprintf(f, "\n\nNo captures were written (--no-pcap).\n");
    }
    fclose(f);
    return text;
}

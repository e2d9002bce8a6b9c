#include "analysis/report.h"

#include "analysis/compare_items.h"
#include "analysis/report_figures.h"
#include "analysis/summary.h"
#include "analysis/summary_hosts.h"
#include "analysis/table.h"
#include "models/base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void report_add_origin(struct report *r, const char *name, const char *value)
{
    r->origins = realloc(r->origins, (r->n_origins + 1) * sizeof *r->origins);
    assert(r->origins);
    r->origins[r->n_origins++] = (struct report_origin){strdup(name), strdup(value)};
}

void report_fini(struct report *r)
{
    for (size_t i = 0; i < r->n_origins; i++) {
        free(r->origins[i].name);
        free(r->origins[i].value);
    }
    free(r->origins);
    *r = (struct report){0};
}

/* ---- what the page says ---- */

/* The tables behind the figures, in order. */
static const struct {
    const char *title;
    void (*fill)(const struct result *, struct table *);
} tables[] = {
    {"What the hosts get", summary_users},
    {"What the satellite link carries", summary_link},
    {"Dropped packets", summary_drops},
    {"IPsec of the hosts' own", summary_hosts},
    {"Why", summary_reasons},
};

static void fill_flows(const struct result *r, struct table *t)
{
    static const char *const headings[] = {"mode", "flow", "from", "to"};
    for (size_t i = 0; i < 4; i++)
        table_column(t, TABLE_LEFT, headings[i]);
    static const char *const keys[] = {"packets_sent", "packets_received", "goodput_bps", "delay_p50_s", "delay_p95_s",
                                       "delay_p99_s",  "jitter_s",         "retransmits", "r_factor",    "mos"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        table_column(t, TABLE_RIGHT, keys[k]);
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t f = 0; f < r->runs[i].n_flows; f++) {
            const struct flow_result *flow = &r->runs[i].flows[f];
            const char *const names[] = {run_result_name(&r->runs[i]), flow->name, flow->from, flow->to};
            for (size_t n = 0; n < 4; n++)
                table_cell(t, TONE_PLAIN, "%s", names[n]);
            for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
                const struct metric *m = metric_find(&metric_flow, keys[k]);
                double value = metric_value(m, flow);
                if (isnan(value) || (m->group && !(m->group & flow->groups)))
                    table_cell(t, TONE_DIM, "-");
                else if (m->type == METRIC_COUNT || value >= 1e4)
                    table_cell(t, TONE_PLAIN, "%.0f", value);
                else
                    table_cell(t, TONE_PLAIN, "%.4g", value);
            }
        }
}

static void fill_episodes(const struct result *r, struct table *t)
{
    static const char *const headings[] = {"mode", "what", "flow", "place"};
    for (size_t i = 0; i < 4; i++)
        table_column(t, TABLE_LEFT, headings[i]);
    table_column(t, TABLE_RIGHT, "SPI");
    table_column(t, TABLE_RIGHT, "from\ns");
    table_column(t, TABLE_RIGHT, "to\ns");
    table_column(t, TABLE_RIGHT, "packets");
    table_column(t, TABLE_TEXT, "why");
    for (size_t i = 0; i < r->n_runs; i++)
        for (size_t n = 0; n < r->runs[i].n_episodes; n++) {
            const struct episode *e = &r->runs[i].episodes[n];
            const char *const names[] = {run_result_name(&r->runs[i]), e->kind, e->flow, e->place};
            for (size_t k = 0; k < 4; k++)
                table_cell(t, TONE_PLAIN, "%s", names[k]);
            table_cell(t, TONE_PLAIN, "0x%08" PRIx64, e->spi);
            table_cell(t, TONE_PLAIN, "%.3f", e->from_s);
            table_cell(t, TONE_PLAIN, "%.3f", e->to_s);
            table_cell(t, TONE_PLAIN, "%" PRIu64, e->packets);
            table_cell(t, TONE_PLAIN, "%s", e->why);
        }
}

static void fill_settings(const struct result *r, struct table *t)
{
    table_column(t, TABLE_LEFT, "setting");
    table_column(t, TABLE_LEFT, "in effect");
    for (size_t i = 0; i < r->n_settings; i++) {
        table_cell(t, TONE_PLAIN, "%s", r->settings[i].key);
        table_cell(t, TONE_PLAIN, "%s", r->settings[i].value);
    }
}

/* The figure's picture; NULL: there is none. */
static const struct set_file *svg_of(const struct file_set *set, const struct figure *f)
{
    char name[96];
    snprintf(name, sizeof name, "figures/%s.svg", f->name);
    return file_set_find(set, name);
}

/* Splits the conclusion: the answer, and what supports it, a line each. */
static char *split_answer(char *text)
{
    char *rest = strchr(text, '\n');
    *rest = 0;
    return rest + 1;
}

/* ---- HTML ---- */

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--soft:#f3f4f6;--line:#d5d8dd;--good:#00694b;"
    "--bad:#a83c00;--dim:#6b7280}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#16181c;--soft:#20242b;--line:#3a3f47;"
    "--good:#4cc9a0;--bad:#ff9d66;--dim:#9aa1ab}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{margin:.4rem 0}\n"
    ".answer{background:var(--soft);border-left:.35rem solid #0072B2;padding:.6rem 1rem;margin:.8rem 0;"
    "font-size:1.1rem}\n"
    ".dim{color:var(--dim)}.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}\n"
    ".scroll{overflow-x:auto;max-width:100%}\n"
    "table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}\n"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\n"
    "@media (max-width:36rem){.verdict th,.verdict td{padding:.25rem;font-size:.8rem}"
    ".verdict td:first-child{overflow-wrap:anywhere;min-width:5rem}}\n"
    "th{background:var(--soft)}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "figure{margin:0}figure svg{width:100%;height:auto;max-width:56rem;display:block}\n"
    "figcaption{color:var(--dim);font-size:.9rem;max-width:56rem}\n"
    "code,pre{font-family:ui-monospace,monospace;font-size:.9rem}"
    "pre{overflow-x:auto;background:var(--soft);padding:.6rem}\n";

static void html_table(FILE *to, const struct result *r, const char *title,
                       void (*fill)(const struct result *, struct table *))
{
    struct table t = {0};
    fill(r, &t);
    if (t.n_cells) {
        fprintf(to, "<h2>%s</h2>\n", title);
        table_html(&t, to);
    }
    table_fini(&t);
}

/* The picture without its XML head and its own style: it takes the page's colours. */
static void html_picture(FILE *to, const char *svg)
{
    const char *at = strstr(svg, "<svg");
    while (at && *at) {
        int len = (int)strcspn(at, "\n");
        const char *own = strstr(at, "<style>svg:root");
        if (!own || own >= at + len)
            fprintf(to, "%.*s\n", len, at);
        at += len + (at[len] == '\n');
    }
}

static void html_figures(const struct report *r, const struct file_set *set, FILE *to)
{
    for (const struct figure *const *f = figures; *f; f++) {
        const struct set_file *svg = svg_of(set, *f);
        if (!svg)
            continue;
        fprintf(to, "<h2>%s</h2>\n<figure role=\"img\" aria-label=\"%s\">\n", (*f)->title, (*f)->title);
        html_picture(to, svg->octets);
        fputs("<figcaption>", to);
        text_html(to, (*f)->caption);
        fputs("</figcaption></figure>\n", to);
    }
    if (*r->missing) {
        fputs("<p class=\"bad\">", to);
        text_html(to, r->missing);
        fputs("</p>\n", to);
    }
}

static void html_answer(const struct result *r, FILE *to)
{
    char *text = summary_conclusion(r), *rest = split_answer(text);
    fputs("<p class=\"answer\">", to);
    text_html(to, text);
    fputs("</p>\n", to);
    struct table verdicts = {0};
    summary_verdicts(r, &verdicts);
    fputs("<div class=\"verdict\">\n", to);
    table_html(&verdicts, to);
    fputs("</div>\n", to);
    table_fini(&verdicts);
    fputs("<ul>\n", to);
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!*line)
            continue;
        fputs("<li>", to);
        text_html(to, line);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
    free(text);
}

static void html_fact(FILE *to, const char *name, const char *value)
{
    fputs("<tr><td>", to);
    text_html(to, name);
    fputs("</td><td><code>", to);
    text_html(to, value);
    fputs("</code></td></tr>\n", to);
}

static void html_origin(const struct report *r, FILE *to)
{
    fputs("<h2>How to reproduce</h2>\n<div class=\"scroll\"><table><tbody>\n", to);
    fprintf(to, "<tr><td>seed</td><td>%" PRIu64 "</td></tr>\n", r->result->seed);
    html_fact(to, "settings hash", r->result->settings_hash);
    for (size_t i = 0; i < r->n_origins; i++)
        html_fact(to, r->origins[i].name, r->origins[i].value);
    fputs("</tbody></table></div>\n", to);
}

static void write_html(const struct report *r, const struct file_set *set, FILE *to)
{
    const struct result *result = r->result;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" "
          "href=\"data:,\">\n<title>espsim: ",
          to);
    text_html(to, result->scenario);
    fprintf(to, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
    text_html(to, result->question);
    fputs("</h1>\n<p class=\"dim\">espsim, scenario ", to);
    text_html(to, result->scenario);
    fprintf(to, ", seed %" PRIu64 "</p>\n", result->seed);
    html_answer(result, to);
    html_figures(r, set, to);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        html_table(to, result, tables[i].title, tables[i].fill);
    html_table(to, result, "Flows", fill_flows);
    html_table(to, result, "SPI collisions and outages", fill_episodes);
    html_origin(r, to);
    html_table(to, result, "Settings", fill_settings);
    fputs("</body>\n</html>\n", to);
}

/* ---- Markdown ---- */

static void markdown_table(FILE *to, const struct result *r, const char *title,
                           void (*fill)(const struct result *, struct table *))
{
    struct table t = {0};
    fill(r, &t);
    if (t.n_cells) {
        fprintf(to, "\n## %s\n\n", title);
        table_markdown(&t, to);
    }
    table_fini(&t);
}

static void markdown_line(FILE *to, const char *before, const char *text, const char *after)
{
    fputs(before, to);
    text_markdown(to, text);
    fputs(after, to);
}

/* `before` names what the code is. */
static void markdown_code(FILE *to, const char *before, const char *code)
{
    markdown_line(to, "- ", before, ": ");
    text_markdown_code(to, code);
    putc('\n', to);
}

static void markdown_answer(const struct result *result, FILE *to)
{
    char *text = summary_conclusion(result), *rest = split_answer(text);
    markdown_line(to, "**", text, "**\n\n");
    struct table verdicts = {0};
    summary_verdicts(result, &verdicts);
    table_markdown(&verdicts, to);
    table_fini(&verdicts);
    putc('\n', to);
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            markdown_line(to, "- ", line, "\n");
    free(text);
}

static void write_markdown(const struct report *r, const struct file_set *set, FILE *to)
{
    const struct result *result = r->result;
    markdown_line(to, "# ", result->question, "\n\n");
    markdown_line(to, "espsim, scenario ", result->scenario, "");
    fprintf(to, ", seed %" PRIu64 "\n\n", result->seed);
    markdown_answer(result, to);
    for (const struct figure *const *f = figures; *f; f++)
        if (svg_of(set, *f))
            fprintf(to, "\n## %s\n\n![%s](figures/%s.svg)\n\n%s\n", (*f)->title, (*f)->title, (*f)->name,
                    (*f)->caption);
    if (*r->missing)
        markdown_line(to, "\n", r->missing, "\n");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        markdown_table(to, result, tables[i].title, tables[i].fill);
    markdown_table(to, result, "Flows", fill_flows);
    markdown_table(to, result, "SPI collisions and outages", fill_episodes);
    fprintf(to, "\n## How to reproduce\n\n- seed: %" PRIu64 "\n", result->seed);
    markdown_code(to, "settings hash", result->settings_hash);
    for (size_t i = 0; i < r->n_origins; i++)
        markdown_code(to, r->origins[i].name, r->origins[i].value);
    markdown_table(to, result, "Settings", fill_settings);
}

/* ---- CSV ---- */

static void write_csv(const struct report *r, const struct file_set *set, FILE *to)
{
    (void)set;
    struct table t = {0};
    static const char *const headings[] = {"scenario", "seed", "mode", "metric", "unit", "class", "better", "value"};
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        table_column(&t, TABLE_LEFT, headings[i]);
    for (size_t i = 0; i < r->result->n_runs; i++) {
        struct items items = {0};
        items_of_run(&items, &r->result->runs[i]);
        for (size_t k = 0; k < items.n_items; k++) {
            const struct item *item = &items.items[k];
            table_cell(&t, TONE_PLAIN, "%s", r->result->scenario);
            table_cell(&t, TONE_PLAIN, "%" PRIu64, r->result->seed);
            table_cell(&t, TONE_PLAIN, "%s", run_result_name(&r->result->runs[i]));
            table_cell(&t, TONE_PLAIN, "%s", item->path);
            table_cell(&t, TONE_PLAIN, "%s", item->unit);
            table_cell(&t, TONE_PLAIN, "%s", metric_class_name(item->class));
            table_cell(&t, TONE_PLAIN, "%s", metric_better_name(item->better));
            table_cell(&t, TONE_PLAIN, "%s", item->is_number && isnan(item->value) ? "" : item->text);
        }
        items_fini(&items);
    }
    table_csv(&t, to);
    table_fini(&t);
}

void report_make(struct report *r, struct file_set *set)
{
    static const struct {
        const char *name;
        void (*write)(const struct report *, const struct file_set *, FILE *);
    } files[] = {{"report.html", write_html}, {"report.md", write_markdown}, {"report.csv", write_csv}};
    report_draw(r, set);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);
        assert(to);
        files[i].write(r, set, to);
        fclose(to);
        file_set_add(set, files[i].name, text, len);
    }
}

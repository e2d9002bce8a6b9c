#include "sim/cli/esp_draw.h"

#include "models/wire/dissect.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80, HEX_SHOWN = 32, HEX_A_ROW = 8, DUMP_A_ROW = 16, LABEL_LEAST = 3 };

struct fields {
    struct field *at;
    size_t n;
};

static void collect(void *ctx, const struct field *f)
{
    struct fields *all = ctx;
    all->at = realloc(all->at, (all->n + 1) * sizeof *all->at);
    assert(all->at);
    all->at[all->n++] = *f;
}

static struct fields fields_of(const struct drawing *d)
{
    struct fields all = {0};
    struct dissect_esp known = {0};
    if (d->sa) {
        known = (struct dissect_esp){.iv_len = suite_iv_len(&d->sa->p.suite),
                                     .icv_len = suite_icv_len(&d->sa->p.suite),
                                     .esn = d->sa->p.esn,
                                     .seq_hi = (uint32_t)(d->seq >> 32),
                                     .text = d->text,
                                     .text_len = d->text_len,
                                     .udp_port = d->sa->p.udp_dport};
    }
    dissect(d->packet, d->len, d->sa ? &known : NULL, collect, &all);
    return all;
}

/* ---- what is encrypted, and what the ICV covers ---- */

/* The text of ESP: from the end of the IV to the ICV. */
static bool is_in_text(const struct field *f)
{
    return f->depth || f->part == LEDGER_padding || f->part == LEDGER_trailer || f->part == LEDGER_tfc;
}

static bool is_encrypted(const struct drawing *d, const struct field *f)
{
    return d->sa && !d->sa->p.suite.encr->clear && (is_in_text(f) || !strcmp(f->layer, "encrypted"));
}

static bool is_authenticated(const struct drawing *d, const struct field *f)
{
    bool covered = is_in_text(f) || f->part == LEDGER_esp || f->part == LEDGER_iv || !strcmp(f->layer, "encrypted");
    return d->sa && suite_icv_len(&d->sa->p.suite) && covered;
}

/* ---- boxes ---- */

#define UNIT "  octets" /* behind the row of numbers */

/* The fields of one layer. */
struct box {
    const char *layer;
    size_t octets;
    bool encrypted, authenticated;
};

struct boxes {
    struct box *at;
    size_t n;
    size_t label_max; /* a longer label takes several lines */
    size_t margin;    /* columns, both sides of a label together */
};

/* Octets of the first line of a label that is broken at `max` columns: whole words where they fit. */
static size_t line_len(const char *label, size_t max)
{
    size_t len = strlen(label);
    for (size_t n = max; len > max && n; n--)
        if (label[n] == ' ' || label[n - 1] == '-')
            return n;
    return len < max ? len : max;
}

/* Line `n` of the label and its length; "" behind its last. */
static const char *label_line(const char *label, size_t max, size_t n, size_t *len)
{
    for (*len = line_len(label, max); n; n--) {
        label += *len + (label[*len] == ' ');
        *len = line_len(label, max);
    }
    return label;
}

static size_t n_lines(const struct boxes *b)
{
    size_t n = 0, len;
    for (size_t i = 0; i < b->n; i++)
        while (*label_line(b->at[i].layer, b->label_max, n, &len))
            n++;
    return n;
}

static size_t box_width(const struct boxes *b, const struct box *box)
{
    char number[24];
    size_t width = (size_t)snprintf(number, sizeof number, "%zu", box->octets), len;
    for (size_t n = 0; *label_line(box->layer, b->label_max, n, &len); n++)
        width = len > width ? len : width;
    return b->margin + width;
}

static size_t boxes_width(const struct boxes *b)
{
    size_t width = 1;
    for (size_t i = 0; i < b->n; i++)
        width += box_width(b, &b->at[i]) + 1;
    return width;
}

static size_t longest_word(const struct boxes *b)
{
    size_t longest = 0;
    for (size_t i = 0; i < b->n; i++)
        for (const char *at = b->at[i].layer; *at;) {
            size_t len = strcspn(at, " -");
            len += at[len] == '-';
            longest = len > longest ? len : longest;
            at += len + (at[len] == ' ');
        }
    return longest;
}

/* As wide as they may be: first labels are broken between words, then the margin goes, then words are broken. */
static void fit_boxes(struct boxes *b)
{
    const size_t margins[] = {2, 0}, label_leasts[] = {longest_word(b), LABEL_LEAST};
    for (size_t i = 0; i < 2; i++) {
        b->margin = margins[i];
        for (b->label_max = COLUMNS; b->label_max >= label_leasts[i]; b->label_max--)
            if (boxes_width(b) + strlen(UNIT) <= COLUMNS)
                return;
    }
}

static struct boxes boxes_of(const struct drawing *d, const struct fields *all)
{
    struct boxes b = {.at = calloc(all->n + 1, sizeof *b.at)};
    assert(b.at);
    for (const struct field *f = all->at; f < all->at + all->n; f++) {
        if (f->begins)
            b.at[b.n++] = (struct box){f->layer, 0, is_encrypted(d, f), is_authenticated(d, f)};
        b.at[b.n - 1].octets += f->len;
    }
    fit_boxes(&b);
    return b;
}

static void centre(FILE *to, const char *text, size_t text_len, size_t width)
{
    int len = (int)text_len, before = ((int)width - len) / 2;
    fprintf(to, "%*s%.*s%*s", before, "", len, text, (int)width - len - before, "");
}

static void draw_rule(FILE *to, const struct boxes *b)
{
    for (size_t i = 0; i < b->n; i++) {
        fputc('+', to);
        for (size_t k = box_width(b, &b->at[i]); k; k--)
            fputc('-', to);
    }
    fputs("+\n", to);
}

/* `|<---- text ---->|` under the boxes that `covers` names, which stand together. */
static void draw_span(FILE *to, const struct boxes *b, const char *text, bool (*covers)(const struct box *))
{
    size_t before = 0, width = 0;
    for (size_t i = 0; i < b->n; i++) {
        size_t box = box_width(b, &b->at[i]) + 1;
        if (covers(&b->at[i]))
            width += box;
        else if (!width)
            before += box;
    }
    size_t len = strlen(text) + 2;
    if (width < len + 4)
        return;
    size_t dashes = width - 1 - 2 - len;
    fprintf(to, "%*s|<", (int)before, "");
    for (size_t i = 0; i < dashes; i++) {
        if (i == dashes / 2)
            fprintf(to, " %s ", text);
        fputc('-', to);
    }
    fputs(">|\n", to);
}

static bool box_is_encrypted(const struct box *b)
{
    return b->encrypted;
}

static bool box_is_authenticated(const struct box *b)
{
    return b->authenticated;
}

static void draw_labels(FILE *to, const struct boxes *b, size_t n)
{
    for (size_t i = 0; i < b->n; i++) {
        size_t len;
        const char *line = label_line(b->at[i].layer, b->label_max, n, &len);
        fputc('|', to);
        centre(to, line, len, box_width(b, &b->at[i]));
    }
    fputs("|\n", to);
}

static void draw_boxes(FILE *to, const struct drawing *d, const struct fields *all)
{
    struct boxes b = boxes_of(d, all);
    draw_rule(to, &b);
    for (size_t n = 0; n < n_lines(&b); n++)
        draw_labels(to, &b, n);
    for (size_t i = 0; i < b.n; i++) {
        char number[24];
        int len = snprintf(number, sizeof number, "%zu", b.at[i].octets);
        fputc('|', to);
        centre(to, number, (size_t)len, box_width(&b, &b.at[i]));
    }
    fputs("|" UNIT "\n", to);
    draw_rule(to, &b);
    draw_span(to, &b, "encrypted", box_is_encrypted);
    draw_span(to, &b, "authenticated", box_is_authenticated);
    free(b.at);
}

/* ---- rows ---- */

static const uint8_t *octets_of(const struct drawing *d, const struct field *f, const struct fields *all)
{
    size_t first = 0;
    if (!d->text || !is_in_text(f))
        return d->packet + f->off;
    while (!is_in_text(&all->at[first]))
        first++;
    return d->text + (f->off - all->at[first].off);
}

static void hex(char *to, const uint8_t *bytes, size_t len, size_t shown)
{
    for (size_t i = 0; i < len && i < shown; i++)
        to += sprintf(to, i ? " %02x" : "%02x", bytes[i]);
    if (len > shown)
        strcpy(to, " ...");
    else
        *to = 0;
}

static void draw_layer(FILE *to, const struct fields *all, size_t first)
{
    size_t octets = 0;
    for (size_t i = first; i < all->n && (i == first || !all->at[i].begins); i++)
        octets += all->at[i].len;
    int n = fprintf(to, "--- %s, %zu octet%s ", all->at[first].layer, octets, octets == 1 ? "" : "s");
    for (; n < COLUMNS; n++)
        fputc('-', to);
    fputc('\n', to);
}

/* Octets in hexadecimal, the rows after the first from column `indent` on. */
static void draw_hex(FILE *to, const uint8_t *bytes, size_t len, int indent)
{
    char row[HEX_A_ROW * 3 + 8];
    size_t shown = len < HEX_SHOWN ? len : HEX_SHOWN;
    for (size_t at = 0; at < shown; at += HEX_A_ROW) {
        bool last = at + HEX_A_ROW >= shown;
        hex(row, bytes + at, last ? len - at : HEX_A_ROW, HEX_A_ROW);
        fprintf(to, "%*s%s\n", at ? indent : 0, "", row);
    }
}

static void draw_rows(FILE *to, const struct drawing *d, const struct fields *all)
{
    fputs("offset octets    field                  value\n", to);
    for (size_t i = 0; i < all->n; i++) {
        const struct field *f = &all->at[i];
        if (f->begins)
            draw_layer(to, all, i);
        int column = fprintf(to, "%6zu %6zu %c%c %-22s ", f->off, f->len, is_encrypted(d, f) ? 'e' : ' ',
                             is_authenticated(d, f) ? 'a' : ' ', f->name);
        if (f->value[0])
            fprintf(to, "%s\n", f->value);
        else
            draw_hex(to, octets_of(d, f, all), f->len, column);
    }
    fputs("\ne: encrypted on the link, shown decrypted where the key opens it\na: covered by the ICV\n", to);
}

/* ---- what it costs ---- */

static struct ledger ledger_of(const struct fields *all)
{
    struct ledger l = {0};
    for (size_t i = 0; i < all->n; i++)
        switch (all->at[i].part) {
#define X(name, what)                                                                                                  \
    case LEDGER_##name:                                                                                                \
        l.name += all->at[i].len;                                                                                      \
        break;
            LEDGER_FIELDS(X)
#undef X
        }
    return l;
}

/* The rest of a row from column `indent` on, broken between words. */
static void draw_words(FILE *to, const char *words, int indent)
{
    while (strlen(words) > (size_t)(COLUMNS - indent)) {
        int n = COLUMNS - indent;
        while (n && words[n] != ' ')
            n--;
        fprintf(to, "%.*s\n%*s", n, words, indent, "");
        words += n + 1;
    }
    fprintf(to, "%s\n", words);
}

static void draw_costs(FILE *to, const struct drawing *d, const struct fields *all)
{
    struct ledger l = ledger_of(all);
    fputs("\nWhat it costs\n", to);
#define X(name, what)                                                                                                  \
    if (l.name) {                                                                                                      \
        int column = fprintf(to, "%7" PRIu64 "  %-12s  ", l.name, #name);                                              \
        draw_words(to, what, column);                                                                                  \
    }
    LEDGER_FIELDS(X)
#undef X
    fprintf(to, "%7" PRIu64 "  on the link", ledger_sum(&l));
    if (d->inner)
        fprintf(to, ": %zu of the inner packet and %+lld (%+.1f %%)", d->inner_len,
                (long long)d->len - (long long)d->inner_len,
                100.0 * ((double)d->len - (double)d->inner_len) / (double)d->inner_len);
    fputc('\n', to);
}

/* ---- what came out ---- */

static void draw_inner(FILE *to, const struct drawing *d)
{
    fprintf(to, "\nInner packet, %zu octets\n", d->inner_len);
    for (size_t at = 0; at < d->inner_len; at += DUMP_A_ROW) {
        char row[DUMP_A_ROW * 3 + 8], letters[DUMP_A_ROW + 1];
        size_t n = d->inner_len - at < DUMP_A_ROW ? d->inner_len - at : DUMP_A_ROW;
        hex(row, d->inner + at, n, n);
        for (size_t i = 0; i < n; i++)
            letters[i] = d->inner[at + i] >= ' ' && d->inner[at + i] < 127 ? (char)d->inner[at + i] : '.';
        fprintf(to, "%7zu  %-*s  %.*s\n", at, DUMP_A_ROW * 3 - 1, row, (int)n, letters);
    }
}

static void draw_head(FILE *to, const struct drawing *d)
{
    char name[SUITE_NAME_CAP], line[256];
    if (d->number)
        fprintf(to, "Packet %" PRIu64 ": ", d->number);
    fprintf(to, "%zu octets on the link\n", d->len);
    if (d->sa) {
        snprintf(line, sizeof line, "SPI 0x%08x, mode %s, %s%s, number %" PRIu64, d->sa->p.spi, d->sa->p.mode->m.name,
                 suite_name(&d->sa->p.suite, name), d->sa->p.esn ? ", ESN" : "", d->seq);
        draw_words(to, line, fprintf(to, "SA:      "));
        if (d->sa->p.suite.encr->iv_rule == IV_IMPLICIT)
            fprintf(to, "IV:      0x%016" PRIx64 ", the number: not sent (RFC 8750)\n", d->seq);
    }
    const char *verdict = drop_verdict(d->verdict), *reason = d->verdict ? drop_name(d->verdict) : verdict;
    bool same = !strcmp(verdict, reason);
    snprintf(line, sizeof line, "%s%s%s: %s", verdict, same ? "" : ", ", same ? "" : reason, d->why);
    draw_words(to, line, fprintf(to, "Verdict: "));
    fputc('\n', to);
}

void esp_draw(FILE *to, const struct drawing *d)
{
    struct fields all = fields_of(d);
    draw_head(to, d);
    draw_boxes(to, d, &all);
    fputc('\n', to);
    draw_rows(to, d, &all);
    draw_costs(to, d, &all);
    if (d->inner)
        draw_inner(to, d);
    free(all.at);
}

/* ---- for programs ---- */

static json_t *json_hex(const uint8_t *bytes, size_t len)
{
    char *text = malloc(2 * len + 1);
    assert(text);
    for (size_t i = 0; i < len; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
    json_t *j = json_stringn(text, 2 * len);
    free(text);
    return j;
}

static const char *part_name(enum ledger_part part)
{
    switch (part) {
#define X(name, what)                                                                                                  \
    case LEDGER_##name:                                                                                                \
        return #name;
        LEDGER_FIELDS(X)
#undef X
    }
    return "";
}

/* jansson's integers end at 2^63 - 1. */
static json_t *json_seq(uint64_t seq)
{
    return seq <= INT64_MAX ? json_integer((json_int_t)seq) : json_sprintf("%" PRIu64, seq);
}

json_t *esp_draw_json(const struct drawing *d)
{
    struct fields all = fields_of(d);
    struct ledger l = ledger_of(&all);
    json_t *fields = json_array(), *ledger = json_object();
    for (size_t i = 0; i < all.n; i++) {
        const struct field *f = &all.at[i];
        json_array_append_new(
            fields, json_pack("{s:I, s:I, s:s, s:s, s:s, s:o, s:b, s:b, s:s}", "offset", (json_int_t)f->off, "octets",
                              (json_int_t)f->len, "layer", f->layer, "field", f->name, "value", f->value, "hex",
                              json_hex(octets_of(d, f, &all), f->len), "encrypted", is_encrypted(d, f), "authenticated",
                              is_authenticated(d, f), "part", part_name(f->part)));
    }
#define X(name, what) json_object_set_new(ledger, #name, json_integer((json_int_t)l.name));
    LEDGER_FIELDS(X)
#undef X
    json_t *all_of_it =
        json_pack("{s:I, s:s, s:s, s:s, s:o, s:o}", "octets", (json_int_t)d->len, "verdict", drop_verdict(d->verdict),
                  "reason", drop_name(d->verdict), "why", d->why, "fields", fields, "ledger", ledger);
    if (d->number)
        json_object_set_new(all_of_it, "packet", json_integer((json_int_t)d->number));
    if (d->sa) {
        char name[SUITE_NAME_CAP];
        json_object_set_new(all_of_it, "sa",
                            json_pack("{s:I, s:s, s:s, s:b}", "spi", (json_int_t)d->sa->p.spi, "mode",
                                      d->sa->p.mode->m.name, "algorithm", suite_name(&d->sa->p.suite, name), "esn",
                                      d->sa->p.esn));
        json_object_set_new(all_of_it, "seq", json_seq(d->seq));
    }
    if (d->inner)
        json_object_set_new(all_of_it, "inner", json_hex(d->inner, d->inner_len));
    free(all.at);
    return all_of_it;
}

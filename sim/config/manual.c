/* manual.c - the keys of schema.c as text for people: `espsim check --keys` and the KEYS part of espsim-scenario(5). */
#include "sim/config/schema.h"

#include <assert.h>
#include <stdlib.h>

static void print_bounds(const struct key *k, FILE *out)
{
    if (k->min && k->max)
        fprintf(out, ", %s to %s", k->min, k->max);
    else if (k->min || k->max)
        fprintf(out, ", at %s %s", k->min ? "least" : "most", k->min ? k->min : k->max);
    if (k->of)
        fprintf(out, " of `espsim list %s`", k->of->name);
}

/* A default with the section's number for `#`. */
static void print_numbered(const char *text, int number, FILE *out)
{
    for (; *text; text++)
        fprintf(out, *text == '#' ? "%d" : "%c", *text == '#' ? number : *text);
}

static void print_default(const struct key *k, int number, FILE *out)
{
    if (k->fallback) {
        fputs("Default: ", out);
        print_numbered(k->fallback, number, out);
    }
    if (k->fallback6) {
        fputs(" (ip = 6: ", out);
        print_numbered(k->fallback6, number, out);
        fputs(")", out);
    }
    if (!k->fallback && !k->follows)
        fputs("Required", out);
    if (k->follows && !*k->follows)
        fputs("May be left out", out);
    else if (k->follows)
        fprintf(out, "Default: follows from %s", k->follows);
}

static void print_kinds(const struct key *k, FILE *out)
{
    for (const char *const *kind = k->kinds; kind && *kind; kind++)
        fprintf(out, "%s%s", kind == k->kinds ? ". Only for " : ", ", *kind);
}

static void print_key(const struct key *k, int number, FILE *out)
{
    fprintf(out, "  %-14s %s", k->name, k->type->name);
    print_bounds(k, out);
    fprintf(out, "\n%17s%s\n%17s", "", k->what, "");
    print_default(k, number, out);
    print_kinds(k, out);
    fputs(".\n", out);
}

/* A minus sign and not a hyphen, so that it can be copied. */
static void put_roff(const char *text, FILE *out)
{
    for (; *text; text++)
        fputs(*text == '-' ? "\\-" : (const char[]){*text, 0}, out);
}

static void print_key_roff(const struct key *k, int number, FILE *out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (!to)
        return;
    fprintf(to, "%s: %s", k->name, k->type->name);
    print_bounds(k, to);
    fprintf(to, "\n%s.\n", k->what);
    print_default(k, number, to);
    print_kinds(k, to);
    fputs(".\n", to);
    fclose(to);
    fputs(".TP\n.B ", out);
    put_roff(text, out);
    free(text);
}

static json_t *numbered_json(const char *text, int number)
{
    char *all = NULL;
    size_t len = 0;
    if (!text)
        return json_null();
    FILE *to = open_memstream(&all, &len);
    assert(to);
    print_numbered(text, number, to);
    fclose(to);
    json_t *json = json_string(all);
    free(all);
    return json;
}

static json_t *kinds_json(const struct key *k)
{
    json_t *kinds = k->kinds ? json_array() : json_null();
    for (const char *const *kind = k->kinds; kind && *kind; kind++)
        json_array_append_new(kinds, json_string(*kind));
    return kinds;
}

static json_t *key_json(const struct section *s, const struct key *k)
{
    return json_pack("{s:s, s:b, s:s, s:s, s:o, s:o, s:s?, s:s?, s:s?, s:s?, s:o, s:s?, s:s}", "section", s->name,
                     "named", s->named, "key", k->name, "type", k->type->name, "default",
                     numbered_json(k->fallback, s->number), "default_ip6", numbered_json(k->fallback6, s->number),
                     "follows", k->follows, "min", k->min, "max", k->max, "family", k->of ? k->of->name : NULL,
                     "only_for", kinds_json(k), "chosen_by",
                     !k->kinds ? NULL
                     : k->by   ? k->by
                               : "kind",
                     "what", k->what);
}

json_t *schema_json(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < n_schema; i++)
        for (size_t k = 0; k < schema[i].n_keys; k++)
            json_array_append_new(all, key_json(&schema[i], &schema[i].keys[k]));
    return all;
}

void schema_print(FILE *out, bool roff)
{
    for (size_t i = 0; i < n_schema; i++) {
        const struct section *s = &schema[i];
        fprintf(out, roff ? ".SS [%s%s]\n%s.\n" : "[%s%s]  %s\n", s->name, s->named ? ".NAME" : "", s->what);
        for (size_t k = 0; k < s->n_keys; k++)
            (roff ? print_key_roff : print_key)(&s->keys[k], s->number, out);
        if (!roff && i + 1 < n_schema)
            fputc('\n', out);
    }
}

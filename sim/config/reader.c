/* reader.c - from the words of a scenario file and of --set to settings: which keys there are, what each value is, what
 * is missing. Nothing here knows a key by name but scenario.ip and scenario.name, on which defaults hang. */
#include "sim/config/reader.h"

#include "models/base/name.h"
#include "sim/config/types.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>

struct setting *setting_of(const struct config *c, const void *value)
{
    for (size_t i = 0; i < c->n_settings; i++)
        if (c->settings[i].value == value)
            return &c->settings[i];
    assert(!"a setting of this config");
    return NULL;
}

bool setting_is_sound(const struct reader *r, const void *value)
{
    return setting_has_value(setting_of(r->c, value));
}

/* The row of [name]: "lan1", or "flow" for "flow.web". NULL where there is none. */
static const struct section *find_section(const char *name)
{
    for (size_t i = 0; i < n_schema; i++) {
        const struct section *s = &schema[i];
        size_t len = strlen(s->name);
        if (s->named ? !strncmp(name, s->name, len) && name[len] == '.' && name_check(NAME_FLOW, name + len + 1, NULL)
                     : !strcmp(name, s->name))
            return s;
    }
    return NULL;
}

static const struct key *find_key(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->n_keys; i++)
        if (!strcmp(s->keys[i].name, name))
            return &s->keys[i];
    return NULL;
}

static struct setting *find_setting(const struct config *c, const char *section, const char *key)
{
    for (size_t i = 0; i < c->n_settings; i++)
        if (!strcmp(c->settings[i].section_name, section) && !strcmp(c->settings[i].key->name, key))
            return &c->settings[i];
    return NULL;
}

/* A setting that was not written, but likely meant by a word that was refused: it counts as refused, so that neither it
 * is missed nor what follows from it told. */
static void refuse_unwritten(struct setting *s)
{
    if (s && !s->text)
        s->state = SETTING_BAD;
}

static bool has_section(const struct ini *ini, const char *section)
{
    for (size_t i = 0; i < ini->n_items; i++)
        if (!strcmp(ini->items[i].section, section))
            return true;
    return false;
}

/* "unknown section; did you mean ...?", for [section] lines and --set words. Gives the name that was likely meant;
 * NULL: none. */
static const char *explain_section(const char *name, struct err *e)
{
    const char *names[16];
    char all[256] = "";
    assert(n_schema <= sizeof names / sizeof *names);
    for (size_t i = 0; i < n_schema; i++) {
        names[i] = schema[i].name;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s[%s%s]", i ? ", " : "", schema[i].name,
                 schema[i].named ? ".NAME" : "");
        size_t len = strlen(schema[i].name);
        if (schema[i].named && !strncmp(name, schema[i].name, len) && (!name[len] || name[len] == '.')) {
            const char *own = name[len] ? name + len + 1 : "";
            if (*own && !name_check(NAME_FLOW, own, e))
                err_at(e, "`%s`", own);
            else
                err_set(e, "has no name; expected for example [%s.web]", schema[i].name);
            return NULL;
        }
    }
    char head[INI_LINE_MAX + 1];
    snprintf(head, sizeof head, "%.*s", (int)strcspn(name, "."), name);
    const char *near = family_suggest(head, names, n_schema);
    if (near)
        err_set(e, "unknown section; did you mean [%s%s]? (%s)", near, strchr(name, '.') ? strchr(name, '.') : "", all);
    else
        err_set(e, "unknown section; expected one of %s", all);
    return near;
}

static void fault_unknown_key(struct reader *r, const struct word *w, const struct section *s)
{
    const char *names[96];
    assert(s->n_keys <= sizeof names / sizeof *names);
    for (size_t i = 0; i < s->n_keys; i++)
        names[i] = s->keys[i].name;
    const char *near = family_suggest(w->key, names, s->n_keys);
    if (near) {
        fault_word(r, w, "unknown key of [%s]; did you mean `%s`?", w->section, near);
        refuse_unwritten(find_setting(r->c, w->section, near));
        return;
    }
    for (size_t i = 0; i < n_schema; i++)
        if (find_key(&schema[i], w->key)) {
            fault_word(r, w, "unknown key of [%s]; [%s%s] has a key of that name", w->section, schema[i].name,
                       schema[i].named ? ".NAME" : "");
            return;
        }
    char all[1024] = "";
    for (size_t i = 0; i < s->n_keys; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", names[i]);
    fault_word(r, w, "unknown key of [%s]; expected one of %s", w->section, all);
}

static void fault_unknown_flow(struct reader *r, const struct word *w)
{
    const char **names = calloc(r->c->n_flows + 1, sizeof *names);
    assert(names);
    for (size_t i = 0; i < r->c->n_flows; i++)
        names[i] = r->c->flows[i].name;
    const char *near = family_suggest(w->section + strlen("flow."), names, r->c->n_flows);
    if (near)
        fault_word(r, w, "no flow has this name; did you mean flow.%s.%s?", near, w->key);
    else
        fault_word(r, w, "no flow has this name; to add one, set its kind, from and to as well");
    free(names);
}

static void add_settings(struct config *c, const struct section *s, const char *name, void *base)
{
    c->settings = realloc(c->settings, (c->n_settings + s->n_keys) * sizeof *c->settings);
    assert(c->settings);
    for (size_t i = 0; i < s->n_keys; i++)
        c->settings[c->n_settings++] = (struct setting){
            .section = s, .section_name = strdup(name), .key = &s->keys[i], .value = (char *)base + s->keys[i].at};
}

static bool is_flow(const struct config *c, const char *section)
{
    for (size_t i = 0; i < c->n_flows; i++)
        if (!strcmp(c->flows[i].name, section + strlen("flow.")))
            return true;
    return false;
}

static void add_flow(struct config *c, const char *section)
{
    const struct section *s = find_section(section);
    if (!s || !s->named || is_flow(c, section))
        return;
    c->flows = realloc(c->flows, (c->n_flows + 1) * sizeof *c->flows);
    assert(c->flows);
    c->flows[c->n_flows++] = (struct config_flow){.name = strdup(section + strlen(s->name) + 1)};
}

/* All settings that there will be, unset: those of the fixed sections, of each flow of the file, and of those that
 * --set gives a kind: other keys of a flow that is not there are a slip in its name. */
static void lay_out(struct config *c, const struct ini *ini, const struct word *words, size_t n_words)
{
    for (size_t i = 0; i < ini->n_items; i++)
        add_flow(c, ini->items[i].section);
    for (size_t i = 0; i < n_words; i++)
        if (!strcmp(words[i].key, "kind"))
            add_flow(c, words[i].section);
    for (size_t i = 0; i < n_schema; i++)
        if (!schema[i].named)
            add_settings(c, &schema[i], schema[i].name, (char *)c + schema[i].at);
    for (size_t i = 0; i < c->n_flows; i++) {
        char section[INI_LINE_MAX + 8];
        snprintf(section, sizeof section, "flow.%s", c->flows[i].name);
        add_settings(c, find_section(section), section, &c->flows[i]);
    }
}

static bool in_bounds(const struct key *k, const void *value, struct err *e)
{
    union {
        int64_t i;
        uint64_t u;
        double d;
    } min = {0}, max = {0};
    bool low = k->min && k->type->parse(k, k->min, &min, e) && k->type->compare(value, &min) < 0;
    bool high = k->max && k->type->parse(k, k->max, &max, e) && k->type->compare(value, &max) > 0;
    if (!low && !high)
        return true;
    if (k->min && k->max)
        return err_set(e, "is out of range; expected %s to %s", k->min, k->max);
    return err_set(e, "is out of range; expected at %s %s", low ? "least" : "most", low ? k->min : k->max);
}

static bool parse_value(const struct key *k, const char *text, void *to, struct err *e)
{
    if (!*text && k->type != &type_text)
        return err_set(e, "has no value; expected %s", k->type->name);
    if (!k->type->parse(k, text, to, e)) {
        if (strchr(text, '#'))
            err_at(e, "(a comment behind a value begins with ` ;`, not with `#`)");
        return false;
    }
    return in_bounds(k, to, e);
}

static void take_word(struct reader *r, const struct word *w)
{
    const struct section *section = find_section(w->section);
    if (!section) {
        struct err e;
        explain_section(w->section, &e);
        if (w->from_set)
            fault_word(r, w, "%s", e.text);
        return; /* one fault for the section line is enough */
    }
    if (section->named && !is_flow(r->c, w->section)) {
        fault_unknown_flow(r, w);
        return;
    }
    struct setting *s = find_setting(r->c, w->section, w->key);
    if (!s) {
        fault_unknown_key(r, w, section);
        return;
    }
    free(s->text);
    s->text = strdup(w->value);
    s->line = w->line;
    s->state = w->from_set ? SETTING_SET : SETTING_FILE;
}

static void parse_written(struct reader *r)
{
    for (size_t i = 0; i < r->c->n_settings; i++) {
        struct setting *s = &r->c->settings[i];
        struct err e;
        if (s->text && !parse_value(s->key, s->text, s->value, &e)) {
            fault_setting(r, s, "%s", e.text);
            s->state = SETTING_BAD;
        }
    }
}

/* The default with the section's number put in. */
static void parse_default(struct config *c, struct setting *s)
{
    const char *text = c->ip == 6 && s->key->fallback6 ? s->key->fallback6 : s->key->fallback;
    char own[128];
    size_t n = 0;
    for (; *text; text++)
        n += (size_t)snprintf(own + n, sizeof own - n, *text == '#' ? "%d" : "%c",
                              *text == '#' ? s->section->number : *text);
    struct err e;
    bool ok = parse_value(s->key, own, s->value, &e);
    assert(ok);
    (void)ok;
    s->state = SETTING_DEFAULT;
}

static bool has_key(const struct member *m, const struct key *k)
{
    for (const char *const *name = k->kinds; *name; name++)
        if (!strcmp(*name, m->name))
            return true;
    return false;
}

/* The setting of the same section that decides whether `s` means anything. */
static struct setting *chooser_of(const struct config *c, const struct setting *s)
{
    struct setting *chooser = find_setting(c, s->section_name, s->key->by ? s->key->by : "kind");
    assert(chooser && chooser->key->type == &type_member);
    return chooser;
}

/* What the chooser chose; NULL: not known (yet). */
static const struct member *chosen_by(const struct setting *chooser)
{
    if (setting_has_value(chooser))
        return *(const struct member *const *)chooser->value;
    bool may_default = chooser->state == SETTING_UNSET && chooser->key->fallback;
    return may_default ? family_get(chooser->key->of, chooser->key->fallback) : NULL;
}

/* Whether the section needs a value: not while nobody knows whether it has such a key. */
static bool is_required(const struct config *c, const struct setting *s)
{
    return !s->key->fallback && !s->key->follows && (!s->key->kinds || chosen_by(chooser_of(c, s)));
}

static void fault_missing(struct reader *r, const struct setting *s)
{
    const struct key *k = s->key;
    if (k->of)
        fault_section(r, s->section_name, "%s: is missing; expected %s of `espsim list %s` (%s)", k->name,
                      k->type->name, k->of->name, k->what);
    else
        fault_section(r, s->section_name, "%s: is missing; expected %s (%s)", k->name, k->type->name, k->what);
}

static void take_defaults(struct reader *r)
{
    if (setting_of(r->c, &r->c->ip)->state != SETTING_FILE && setting_of(r->c, &r->c->ip)->state != SETTING_SET)
        r->c->ip = 4;
    for (size_t i = 0; i < r->c->n_settings; i++) {
        struct setting *s = &r->c->settings[i];
        if (s->unused)
            continue;
        if (s->state == SETTING_UNSET && s->key->fallback)
            parse_default(r->c, s);
        else if (s->state == SETTING_UNSET && is_required(r->c, s))
            fault_missing(r, s);
    }
}

/* Keys of what was not chosen: an error where they were written, out of sight where not. */
static void sort_out_kinds(struct reader *r)
{
    for (size_t i = 0; i < r->c->n_settings; i++) {
        struct setting *s = &r->c->settings[i];
        if (!s->key->kinds || s->unused)
            continue;
        const struct setting *chooser = chooser_of(r->c, s);
        const struct member *chosen = chosen_by(chooser);
        if (!chosen || has_key(chosen, s->key))
            continue;
        if (s->text && s->state != SETTING_BAD)
            fault_setting(r, s, "%s %s has no such key; %s has", chooser->key->name, chosen->name, s->key->kinds[0]);
        s->unused = true;
    }
}

/* "a/b/sat-link.ini" is named "sat-link"; what does not fit a name becomes `-`. */
static void name_after_file(struct reader *r)
{
    const char *base = strrchr(r->file, '/') ? strrchr(r->file, '/') + 1 : r->file;
    char name[65];
    snprintf(name, sizeof name, "%s", base);
    char *ini = strstr(name, ".ini");
    if (ini && ini != name && !ini[4])
        *ini = 0;
    for (char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && (at == name || !strchr("._-", *at)))
            *at = at == name ? 's' : '-';
    struct setting *s = setting_of(r->c, &r->c->name);
    if (s->state != SETTING_UNSET)
        return;
    r->c->name = strdup(*name ? name : "scenario");
    s->state = SETTING_FOLLOWS;
}

static void check_sections(struct reader *r)
{
    for (size_t i = 0; i < r->ini->n_items; i++) {
        const struct ini_item *item = &r->ini->items[i];
        struct err e;
        if (item->key || find_section(item->section))
            continue;
        const char *near = explain_section(item->section, &e);
        fault_section(r, item->section, "%s", e.text);
        for (size_t k = 0; near && !has_section(r->ini, near) && k < r->c->n_settings; k++)
            if (!strcmp(r->c->settings[k].section_name, near))
                refuse_unwritten(&r->c->settings[k]);
    }
    if (!r->c->n_flows)
        fault_section(r, "flow.NAME",
                      "no flow: nothing would be sent; add a section such as [flow.bulk] with kind, from "
                      "and to");
}

static char *trimmed(const char *from, size_t len)
{
    while (len && isspace((unsigned char)*from)) {
        from++;
        len--;
    }
    while (len && isspace((unsigned char)from[len - 1]))
        len--;
    return strndup(from, len);
}

/* "flow.web.start=1 s" is key `start` of [flow.web]. Gives the word's strings. */
static bool split_set(struct reader *r, const char *set, int number, struct word *w)
{
    const char *equals = strchr(set, '='), *dot = NULL;
    for (const char *at = set; equals && at < equals; at++)
        if (*at == '.')
            dot = at;
    for (const char *at = set; *at; at++)
        if (iscntrl((unsigned char)*at))
            return err_set(fault_add(r, ORDER_SET + number), "--set: number %d holds the control character 0x%02x",
                           number + 1, (unsigned char)*at);
    if (!dot || dot == set || dot + 1 == equals || strlen(set) > INI_LINE_MAX)
        return err_set(
            fault_add(r, ORDER_SET + number),
            "--set: %.200s: expected section.key=value of at most %d characters, for example `link.delay=20 ms`", set,
            INI_LINE_MAX);
    *w = (struct word){trimmed(set, (size_t)(dot - set)), trimmed(dot + 1, (size_t)(equals - dot - 1)),
                       trimmed(equals + 1, strlen(equals + 1)), number, true};
    return true;
}

/* The file's keys, then the sets', which beat them. */
static struct word *gather(struct reader *r, const char *const *sets, size_t n_sets, size_t *n_words)
{
    struct word *words = calloc(r->ini->n_items + n_sets + 1, sizeof *words);
    assert(words);
    for (size_t i = 0; i < r->ini->n_items; i++) {
        const struct ini_item *item = &r->ini->items[i];
        if (item->key)
            words[(*n_words)++] = (struct word){item->section, item->key, item->value, item->line, false};
    }
    for (size_t i = 0; i < n_sets; i++)
        *n_words += split_set(r, sets[i], (int)i, &words[*n_words]);
    return words;
}

static void free_words(struct word *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if (words[i].from_set) {
            free((void *)(uintptr_t)words[i].section);
            free((void *)(uintptr_t)words[i].key);
            free((void *)(uintptr_t)words[i].value);
        }
    free(words);
}

/* What the INI reader refused, among the faults. */
static void take_syntax_faults(struct reader *r, const struct err_list *bad)
{
    for (size_t i = 0; i < bad->n_errs; i++) {
        const char *line = bad->errs[i].text + strlen(r->file) + 1;
        *fault_add(r, atoi(line)) = bad->errs[i];
    }
}

bool config_parse(struct config *c, const char *file, const char *text, size_t len, const char *const *sets,
                  size_t n_sets, struct err_list *bad)
{
    *c = (struct config){0};
    if (memchr(text, 0, len)) {
        err_list_add(bad, "%s: holds a NUL octet: this is not a text file; expected a scenario", file);
        return false;
    }
    struct ini ini;
    struct err_list syntax = {0};
    ini_read_all(&ini, file, text, len, &syntax);
    struct reader r = {.c = c, .file = file, .ini = &ini};
    take_syntax_faults(&r, &syntax);
    err_list_fini(&syntax);

    size_t n_words = 0;
    struct word *words = gather(&r, sets, n_sets, &n_words);
    lay_out(c, &ini, words, n_words);
    check_sections(&r);
    for (size_t i = 0; i < n_words; i++)
        take_word(&r, &words[i]);
    free_words(words, n_words);
    parse_written(&r);
    sort_out_kinds(&r);
    take_defaults(&r);
    name_after_file(&r);
    settle_traces(&r);
    settle_captures(&r);
    sort_out_kinds(&r); /* again, by what was only known now */
    settle(&r);
    check_contradictions(&r);

    fault_sort(&r);
    for (size_t i = 0; i < r.n_faults; i++)
        err_list_add(bad, "%s", r.faults[i].err.text);
    bool ok = r.n_faults == 0;
    free(r.faults);
    ini_fini(&ini);
    if (!ok)
        config_fini(c);
    return ok;
}

#include "sim/cli/words.h"

#include "models/base/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERRS_SHOWN = 50 };

/* Takes `set`. */
static void put_set(struct sets *sets, const char *option, char *set)
{
    sets->at = realloc(sets->at, (sets->n + 1) * sizeof *sets->at);
    sets->options = realloc(sets->options, (sets->n + 1) * sizeof *sets->options);
    assert(set && sets->at && sets->options);
    sets->at[sets->n] = set;
    sets->options[sets->n++] = option;
}

void sets_add(struct sets *sets, const char *set)
{
    put_set(sets, "--set", strdup(set));
}

void sets_add_value(struct sets *sets, const char *option, const char *key, const char *value)
{
    char *set;
    if (asprintf(&set, "%s=%s", key, value) < 0)
        abort();
    put_set(sets, option, set);
}

/* The option of the last set of the key at the beginning of `text`: that one holds. */
static const char *option_of(const struct sets *sets, const char *text)
{
    for (size_t i = sets->n; i-- > 0;) {
        size_t len = strcspn(sets->at[i], "=");
        if (!strncmp(sets->at[i], text, len) && !strncmp(text + len, " = ", 3))
            return sets->options[i];
    }
    return "--set";
}

void sets_name_options(const struct sets *sets, struct err_list *bad)
{
    static const char label[] = "--set: ";
    for (size_t i = 0; i < bad->n_errs; i++) {
        const char *text = bad->errs[i].text;
        if (strncmp(text, label, sizeof label - 1) != 0)
            continue;
        struct err told = {""};
        err_set(&told, "%s", text + sizeof label - 1);
        err_at(&told, "%s", option_of(sets, told.text));
        bad->errs[i] = told;
    }
}

void sets_fini(struct sets *sets)
{
    for (size_t i = 0; i < sets->n; i++)
        free((void *)(uintptr_t)sets->at[i]);
    free(sets->at);
    free(sets->options);
    *sets = (struct sets){0};
}

bool count_parse(const char *text, uint64_t least, uint64_t most, uint64_t *n, struct err *e)
{
    if (!units_parse_count(text, n, e))
        return false;
    return (*n >= least && *n <= most) || err_set(e, "expected %" PRIu64 " to %" PRIu64, least, most);
}

bool list_each(const char *list, bool (*take)(void *ctx, const char *word, struct err *e), void *ctx, struct err *e)
{
    char *words = strdup(list), *rest = words;
    bool good = true;
    assert(words);
    for (char *word; good && (word = strsep(&rest, ","));) {
        good = take(ctx, word, e);
        if (!good && strcmp(word, list) != 0)
            err_at(e, "%s", word);
    }
    free(words);
    return good;
}

/* Names of one family on their way to the chosen ones. */
struct choosing {
    struct chosen *to;
    const struct family *from;
};

static bool choose(void *ctx, const char *name, struct err *e)
{
    struct chosen *c = ((struct choosing *)ctx)->to;
    const struct family *f = ((struct choosing *)ctx)->from;
    bool all = !strcmp(name, "all");
    const struct member *one = all ? NULL : family_find(f, name, e);
    if (!all && !one)
        return false;
    for (size_t i = 0; i < (all ? f->n_members : 1); i++) {
        if (c->n == CHOSEN_CAP)
            return err_set(e, "more than %d names; name fewer", CHOSEN_CAP);
        c->at[c->n++] = all ? f->members[i] : one;
    }
    return true;
}

bool chosen_add(struct chosen *c, const struct family *f, const char *list, struct err *e)
{
    return list_each(list, choose, &(struct choosing){c, f}, e);
}

const char *option_name(const struct argp_option *options, int key)
{
    while (options->key != key || !options->name)
        options++;
    return options->name;
}

void print_errs(const struct err_list *bad)
{
    for (size_t i = 0; i < bad->n_errs && i < ERRS_SHOWN; i++)
        fprintf(stderr, "%s\n", bad->errs[i].text);
    if (bad->n_errs > ERRS_SHOWN)
        fprintf(stderr, "... and %zu more\n", bad->n_errs - ERRS_SHOWN);
}

sim_time take_timeout(const struct argp_state *state, const char *text)
{
    sim_time limit = 0;
    struct err e;
    if (!units_parse_time(text, &limit, &e))
        argp_error(state, "--timeout %s: %s", text, e.text);
    if (limit <= 0)
        argp_error(state, "--timeout %s: expected a time such as `10 min`", text);
    return limit;
}

#include "analysis/compare_rules.h"

#include "models/base/family.h"
#include "models/base/units.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "rule."

struct reader {
    struct rules *rules;
    const char *file;
    struct err_list *bad;
};

static bool read_class(const char *text, struct rule *rule, struct err *e)
{
    for (enum metric_class c = CLASS_EXACT; c <= CLASS_INFORMATIVE; c++)
        if (!strcmp(text, metric_class_name(c))) {
            rule->class = c;
            rule->has_class = true;
            return true;
        }
    return err_set(e, "no such class; expected exact, float, statistical or informative");
}

static bool read_threshold(const char *text, struct rule *rule, struct err *e)
{
    rule->has_threshold = true;
    return units_parse_ratio(text, &rule->threshold, e);
}

static bool read_text(const char *text, char **to, struct err *e)
{
    if (!*text)
        return err_set(e, "is empty; write what is meant, or leave the key out");
    *to = strdup(text);
    return true;
}

static bool read_key(const struct ini_item *item, struct rule *rule, struct err *e)
{
    static const char *const keys[] = {"metric", "mode", "scenario", "reason", "class", "threshold"};
    char **const texts[] = {&rule->metric, &rule->mode, &rule->scenario, &rule->reason};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(item->key, keys[i]))
            return read_text(item->value, texts[i], e);
    if (!strcmp(item->key, "class"))
        return read_class(item->value, rule, e);
    if (!strcmp(item->key, "threshold"))
        return read_threshold(item->value, rule, e);
    const char *near = family_suggest(item->key, keys, sizeof keys / sizeof *keys);
    return err_set(e, "unknown key; expected metric, mode, scenario, reason, class or threshold%s%s%s",
                   near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static void begin_rule(struct reader *r, const struct ini_item *item)
{
    if (strncmp(item->section, SECTION, strlen(SECTION)) || !item->section[strlen(SECTION)])
        err_list_add(r->bad, "%s:%d: [%s]: expected [rule.NAME]", r->file, item->line, item->section);
    r->rules->rules = realloc(r->rules->rules, (r->rules->n_rules + 1) * sizeof *r->rules->rules);
    assert(r->rules->rules);
    r->rules->rules[r->rules->n_rules++] = (struct rule){.name = strdup(item->section), .line = item->line};
}

static void expect_whole(struct reader *r, const struct rule *rule)
{
    if (!rule->metric)
        err_list_add(r->bad, "%s:%d: [%s]: `metric` is missing; name what the rule is for, e.g. flows.*.delay_max_s",
                     r->file, rule->line, rule->name);
    if (!rule->reason)
        err_list_add(r->bad, "%s:%d: [%s]: `reason` is missing; say why a difference is allowed", r->file, rule->line,
                     rule->name);
    if (!rule->has_class && !rule->has_threshold)
        err_list_add(r->bad, "%s:%d: [%s]: allows nothing; give a class or a threshold", r->file, rule->line,
                     rule->name);
}

bool rules_read(struct rules *rules, const char *file, const char *text, size_t len, struct err_list *bad)
{
    struct ini ini;
    *rules = (struct rules){0};
    if (!ini_read(&ini, file, text, len, bad))
        return false;
    struct reader r = {rules, file, bad};
    for (size_t i = 0; i < ini.n_items; i++) {
        const struct ini_item *item = &ini.items[i];
        struct err e;
        if (!item->key)
            begin_rule(&r, item);
        else if (!read_key(item, &rules->rules[rules->n_rules - 1], &e))
            err_list_add(bad, "%s:%d: %s = %s: %s", file, item->line, item->key, item->value, e.text);
    }
    for (size_t i = 0; i < rules->n_rules; i++)
        expect_whole(&r, &rules->rules[i]);
    ini_fini(&ini);
    if (bad->n_errs)
        rules_fini(rules);
    return !bad->n_errs;
}

void rules_fini(struct rules *rules)
{
    for (size_t i = 0; i < rules->n_rules; i++) {
        struct rule *rule = &rules->rules[i];
        free(rule->name);
        free(rule->metric);
        free(rule->mode);
        free(rule->scenario);
        free(rule->reason);
    }
    free(rules->rules);
    *rules = (struct rules){0};
}

static bool fits(const char *pattern, const char *name)
{
    return !pattern || fnmatch(pattern, name, 0) == 0;
}

const struct rule *rules_find(struct rules *rules, const char *scenario, const char *mode, const char *metric)
{
    for (size_t i = 0; i < rules->n_rules; i++) {
        struct rule *rule = &rules->rules[i];
        if (fits(rule->scenario, scenario) && fits(rule->mode, mode) && fits(rule->metric, metric)) {
            rule->n_uses++;
            return rule;
        }
    }
    return NULL;
}

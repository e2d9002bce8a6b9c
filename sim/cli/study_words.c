#include "sim/cli/study_words.h"

#include <assert.h>
#include <string.h>

static bool add_suite(void *ctx, const char *name, struct err *e)
{
    struct suites *s = ctx;
    if (!strcmp(name, "all")) {
        size_t at = 0;
        for (s->n = 0; s->n < SUITES_CAP && suite_next(&at, &s->at[s->n]);)
            s->n++;
        return true;
    }
    if (s->n == SUITES_CAP)
        return err_set(e, "more than %d algorithms; name fewer", SUITES_CAP);
    return suite_parse(name, &s->at[s->n], e) && suite_check(&s->at[s->n++], e);
}

bool suites_add(struct suites *s, const char *list, struct err *e)
{
    return list_each(list, add_suite, s, e);
}

bool framing_take(struct framing_settings *set, int key, const char *arg, struct err *e)
{
    uint64_t n;
    switch (key) {
    case KEY_NPA:
        set->npa = true;
        return true;
    case KEY_LLC_SNAP:
        set->llc_snap = true;
        return true;
    case KEY_LABEL:
        if (!count_parse(arg, 0, 6, &n, e))
            return false;
        set->label_len = (uint8_t)n;
        return true;
    case KEY_BURST:
        if (!count_parse(arg, RLE_BURST_MIN, RLE_BURST_MAX, &n, e))
            return false;
        set->burst_octets = (uint32_t)n;
        return true;
    default:
        assert(key == KEY_MODCOD);
        set->modcod = modcod_find(arg, e);
        return set->modcod != NULL;
    }
}

bool framings_check(const struct chosen *framings, const struct framing_settings *set, struct err *e)
{
    for (size_t i = 0; i < framings->n; i++)
        if (!framing_check(framing_at(framings, i), set, e))
            return err_at(e, "%s", framings->at[i]->name);
    return true;
}

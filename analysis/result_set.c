#include "analysis/result_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void result_set_add(struct result_set *set, const char *path, struct result *result)
{
    set->results = realloc(set->results, (set->n_results + 1) * sizeof *set->results);
    assert(set->results);
    set->results[set->n_results++] = (struct loaded_result){strdup(path), *result};
    *result = (struct result){0};
}

void result_set_fini(struct result_set *set)
{
    for (size_t i = 0; i < set->n_results; i++) {
        free(set->results[i].path);
        result_fini(&set->results[i].result);
    }
    free(set->results);
    *set = (struct result_set){0};
}

bool result_same_kind(const struct result *a, const struct result *b)
{
    return !strcmp(a->scenario, b->scenario) && !strcmp(a->settings_hash, b->settings_hash);
}

const struct loaded_result *result_set_find(const struct result_set *set, const struct result *r)
{
    for (size_t i = 0; i < set->n_results; i++)
        if (set->results[i].result.seed == r->seed && result_same_kind(&set->results[i].result, r))
            return &set->results[i];
    return NULL;
}

const struct loaded_result *result_set_find_other(const struct result_set *set, const struct result *r)
{
    const struct loaded_result *found = NULL;
    for (size_t i = 0; i < set->n_results; i++) {
        const struct result *other = &set->results[i].result;
        if (!strcmp(other->scenario, r->scenario) && !result_same_kind(other, r) &&
            (!found || (found->result.seed != r->seed && other->seed == r->seed)))
            found = &set->results[i];
    }
    return found;
}

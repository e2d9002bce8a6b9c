#include "models/ipsec/modes.h"

#include <stdio.h>

#define LIST(name) &name.m,

static const struct member *const members[] = {MODES(LIST)};
const struct family mode_family = {"mode", "what stands in front of ESP and what ESP carries", members,
                                   sizeof members / sizeof *members};

const char *claim_name(enum claim_value v)
{
    static const char *const names[] = {[CLAIM_NO] = "no", [CLAIM_PARTLY] = "partly", [CLAIM_YES] = "yes"};
    return names[v];
}

/* The member is the first field of its descriptor. */
const struct mode *mode_get(const char *name)
{
    return (const struct mode *)family_get(&mode_family, name);
}

const struct mode *mode_find(const char *name, struct err *e)
{
    return (const struct mode *)family_find(&mode_family, name, e);
}

const struct mode *mode_find_esp(const char *name, struct err *e)
{
    char names[MODE_NAMES_CAP];
    const struct mode *mode = mode_find(name, e);
    if (!mode || mode->esp)
        return mode;
    err_set(e, "carries no ESP; expected %s", mode_esp_names(names));
    return NULL;
}

const char *mode_esp_names(char text[MODE_NAMES_CAP])
{
    size_t n = 0, n_left = 0;
    text[0] = 0;
    for (size_t i = 0; i < mode_family.n_members; i++)
        n_left += ((const struct mode *)mode_family.members[i])->esp;
    for (size_t i = 0; i < mode_family.n_members; i++)
        if (((const struct mode *)mode_family.members[i])->esp) {
            const char *before = !n ? "" : n_left == 1 ? " or " : ", ";
            n += (size_t)snprintf(text + n, MODE_NAMES_CAP - n, "%s%s", before, mode_family.members[i]->name);
            n_left--;
        }
    assert(n < MODE_NAMES_CAP);
    return text;
}

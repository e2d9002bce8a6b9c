/* study_words.h - the words that `espsim overhead` and `espsim mtu` share: how the answer is written, which algorithms,
 * which framings and what these are set to. */
#ifndef ESPSIM_CLI_STUDY_WORDS_H
#define ESPSIM_CLI_STUDY_WORDS_H

#include "models/crypto/suite.h"
#include "models/link/framing.h"
#include "sim/cli/words.h"

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

/* Algorithms that the user named, in that order. */
enum { SUITES_CAP = 128 };
struct suites {
    struct suite at[SUITES_CAP];
    size_t n;
};

/* Adds what `list` names: algorithms divided by commas; `all` is all, once. False and `e`: no such one, or too many. */
bool suites_add(struct suites *s, const char *list, struct err *e);

/* The member is the first field of its descriptor. */
static inline const struct framing_kind *framing_at(const struct chosen *framings, size_t i)
{
    return (const struct framing_kind *)framings->at[i];
}

/* Keys of the options that set framings; a command's own ones are less. */
enum { KEY_NPA = 512, KEY_LLC_SNAP, KEY_LABEL, KEY_BURST, KEY_MODCOD };

/* Rows of an option table, under group `group` of the help. */
#define FRAMING_OPTIONS(group)                                                                                         \
    {"npa", KEY_NPA, NULL, 0, "ULE with a destination address (6 octets)", group},                                     \
        {"llc-snap", KEY_LLC_SNAP, NULL, 0, "MPE with LLC/SNAP (8 octets)", group},                                    \
        {"label", KEY_LABEL, "OCTETS", 0, "Label of GSE and RLE: 0 (default), 3 or 6", group},                         \
        {"burst", KEY_BURST, "OCTETS", 0, "Payload of an RLE burst (123)", group},                                     \
    {                                                                                                                  \
        "modcod", KEY_MODCOD, "NAME", 0, "DVB-S2 MODCOD (qpsk-1/2)", group                                             \
    }

static inline bool framing_has_key(int key)
{
    return key >= KEY_NPA && key <= KEY_MODCOD;
}

/* Takes the option with `key` into `set`. False and `e`: `arg` is none of its values. */
bool framing_take(struct framing_settings *set, int key, const char *arg, struct err *e);
/* False and `e`: one of the framings cannot be set so. */
bool framings_check(const struct chosen *framings, const struct framing_settings *set, struct err *e);

#endif

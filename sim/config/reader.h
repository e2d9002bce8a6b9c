/* reader.h - a scenario being read, and what is wrong so far. For the files of sim/config alone. */
#ifndef ESPSIM_CONFIG_READER_H
#define ESPSIM_CONFIG_READER_H

#include "sim/config/config.h"
#include "sim/config/schema.h"

#include <limits.h>

/* Faults of --set words come after those of the file, those without a line last. */
enum { ORDER_SET = INT_MAX / 2, ORDER_LAST = INT_MAX };

/* Something wrong, and where it belongs in the order of the report. */
struct fault {
    int order;
    struct err err;
};

struct reader {
    struct config *c;
    const char *file;
    const struct ini *ini;
    struct fault *faults;
    size_t n_faults;
};

/* A key as written, in the file or on the command line. */
struct word {
    const char *section, *key, *value;
    int line; /* as setting.line */
    bool from_set;
};

/* A new fault, for the caller to fill: with the whole line. */
struct err *fault_add(struct reader *r, int order);

void fault_word(struct reader *r, const struct word *w, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* `file:line: key = value: ...` (or `--set: section.key = value: ...`) of a setting that was written, or
 * `file: section.key = value (default): ...` of one that was not. */
void fault_setting(struct reader *r, const struct setting *s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `file:line: [section]: ...`, or without line where the file has no such section. */
void fault_section(struct reader *r, const char *section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void fault_sort(struct reader *r);

/* Whether the value at `value` can be relied on: it was not refused, and there is one. */
bool setting_is_sound(const struct reader *r, const void *value);

/* A file named in a scenario is beside it, unless its name begins with a slash. Gives the path. */
char *path_beside(const char *scenario, const char *name);

/* Takes octets of a file into `hash`: SHA-256 of what it was and of them, in hexadecimal; "" to begin with. */
void hash_add(char hash[FILE_HASH_CAP], const void *octets, size_t len);

/* Reads the link's trace files, beside the scenario, and chooses the loss model where it was not. */
void settle_traces(struct reader *r);

/* Finds the captures of replays, beside the scenario. */
void settle_captures(struct reader *r);

/* Whether the path of direction d is a trace that could not be had, which was told: what would follow from it is
 * nothing to ask for. */
bool lacks_trace(const struct reader *r, int d);

/* Fills in the settings that follow from others; what cannot follow is a fault. */
void settle(struct reader *r);

/* Finds contradictions between settings; sound ones only, so that one slip is told once. */
void check_contradictions(struct reader *r);

#endif

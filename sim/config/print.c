/* print.c - the effective settings as a scenario file, as JSON and as a hash. */
#include "sim/config/config.h"
#include "sim/config/schema.h"
#include "sim/config/types.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_CAP = 512, KEY_WIDTH = 15, ORIGIN_COLUMN = 52 };

/* Longer values go without padding, and with their origin in a line of its own: lines over INI_LINE_MAX do not read
 * back. */
enum { LONG_VALUE = 100 };

const char *setting_origin(const struct setting *s, char *text, size_t cap)
{
    switch (s->state) {
    case SETTING_FILE:
        snprintf(text, cap, "line %d", s->line);
        break;
    case SETTING_SET:
        snprintf(text, cap, "--set");
        break;
    case SETTING_DEFAULT:
        snprintf(text, cap, "default");
        break;
    case SETTING_FOLLOWS:
        snprintf(text, cap, "follows from %s", s->key->follows);
        break;
    default:
        assert(!"a setting with a value");
    }
    return text;
}

/* A value that follows stands as a comment; only the name, which follows from the file that it stood in, does not. */
static bool is_comment(const struct setting *s)
{
    return s->state == SETTING_FOLLOWS && s->key->type != &type_name;
}

static void print_setting(const struct setting *s, FILE *out)
{
    char value[VALUE_CAP], origin[128];
    s->key->type->print(s->key, s->value, value, sizeof value);
    setting_origin(s, origin, sizeof origin);
    int width = strlen(value) < LONG_VALUE ? KEY_WIDTH - 2 * is_comment(s) : 0;
    int n = fprintf(out, "%s%-*s = %s", is_comment(s) ? "# " : "", width, s->key->name, value);
    if (strlen(value) < LONG_VALUE)
        fprintf(out, "%*s ; %s\n", n >= 0 && n < ORIGIN_COLUMN ? ORIGIN_COLUMN - n : 0, "", origin);
    else
        fprintf(out, "\n# %s\n", origin);
}

void config_print(const struct config *c, FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct setting *s = &c->settings[i];
        if (!setting_has_value(s))
            continue;
        if (strcmp(s->section_name, section))
            fprintf(out, "%s[%s]\n", *section ? "\n" : "", s->section_name);
        section = s->section_name;
        print_setting(s, out);
    }
}

json_t *config_json(const struct config *c)
{
    json_t *all = json_object();
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct setting *s = &c->settings[i];
        if (!setting_has_value(s))
            continue;
        char value[VALUE_CAP], origin[128];
        json_t *section = json_object_get(all, s->section_name);
        if (!section) {
            section = json_object();
            json_object_set_new(all, s->section_name, section);
        }
        s->key->type->print(s->key, s->value, value, sizeof value);
        json_object_set_new(section, s->key->name,
                            json_pack("{s:s, s:s}", "value", value, "from", setting_origin(s, origin, sizeof origin)));
    }
    return all;
}

/* Whether it decides what the run does; `value` is its text. */
static bool is_in_hash(const struct key *k, const char *value)
{
    return !(k->flags & (KEY_ALIAS | KEY_LABEL)) && !(k->flags & KEY_LATER && !strcmp(value, k->fallback));
}

void config_hash(const struct config *c, char hex[CONFIG_HASH_CAP])
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert(out);
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct setting *s = &c->settings[i];
        char value[VALUE_CAP];
        if (!setting_has_value(s))
            continue;
        s->key->type->print(s->key, s->value, value, sizeof value);
        if (is_in_hash(s->key, value))
            fprintf(out, "%s.%s=%s\n", s->section_name, s->key->name, value);
    }
    if (*c->link.trace_hash)
        fprintf(out, "trace=%s\n", c->link.trace_hash);
    for (size_t i = 0; i < c->n_flows; i++)
        if (*c->flows[i].capture_hash)
            fprintf(out, "flow.%s.capture=%s\n", c->flows[i].name, c->flows[i].capture_hash);
    fclose(out);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int ok = EVP_Digest(text, len, digest, &n, EVP_sha256(), NULL);
    assert(ok && 2 * n + 1 == CONFIG_HASH_CAP);
    (void)ok;
    for (unsigned i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    free(text);
}

#include "models/base/name.h"

#include "models/base/addr.h"

#include <stddef.h>
#include <string.h>

#define DIGITS        "0123456789"
#define LETTERS       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PLAIN         LETTERS DIGITS "._-"
#define SHA256_DIGITS 64

/* The first of all of these is a letter or digit. */
static const struct {
    const char *what, *alphabet, *said;
    size_t longest;
} kinds[] = {
    [NAME_PLAIN] = {"name", PLAIN, "letters, digits, `.`, `_` and `-`", 64},
    [NAME_FLOW] = {"name of a flow", PLAIN, "letters, digits, `.`, `_` and `-`", 58},
    [NAME_RUN] = {"name of a run", PLAIN "+", "letters, digits, `.`, `_`, `-` and `+`", NAME_CAP - 1},
    [NAME_DIRECTION] = {"flow or direction", PLAIN ">", "letters, digits, `.`, `_`, `-` and `>`", NAME_CAP - 1},
    [NAME_SETTING] = {"setting's key", PLAIN, "letters, digits, `.`, `_` and `-`", NAME_CAP - 1},
};

static bool is_address(const char *name)
{
    struct addr a;
    return !strcmp(name, "any") || addr_parse(name, &a, NULL);
}

static bool is_sha256(const char *name)
{
    return strlen(name) == SHA256_DIGITS && strspn(name, DIGITS "abcdef") == SHA256_DIGITS;
}

bool name_check(enum name_kind kind, const char *name, struct err *e)
{
    if (kind == NAME_ADDRESS)
        return is_address(name) || err_set(e, "is no address; expected IPv4, IPv6 or `any`");
    if (kind == NAME_SHA256)
        return is_sha256(name) || err_set(e, "is no SHA-256; expected %d hexadecimal digits", SHA256_DIGITS);
    size_t len = strlen(name);
    bool fits =
        len && len <= kinds[kind].longest && strspn(name, kinds[kind].alphabet) == len && strspn(name, LETTERS DIGITS);
    return fits || err_set(e, "is no %s; expected at most %zu %s, the first a letter or digit", kinds[kind].what,
                           kinds[kind].longest, kinds[kind].said);
}

/* Octets of the control character that begins here; 0: none does. */
static size_t control_len(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = c ? (unsigned char)text[1] : 0;
    if (c == 0xc2 && next >= 0x80 && next < 0xa0)
        return 2;
    return c && (c < 0x20 || c == 0x7f);
}

bool line_is_plain(const char *text)
{
    while (*text && !control_len(text))
        text++;
    return !*text;
}

void line_make_plain(char *text)
{
    for (; *text; text++)
        for (size_t len = control_len(text), i = 0; i < len; i++)
            text[i] = text[i] == '\t' ? ' ' : '?';
}

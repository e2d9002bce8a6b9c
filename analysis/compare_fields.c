#include "analysis/compare_fields.h"

#include "models/crypto/suite.h"
#include "models/wire/dissect.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Looks for the SPI of the outermost ESP header. */
struct spi_search {
    const uint8_t *packet;
    bool found;
    uint32_t spi;
};

static void look_for_spi(void *ctx, const struct field *f)
{
    struct spi_search *s = ctx;
    if (s->found || f->len != 4 || strcmp(f->name, "SPI"))
        return;
    for (size_t i = 0; i < f->len; i++)
        s->spi = s->spi << 8 | s->packet[f->off + i];
    s->found = true;
}

/* The suite of the SA that the packet belongs to. */
static bool suite_of(const struct run_result *run, const uint8_t *packet, size_t len, struct suite *suite)
{
    struct spi_search s = {.packet = packet};
    dissect(packet, len, NULL, look_for_spi, &s);
    for (size_t i = 0; s.found && i < run->n_sa_details; i++)
        if (run->sa_details[i].spi == s.spi)
            return suite_parse(run->sa_details[i].algorithm, suite, NULL);
    return false;
}

const char *field_name(const uint8_t *packet, size_t len, size_t at, const struct run_result *run,
                       char name[FIELD_NAME_CAP])
{
    struct suite suite;
    struct dissect_esp esp = {0};
    struct field f;
    bool known = run && suite_of(run, packet, len, &suite);
    if (known)
        esp = (struct dissect_esp){.iv_len = suite_iv_len(&suite), .icv_len = suite_icv_len(&suite)};
    if (!dissect_field_at(packet, len, known ? &esp : NULL, at, &f))
        snprintf(name, FIELD_NAME_CAP, "behind the packet");
    else if (!strcmp(f.layer, "encrypted")) /* how much of ESP the field is depends on what is known */
        snprintf(name, FIELD_NAME_CAP, "%s %s, %s", f.layer, f.name, f.value);
    else if (!strcmp(f.layer, f.name))
        snprintf(name, FIELD_NAME_CAP, "%s", f.name);
    else
        snprintf(name, FIELD_NAME_CAP, "%s %s", f.layer, f.name);
    return name;
}

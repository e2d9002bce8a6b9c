#include "sim/cli/families.h"

#include "analysis/export.h"
#include "analysis/rival.h"
#include "models/crypto/encr.h"
#include "models/crypto/integ.h"
#include "models/ipsec/drop.h"
#include "models/ipsec/lookup.h"
#include "models/ipsec/mode.h"
#include "models/ipsec/tos.h"
#include "models/link/framing.h"
#include "models/link/loss.h"
#include "models/link/modcod.h"
#include "models/link/path.h"
#include "models/link/trace.h"
#include "models/spi/spi.h"
#include "models/traffic/codec.h"
#include "models/traffic/traffic.h"
#include "sim/config/choices.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */ /* one line each */
const struct family *const families[] = {
    &mode_family,
    &lookup_family,
    &encr_family,
    &integ_family,
    &spi_family,
    &tos_family,
    &drop_family,
    &framing_family,
    &modcod_family,
    &path_family,
    &trace_format_family,
    &loss_family,
    &traffic_family,
    &codec_family,
    &congestion_family,
    &queue_family,
    &direction_family,
    &host_ipsec_family,
    &on_collision_family,
    &cut_family,
    &pep_family,
    &attack_family,
    &exporter_family,
    &rival_family,
    NULL,
};
/* clang-format on */

/* In singular or plural: "lookup", "lookups". */
static bool is_called(const struct family *f, const char *name)
{
    size_t len = strlen(f->name);
    return !strncmp(name, f->name, len) && (!name[len] || !strcmp(name + len, "s") || !strcmp(name + len, "es"));
}

const struct family *families_find(const char *name, struct err *e)
{
    const char *names[64] = {NULL};
    size_t n = 0;
    char all[512] = "";
    for (; families[n]; n++) {
        if (is_called(families[n], name))
            return families[n];
        assert(n < sizeof names / sizeof *names);
        names[n] = families[n]->name;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", n ? ", " : "", names[n]);
    }
    const char *near = family_suggest(name, names, n);
    err_set(e, "%s: no such family%s%s%s; expected one of %s", name, near ? "; did you mean `" : "", near ? near : "",
            near ? "`?" : "", all);
    return NULL;
}

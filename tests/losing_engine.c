/* An engine for `espsim run` that loses what the link loses: every hundredth packet of ns-3's link arrives nowhere and
 * is told to nobody, so that a law of the simulation is broken. REAL_ENGINE names the module that it stands before. */
#include "sim/engine/engine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static struct eng_hooks real_hooks;
static unsigned n_arrived;

static void from_link(void *ctx, int side, const uint8_t *packet, size_t len, uint64_t cookie)
{
    if (++n_arrived % 100)
        real_hooks.from_link(ctx, side, packet, len, cookie);
}

extern struct engine_ops engine_ops;
struct engine_ops engine_ops;
static const struct engine_ops *real;

static bool create(const struct eng_config *config, const struct eng_hooks *hooks, struct engine **eng, struct err *e)
{
    struct eng_hooks changed = *hooks;
    real_hooks = *hooks;
    changed.from_link = from_link;
    return real->create(config, &changed, eng, e);
}

__attribute__((constructor)) static void load(void)
{
    void *module = dlopen(getenv("REAL_ENGINE"), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    real = module ? dlsym(module, "engine_ops") : NULL;
    if (!real) {
        fprintf(stderr, "REAL_ENGINE: %s\n", dlerror());
        abort();
    }
    engine_ops = *real;
    engine_ops.create = create;
}

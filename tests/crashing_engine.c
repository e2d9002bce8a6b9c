/* An engine for `espsim run` that lets no run come to its end: CRASH says how. Nothing of ns-3 is in it. */
#include "sim/engine/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool create(const struct eng_config *config, const struct eng_hooks *hooks, struct engine **eng, struct err *e)
{
    const char *how = getenv("CRASH");
    (void)config;
    (void)hooks;
    *eng = NULL;
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "segv"))
        raise(SIGSEGV);
    if (!strcmp(how, "kill"))
        raise(SIGKILL);
    if (!strcmp(how, "exit"))
        exit(0);
    if (!strcmp(how, "hang"))
        for (;;)
            pause();
    strcpy(e->text, "msg=\"the engine gave up\", file=nowhere.cc, line=1");
    return false;
}

const struct engine_ops engine_ops;
const struct engine_ops engine_ops = {.create = create, .version = "crashing"};

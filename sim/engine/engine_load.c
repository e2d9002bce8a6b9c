#include "sim/engine/engine.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULE "espsim-engine.so"

/* The folder of the running program, without the last slash. */
static bool program_folder(char folder[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (n <= 0)
        return false;
    folder[n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

static bool find_module(char path[PATH_MAX], struct err *e)
{
    static const char *const places[] = {"", "/../lib/espsim", "/.."}; /* /..: tests in a build folder's tests/ */
    const char *chosen = getenv("ESPSIM_ENGINE");
    if (chosen && *chosen) {
        snprintf(path, PATH_MAX, "%s", chosen);
        return access(path, R_OK) == 0 ||
               err_set(e, "ESPSIM_ENGINE = %s: cannot be read; name an %s, or unset the variable", chosen, MODULE);
    }
    char folder[PATH_MAX];
    if (!program_folder(folder))
        return err_set(e, "/proc/self/exe: cannot be read; name the engine's file in ESPSIM_ENGINE");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int n = snprintf(path, PATH_MAX, "%s%s/%s", folder, places[i], MODULE);
        if (n > 0 && n < PATH_MAX && access(path, R_OK) == 0)
            return true;
    }
    return err_set(
        e,
        "%s: not in %s nor in ../lib/espsim beside it; install the Debian package libns3-dev and build espsim "
        "again (sh tools/run.sh does both)",
        MODULE, folder);
}

/* dlerror names the first library that is missing: `libns3-core.so.37: cannot open shared object file: ...`. */
static bool explain(const char *path, const char *why, struct err *e)
{
    if (strstr(why, "libns3"))
        return err_set(e, "%s: %s; install the Debian package libns3.37 (apt-get install libns3.37)", path, why);
    return err_set(e, "%s: %s; build espsim again (sh tools/run.sh)", path, why);
}

const struct engine_ops *engine_load(struct err *e)
{
    char path[PATH_MAX];
    if (!find_module(path, e))
        return NULL;
    /* Local is enough for the module's versions of ns-3 functions to win: what a loaded library needs is searched in
     * the program, then in the module, then in what the module needs. It stays loaded: ns-3's types cannot be
     * unregistered. */
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const struct engine_ops *ops = module ? dlsym(module, "engine_ops") : NULL;
    if (!ops)
        explain(path, dlerror(), e);
    return ops;
}

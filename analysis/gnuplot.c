#include "analysis/gnuplot.h"

#include <assert.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

FILE *gnuplot_begin(struct err *e)
{
    FILE *script = tmpfile();
    if (!script)
        err_set(e, "no room for gnuplot's script: %s; make some in " P_tmpdir, strerror(errno));
    return script;
}

/* The environment with UTF-8 in the place of the user's locale: gnuplot converts its own signs to that, and warns in
 * the C locale, which has none of them. The caller frees the list, not what it points to. */
static char **utf8_environment(void)
{
    extern char **environ;
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0, n_kept = 0;
    while (environ && environ[n])
        n++;
    char **list = calloc(n + 2, sizeof *list);
    assert(list);
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0)
            list[n_kept++] = environ[i];
    list[n_kept] = locale;
    return list;
}

/* Starts gnuplot on the script `in`, its words into `words`; gives its wait status. */
static bool run(int in, int words, const char *folder, int *status, struct err *e)
{
    char name[] = "gnuplot", defaults[] = "-d";
    char *const argv[] = {name, defaults, NULL};
    char **environment = utf8_environment();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, words, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    pid_t pid;
    int failed = posix_spawnp(&pid, name, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    if (failed)
        return err_set(e, "gnuplot cannot be started (%s); install gnuplot-nox", strerror(failed));
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return err_set(e, "gnuplot cannot be waited for: %s; run it again", strerror(errno));
    return true;
}

/* Fails with the last line that gnuplot said: what is wrong, behind the script's line and a mark below it. */
static bool complain(FILE *words, int status, struct err *e)
{
    char line[512], said[512] = "nothing said";
    rewind(words);
    while (fgets(line, sizeof line, words)) {
        line[strcspn(line, "\n")] = 0;
        if (*line)
            memcpy(said, line, sizeof said);
    }
    if (WIFSIGNALED(status))
        return err_set(e, "gnuplot was ended by %s; run it again", strsignal(WTERMSIG(status)));
    return err_set(e, "gnuplot failed: %s; check the space on the disk, and `gnuplot --version` (5.4 does)", said);
}

/* Gives a picture its name where it is `drawn`, and removes what there is of it where not. */
static bool settle(const char *folder, const char *name, const char *suffix, bool drawn, struct err *e)
{
    char *made = NULL, *path = NULL;
    if (asprintf(&path, "%s/%s.%s", folder, name, suffix) < 0 || asprintf(&made, "%s.new", path) < 0)
        abort();
    bool ok = drawn && !rename(made, path);
    if (drawn && !ok)
        err_set(e, "%s: cannot be written: %s; check the folder and the space on its disk", path, strerror(errno));
    if (!ok)
        unlink(made);
    free(made);
    free(path);
    return ok;
}

bool gnuplot_draw(FILE *script, const char *folder, const char *name, struct err *e)
{
    FILE *words = tmpfile();
    int status = 0;
    bool ok = words && !fflush(script) && !ferror(script) && !fseek(script, 0, SEEK_SET);
    if (!ok)
        err_set(e, "no room for gnuplot's script: %s; make some in " P_tmpdir, strerror(errno));
    ok = ok && run(fileno(script), fileno(words), folder, &status, e) && (!status || complain(words, status, e));
    ok = settle(folder, name, "png", ok, e);
    ok = settle(folder, name, "svg", ok, e);
    fclose(script);
    if (words)
        fclose(words);
    return ok;
}

#include "sim/run/worker.h"

#include "sim/run/clock.h"
#include "sim/run/interrupt.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child says through its pipe: one letter, then the engine's name in a line and the result's text, or the
 * error's; of a broken law, the error in a line and what a report of it needs. */
enum { SAYS_RESULT = 'R', SAYS_ERROR = 'E', SAYS_LAW = 'L' };

static void write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            _exit(3);
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

static void write_text(int fd, const char *text)
{
    write_all(fd, text, strlen(text));
}

static void run_child(const struct one_run *what, int to_parent)
{
    struct run_result result = {0};
    const char *engine;
    char *bundle;
    struct err e;
    if (one_run(what, &result, &engine, &bundle, &e)) {
        char *text = run_result_text(&result);
        write_all(to_parent, (char[]){SAYS_RESULT}, 1);
        write_text(to_parent, engine);
        write_text(to_parent, "\n");
        write_text(to_parent, text);
        free(text);
    } else {
        write_all(to_parent, (char[]){bundle ? SAYS_LAW : SAYS_ERROR}, 1);
        write_text(to_parent, e.text);
        write_text(to_parent, bundle ? "\n" : "");
        write_text(to_parent, bundle ? bundle : "");
    }
    free(bundle);
    run_result_fini(&result);
    close(to_parent);
}

bool worker_start(struct worker *w, struct err *e)
{
    int ends[2];
    w->bundle = NULL;
    if (pipe2(ends, O_CLOEXEC))
        return err_set(e, "no pipe to a run: %s", strerror(errno));
    fflush(NULL);
    pid_t parent = getpid();
    w->started = clock_wall();
    w->pid = fork();
    if (w->pid < 0) {
        w->pid = 0;
        close(ends[0]);
        close(ends[1]);
        return err_set(e, "no process for a run: %s", strerror(errno));
    }
    if (w->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever ends us, no run is left working for nobody */
        if (getppid() != parent)
            _exit(3);
        interrupt_forget();
        close(ends[0]);
        run_child(&w->what, ends[1]);
        exit(0);
    }
    close(ends[1]);
    w->from_child = ends[0];
    return true;
}

static char *read_all(int fd, size_t *len)
{
    size_t cap = 1 << 16;
    char *text = malloc(cap);
    *len = 0;
    for (;;) {
        assert(text);
        ssize_t n = read(fd, text + *len, cap - *len - 1);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        *len += n > 0 ? (size_t)n : 0;
        if (*len + 1 == cap)
            text = realloc(text, cap *= 2);
    }
    text[*len] = 0;
    return text;
}

static bool take_result(struct worker *w, const char *text, size_t len, struct run_result *result, struct err *e)
{
    const char *json = memchr(text, '\n', len);
    if (!json)
        return err_set(e, "run %s: ended in the middle of its result", w->what.run->name);
    json++;
    snprintf(w->engine, sizeof w->engine, "%.*s", (int)(json - text - 1), text);
    return run_result_read(result, w->what.run->name, json, len - (size_t)(json - text), e);
}

/* The run broke a law: keeps what a report of it needs. */
static bool take_law(struct worker *w, char *text, struct err *e)
{
    char *bundle = strchr(text, '\n');
    if (bundle)
        *bundle++ = 0;
    if (bundle)
        w->bundle = strdup(bundle);
    return err_set(e, "run %s: %s", w->what.run->name, text);
}

static void reap(struct worker *w, int *status)
{
    struct rusage used;
    while (wait4(w->pid, status, 0, &used) < 0 && errno == EINTR)
        ;
    w->pid = 0;
    w->wall_s = (double)(clock_wall() - w->started) / NS_PER_S;
    w->cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    w->max_rss_kb = used.ru_maxrss;
}

bool worker_finish(struct worker *w, struct run_result *result, struct err *e)
{
    const char *name = w->what.run->name;
    size_t len;
    int status;
    char *text = read_all(w->from_child, &len);
    close(w->from_child);
    reap(w, &status);
    bool ok = false;
    if (WIFSIGNALED(status))
        err_set(e, "run %s: was ended by signal %d (%s)", name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (status) /* a sanitizer's finding at its very end, for one */
        err_set(e, "run %s: ended with status %d", name, WEXITSTATUS(status));
    else if (len && text[0] == SAYS_RESULT)
        ok = take_result(w, text + 1, len - 1, result, e);
    else if (len && text[0] == SAYS_LAW)
        ok = take_law(w, text + 1, e);
    else
        err_set(e, "run %s: %s", name, len ? text + 1 : "ended without a word");
    free(text);
    return ok;
}

void worker_kill(struct worker *w)
{
    int status;
    if (!w->pid)
        return;
    kill(w->pid, SIGKILL);
    close(w->from_child);
    reap(w, &status);
}

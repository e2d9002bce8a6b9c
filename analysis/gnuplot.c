#include "analysis/gnuplot.h"

#include "analysis/confine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_S = 60, PICTURES_MAX = 64 << 20, WORDS_MAX = 64 << 10, CHUNK = 64 << 10 };

FILE *gnuplot_begin(struct err *e)
{
    int fd = memfd_create("gnuplot", MFD_CLOEXEC);
    FILE *script = fd < 0 ? NULL : fdopen(fd, "w+");
    if (script)
        return script;
    err_set(e, "no memory for gnuplot's script: %s; end other programs", strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
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

/* ---- what it says, read as it comes ---- */

/* One pipe from gnuplot. */
struct heard {
    int fd; /* -1: nothing more comes */
    const char *what;
    size_t len, cap, most;
    char *text; /* with a zero behind it */
};

static bool open_pipe(struct heard *h, int *theirs, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return err_set(e, "gnuplot cannot be started: %s; run it again", strerror(errno));
    h->fd = ends[0];
    *theirs = ends[1];
    return true;
}

static void stop_hearing(struct heard *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
}

/* Takes what there is now. */
static bool hear(struct heard *h, struct err *e)
{
    if (h->cap < h->len + CHUNK + 1) {
        h->cap = 2 * (h->len + CHUNK + 1);
        h->text = realloc(h->text, h->cap);
        assert(h->text);
    }
    ssize_t n = read(h->fd, h->text + h->len, CHUNK);
    h->len += n > 0 ? (size_t)n : 0;
    h->text[h->len] = 0;
    if (h->len > h->most)
        return err_set(e, "gnuplot was ended: it gave more than %zu KiB of %s; draw fewer points", h->most >> 10,
                       h->what);
    if (!n || (n < 0 && errno != EINTR))
        stop_hearing(h);
    return true;
}

static int ms_until(const struct timespec *end)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long ms = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
    return ms < 0 ? 0 : (int)ms;
}

/* Until both pipes and the process have ended. */
static bool hear_out(struct heard heard[2], int process, struct err *e)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += LIMIT_S;
    while (heard[0].fd >= 0 || heard[1].fd >= 0 || process >= 0) {
        struct pollfd polled[] = {
            {.fd = heard[0].fd, .events = POLLIN}, {.fd = heard[1].fd, .events = POLLIN}, {process, POLLIN, 0}};
        int n = poll(polled, 3, ms_until(&end));
        if (!n)
            return err_set(e, "gnuplot was ended: it took more than %d s; draw fewer points", LIMIT_S);
        if (n < 0)
            continue;
        for (size_t i = 0; i < 2; i++)
            if (polled[i].revents && !hear(&heard[i], e))
                return false;
        if (polled[2].revents)
            process = -1;
    }
    return true;
}

/* ---- one figure ---- */

/* Waits for gnuplot, or ends it; gives its wait status. */
static bool attend(pid_t pid, struct heard heard[2], int *status, struct err *e)
{
    int process = pidfd_open(pid, 0);
    bool ok = process >= 0 || err_set(e, "gnuplot cannot be watched: %s; use Linux 5.3 or later", strerror(errno));
    ok = ok && hear_out(heard, process, e);
    if (!ok)
        kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0)
        assert(errno == EINTR);
    if (process >= 0)
        close(process);
    return ok;
}

static bool run(int script, struct heard heard[2], int *status, struct err *e)
{
    char name[] = "gnuplot", defaults[] = "-d";
    char *const argv[] = {name, defaults, NULL};
    char **environment = utf8_environment();
    int out = -1, err = -1;
    pid_t pid = -1;
    if (open_pipe(&heard[0], &out, e) && open_pipe(&heard[1], &err, e)) {
        const struct confined gnuplot = {name, argv, environment, script, out, err, LIMIT_S};
        pid = confine_start(&gnuplot, "gnuplot-nox", e);
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    free(environment);
    return pid > 0 && attend(pid, heard, status, e);
}

/* Fails with the last line that gnuplot said: what is wrong, behind the script's line and a mark below it. */
static bool complain(char *words, int status, struct err *e)
{
    const char *said = "nothing said";
    for (char *line; (line = strsep(&words, "\n"));)
        if (*line)
            said = line;
    if (WIFSIGNALED(status))
        return err_set(e, "gnuplot was ended by %s; run it again", strsignal(WTERMSIG(status)));
    return err_set(e, "gnuplot failed: %.400s; check `gnuplot --version` (5.4 does)", said);
}

static void add(struct file_set *to, const char *name, const char *suffix, const char *octets, size_t len)
{
    char *whole = NULL, *copy = malloc(len + 1);
    assert(copy);
    memcpy(copy, octets, len);
    copy[len] = 0;
    if (asprintf(&whole, "%s.%s", name, suffix) < 0)
        abort();
    file_set_add(to, whole, copy, len);
    free(whole);
}

/* Parts what came at the PNG's signature, whose first octet is no UTF-8. */
static bool take_pictures(const struct heard *h, const char *name, struct file_set *to, struct err *e)
{
    static const char signature[] = "\x89PNG\r\n\x1a\n", end[] = "IEND\xae\x42\x60\x82";
    const char *png = h->len ? memmem(h->text, h->len, signature, sizeof signature - 1) : NULL;
    size_t svg_len = png ? (size_t)(png - h->text) : h->len, png_len = h->len - svg_len;
    if (!svg_len || !memmem(h->text, svg_len, "</svg>", 6))
        return err_set(e, "gnuplot gave no whole %s.svg; check `gnuplot --version` (5.4 does)", name);
    if (!png || !memmem(png, png_len, end, sizeof end - 1))
        return err_set(e, "gnuplot gave no whole %s.png; install gnuplot-nox, which has pngcairo", name);
    add(to, name, "svg", h->text, svg_len);
    add(to, name, "png", png, png_len);
    return true;
}

bool gnuplot_draw(FILE *script, const char *name, struct file_set *to, struct err *e)
{
    struct heard heard[2] = {{.fd = -1, .what = "pictures", .most = PICTURES_MAX},
                             {.fd = -1, .what = "words", .most = WORDS_MAX}};
    int status = 0;
    bool ok = !fflush(script) && !ferror(script) && !fseek(script, 0, SEEK_SET);
    if (!ok)
        err_set(e, "no memory for gnuplot's script: %s; end other programs", strerror(errno));
    ok = ok && run(fileno(script), heard, &status, e) && (!status || complain(heard[1].text, status, e)) &&
         take_pictures(&heard[0], name, to, e);
    fclose(script);
    for (size_t i = 0; i < 2; i++) {
        stop_hearing(&heard[i]);
        free(heard[i].text);
    }
    return ok;
}

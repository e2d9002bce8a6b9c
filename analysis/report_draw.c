/* Runs gnuplot and makes its pictures fit for light and dark paper. */
#include "analysis/report.h"
#include "analysis/report_figures.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char svg_terminal[] = "set terminal svg size 720,400 dynamic enhanced font 'sans-serif,14' linewidth 1\n";
static const char png_terminal[] = "set terminal pngcairo size 1440,800 noenhanced font 'sans-serif,22' linewidth 2\n";

/* Writes the script of a figure; false where there is nothing to draw. */
static bool write_script(const struct report *r, const struct figure *f, const char *base, FILE *to)
{
    fputs("set encoding utf8\n", to);
    if (!f->data(r, to))
        return false;
    fprintf(to, "%sset output '%s.svg'\n", svg_terminal, base);
    f->plot(r, to);
    fprintf(to, "unset output\n%sset output '%s.png'\n", png_terminal, base);
    f->plot(r, to);
    fputs("unset output\n", to);
    return true;
}

/* gnuplot's own words go into LOG. */
static bool run_gnuplot(const char *script, const char *log, struct report *r)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    char name[] = "gnuplot", *path = strdup(script);
    char *const argv[] = {name, path, NULL};
    pid_t pid;
    int failed = posix_spawnp(&pid, name, &actions, NULL, argv, environ), status = 0;
    posix_spawn_file_actions_destroy(&actions);
    free(path);
    if (failed) {
        snprintf(r->missing, sizeof r->missing,
                 "The figures are missing: gnuplot cannot be started (%s); install gnuplot-nox and run espsim report "
                 "again.",
                 strerror(failed));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status)
        snprintf(r->missing, sizeof r->missing, "A figure is missing: gnuplot failed; see figures/%s.",
                 strrchr(log, '/') + 1);
    return !status;
}

static char *read_whole(const char *path)
{
    FILE *from = fopen(path, "r");
    if (!from)
        return NULL;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
    for (int c; (c = getc(from)) != EOF;)
        putc(c, to);
    fclose(to);
    fclose(from);
    return text;
}

struct swap {
    const char *from, *to;
};

/* Copies `text` with each of `swaps` applied, the first that fits at a place. */
static void swap_all(const char *text, const struct swap *swaps, size_t n, FILE *to)
{
    while (*text) {
        size_t i = 0;
        while (i < n && strncmp(text, swaps[i].from, strlen(swaps[i].from)) != 0)
            i++;
        if (i == n) {
            putc(*text++, to);
            continue;
        }
        fputs(swaps[i].to, to);
        text += strlen(swaps[i].from);
    }
}

/* Lines and letters take the colour of the text around them; alone in a browser the picture follows its light or dark
 * setting. Identifiers get the figure's name, since all figures stand in one page. */
static void adapt_svg(const char *path, const struct figure *f)
{
    char *text = read_whole(path);
    FILE *to = text ? fopen(path, "w") : NULL;
    if (!to) {
        free(text);
        return;
    }
    char point[80], plot[80], canvas[80], text_box[80], grey_box[80], title[160];
    snprintf(point, sizeof point, "%s-gp", f->name);
    snprintf(plot, sizeof plot, "%s-plot", f->name);
    snprintf(canvas, sizeof canvas, "%s-canvas", f->name);
    snprintf(text_box, sizeof text_box, "'%s-textbox'", f->name);
    snprintf(grey_box, sizeof grey_box, "'%s-greybox'", f->name);
    snprintf(title, sizeof title, "<title>%s</title>", f->title);
    const struct swap swaps[] = {
        {"rgb(  0,   0,   0)", "currentColor"},
        {"'black'", "'currentColor'"},
        {"\"black\"", "\"currentColor\""},
        {"gnuplot_plot", plot},
        {"gnuplot_canvas", canvas},
        {"'textbox'", text_box},
        {"'greybox'", grey_box},
        {"<title>Gnuplot</title>", title},
        {"gpDot", point},
        {"gpPt", point},
        {"<desc>", "<style>svg:root{color:#1b1b1b;background:#fff}@media (prefers-color-scheme:dark)"
                   "{svg:root{color:#e6e6e6;background:#16181c}}</style>\n<desc>"},
    };
    swap_all(text, swaps, sizeof swaps / sizeof *swaps, to);
    fclose(to);
    free(text);
}

static bool draw(struct report *r, const struct figure *f, const char *folder, struct err *e)
{
    char base[PATH_MAX], script[PATH_MAX], log[PATH_MAX], svg[PATH_MAX];
    if (snprintf(base, sizeof base - 16, "%s/%s", folder, f->name) >= (int)sizeof base - 16)
        return err_set(e, "%s: is too long a path", folder);
    snprintf(script, sizeof script, "%.*s.gp", PATH_MAX - 16, base);
    snprintf(log, sizeof log, "%.*s.log", PATH_MAX - 16, base);
    snprintf(svg, sizeof svg, "%.*s.svg", PATH_MAX - 16, base);
    FILE *to = fopen(script, "w");
    if (!to)
        return err_set(e, "%s: cannot be written: %s", script, strerror(errno));
    bool worth = write_script(r, f, base, to);
    if (fclose(to))
        return err_set(e, "%s: cannot be written: %s", script, strerror(errno));
    bool drawn = worth && run_gnuplot(script, log, r);
    if (drawn)
        adapt_svg(svg, f);
    unlink(script);
    if (drawn || !worth)
        unlink(log);
    return true;
}

bool report_draw(struct report *r, const char *folder, struct err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/figures", folder);
    if (mkdir(path, 0777) && errno != EEXIST)
        return err_set(e, "%s: cannot be made: %s", path, strerror(errno));
    for (const struct figure *const *f = figures; *f && !*r->missing; f++)
        if (!draw(r, *f, path, e))
            return false;
    return true;
}

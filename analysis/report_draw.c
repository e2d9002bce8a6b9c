/* Draws the figures of a report, and makes them fit for light and dark paper. */
#include "analysis/gnuplot.h"
#include "analysis/report.h"
#include "analysis/report_figures.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char svg_terminal[] = "set terminal svg size 720,400 dynamic enhanced font 'sans-serif,14' linewidth 1\n";
static const char png_terminal[] = "set terminal pngcairo size 1440,800 noenhanced font 'sans-serif,22' linewidth 2\n";

/* Writes the script of a figure; false where there is nothing to draw. */
static bool write_script(const struct report *r, const struct figure *f, FILE *to)
{
    fputs("set encoding utf8\n", to);
    if (!f->data(r, to))
        return false;
    fprintf(to, "%sset output '%s.svg.new'\n", svg_terminal, f->name);
    f->plot(r, to);
    fprintf(to, "unset output\n%sset output '%s.png.new'\n", png_terminal, f->name);
    f->plot(r, to);
    fputs("unset output\n", to);
    return true;
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

static void draw(struct report *r, const struct figure *f, const char *folder)
{
    char svg[PATH_MAX + 80];
    struct err e;
    FILE *script = gnuplot_begin(&e);
    if (script && !write_script(r, f, script)) {
        fclose(script);
        return;
    }
    if (!script || !gnuplot_draw(script, folder, f->name, &e)) {
        snprintf(r->missing, sizeof r->missing, "Figures are missing: %s, and run espsim report again.", e.text);
        return;
    }
    snprintf(svg, sizeof svg, "%s/%s.svg", folder, f->name);
    adapt_svg(svg, f);
}

bool report_draw(struct report *r, const char *folder, struct err *e)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/figures", folder) >= (int)sizeof path)
        return err_set(e, "%s: is too long a path; choose a shorter one", folder);
    if (mkdir(path, 0777) && errno != EEXIST)
        return err_set(e, "%s: cannot be made: %s", path, strerror(errno));
    for (const struct figure *const *f = figures; *f && !*r->missing; f++)
        draw(r, *f, path);
    return true;
}

/* Draws the figures of a report, and makes them fit for light and dark paper. */
#include "analysis/gnuplot.h"
#include "analysis/report_figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char svg_terminal[] =
    "set terminal svg size 720,400 dynamic noenhanced font 'sans-serif,14' linewidth 1\n";
static const char png_terminal[] = "set terminal pngcairo size 1440,800 noenhanced font 'sans-serif,22' linewidth 2\n";

/* Writes the script of a figure; false where there is nothing to draw. */
static bool write_script(const struct report *r, const struct figure *f, FILE *to)
{
    fputs("set encoding utf8\n", to);
    if (!f->data(r, to))
        return false;
    fputs(svg_terminal, to);
    f->plot(r, to);
    fputs(png_terminal, to);
    f->plot(r, to);
    return true;
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
static void adapt_svg(struct set_file *svg, const struct figure *f)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert(to);
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
    swap_all(svg->octets, swaps, sizeof swaps / sizeof *swaps, to);
    fclose(to);
    free(svg->octets);
    svg->octets = text;
    svg->len = len;
}

static void draw(struct report *r, const struct figure *f, struct file_set *to)
{
    char name[80], svg[96];
    struct err e;
    FILE *script = gnuplot_begin(&e);
    if (script && !write_script(r, f, script)) {
        fclose(script);
        return;
    }
    snprintf(name, sizeof name, "figures/%s", f->name);
    if (!script || !gnuplot_draw(script, name, to, &e)) {
        snprintf(r->missing, sizeof r->missing, "Figures are missing: %s, and run espsim report again.", e.text);
        return;
    }
    snprintf(svg, sizeof svg, "%s.svg", name);
    for (size_t i = 0; i < to->n_files; i++)
        if (!strcmp(to->files[i].name, svg))
            adapt_svg(&to->files[i], f);
}

void report_draw(struct report *r, struct file_set *to)
{
    for (const struct figure *const *f = figures; *f && !*r->missing; f++)
        draw(r, *f, to);
}

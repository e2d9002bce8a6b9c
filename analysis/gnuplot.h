/* gnuplot.h - has gnuplot draw a figure, as SVG and as PNG.
 *
 * A script may hold names that a stranger chose (text.h makes them strings), so gnuplot can start no program, open no
 * file for writing, name none anew and reach no network: the kernel refuses it (seccomp). It has the script on its
 * standard input, and gives both pictures on its standard output. It reads neither the user's ~/.gnuplot nor their
 * locale: the same script draws the same picture everywhere. Its characters are UTF-8.
 */
#ifndef ESPSIM_ANALYSIS_GNUPLOT_H
#define ESPSIM_ANALYSIS_GNUPLOT_H

#include "models/base/err.h"
#include "models/files/set.h"

#include <stdio.h>

/* Gives an empty script to write to; gnuplot_draw takes it, or fclose. The script sets terminal `svg`, plots, sets
 * terminal `pngcairo`, and plots again; it sets no output. NULL and `e` where there is no memory. */
FILE *gnuplot_begin(struct err *e);

/* Takes `script`; adds NAME.svg and NAME.png to `to` when gnuplot is through and content. Otherwise neither, and `e`
 * says what it complains of, that it is missing or cannot be confined here, or that it took or gave too much (60 s, 64
 * MiB). gnuplot prints nothing. */
bool gnuplot_draw(FILE *script, const char *name, struct file_set *to, struct err *e);

#endif

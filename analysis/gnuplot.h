/* gnuplot.h - has gnuplot draw a figure, as SVG and as PNG.
 *
 * gnuplot runs in the figure's folder, so that no path stands in a script, and reads neither the user's ~/.gnuplot nor
 * their locale: the same script draws the same picture everywhere. Its characters are UTF-8. What a script says is its
 * writer's; that includes `set output 'NAME.svg.new'` and `'NAME.png.new'`.
 */
#ifndef ESPSIM_ANALYSIS_GNUPLOT_H
#define ESPSIM_ANALYSIS_GNUPLOT_H

#include "models/base/err.h"

#include <stdio.h>

/* Gives an empty script to write to; gnuplot_draw takes it, or fclose. NULL and `e` where the disk has no room. */
FILE *gnuplot_begin(struct err *e);

/* Takes `script`. FOLDER/NAME.svg and NAME.png appear when gnuplot is through and content; otherwise neither, and `e`
 * says what it complains of, or that it is missing. gnuplot prints nothing. */
bool gnuplot_draw(FILE *script, const char *folder, const char *name, struct err *e);

#endif

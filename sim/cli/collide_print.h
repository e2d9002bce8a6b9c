/* collide_print.h - answers of `espsim collide` on standard output. */
#ifndef ESPSIM_CLI_COLLIDE_PRINT_H
#define ESPSIM_CLI_COLLIDE_PRINT_H

#include "sim/cli/collide_words.h"

void collide_print_text(const struct collide_asked *a, const struct collide_result *r);
void collide_print_json(const struct collide_asked *a, const struct collide_result *r, bool agrees);

/* Of a sweep: a row, or an object of one array, for each point. */
void collide_print_points(const struct collide_point *points, size_t n, bool json);

#endif

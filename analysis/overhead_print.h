/* overhead_print.h - the answers of `espsim overhead` as a table, CSV and JSON. */
#ifndef ESPSIM_ANALYSIS_OVERHEAD_PRINT_H
#define ESPSIM_ANALYSIS_OVERHEAD_PRINT_H

#include "analysis/overhead_answer.h"

#include <stdio.h>

void overhead_print_table(const struct overhead_answer *a, FILE *to);
void overhead_print_csv(const struct overhead_answer *a, FILE *to);
void overhead_print_json(const struct overhead_answer *a, FILE *to);

#endif

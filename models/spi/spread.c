#include "models/spi/spread.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* From the mode outwards, where ratios of neighbours are exact and no large factorial is met. */
struct spread spread_distinct(uint64_t n, uint64_t range, uint64_t marked)
{
    double N = (double)range, K = (double)marked, d = (double)n;
    uint64_t least = n + marked > range ? n + marked - range : 0, most = n < marked ? n : marked;
    uint64_t mode = (uint64_t)((d + 1) * (K + 1) / (N + 2));
    mode = mode < least ? least : mode > most ? most : mode;
    double sd = sqrt(d * (K / N) * (1 - K / N)) + 1;
    uint64_t width = (uint64_t)(40 * sd) + 60;
    uint64_t first = mode - least > width ? mode - width : least, last = most - mode > width ? mode + width : most;
    struct spread s = {first, last - first + 1, NULL};
    s.weight = calloc(s.n, sizeof *s.weight);
    assert(s.weight);
    s.weight[mode - first] = 1;
    for (uint64_t g = mode; g < last; g++) {
        double up = (K - (double)g) * (d - (double)g) / (((double)g + 1) * (N - K - d + (double)g + 1));
        s.weight[g + 1 - first] = s.weight[g - first] * up;
    }
    for (uint64_t g = mode; g > first; g--) {
        double down = (double)g * (N - K - d + (double)g) / ((K - (double)g + 1) * (d - (double)g + 1));
        s.weight[g - 1 - first] = s.weight[g - first] * down;
    }
    return s;
}

/* One draw after the other: each may add a marked number that was not there before. Weights below the floor are cut on
 * both sides, so that a step costs the width of the spread. */
struct spread spread_independent(uint64_t n, uint64_t range, uint64_t marked)
{
    static const double COST_CAP = 3e8;
    double N = (double)range, K = (double)marked, d = (double)n;
    double sd = sqrt(d * (K / N) * (1 - K / N) + d * d / N);
    struct spread s = {0, 1, NULL};
    if (d * (20 * sd + 20) > COST_CAP || n > SPREAD_CAP)
        return s;
    s.weight = calloc(n + 2, sizeof *s.weight);
    assert(s.weight);
    double *weight = s.weight; /* by g, not yet moved to the front */
    weight[0] = 1;
    uint64_t first = 0, last = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (last < marked)
            weight[++last] = 0;
        for (uint64_t g = last; g > first; g--)
            weight[g] = weight[g] * (1 - (K - (double)g) / N) + weight[g - 1] * (K - (double)g + 1) / N;
        weight[first] *= 1 - (K - (double)first) / N;
        while (first < last && weight[first] < SPREAD_WEIGHT_FLOOR)
            weight[first++] = 0;
        while (last > first && weight[last] < SPREAD_WEIGHT_FLOOR)
            weight[last--] = 0;
    }
    for (uint64_t g = first; g <= last; g++)
        weight[g - first] = weight[g];
    s.first = first;
    s.n = last - first + 1;
    return s;
}

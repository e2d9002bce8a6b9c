#include "models/spi/collision_draws.h"

#include <math.h>

/* ---- sums of smooth terms ------------------------------------------------------------------------------------ */

typedef double term_at(double i, double a, double range);

static double term_birthday(double i, double a, double range)
{
    (void)a;
    return log1p(-i / range);
}

static double term_hit(double i, double a, double range)
{
    return log1p(-a / (range - i));
}

enum { N_DIRECT = 1 << 14 };

/* Eight-point Gauss-Legendre. */
static double integral(term_at *f, double lo, double hi, double a, double range)
{
    static const double node[] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
    static const double weight[] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763};
    double middle = (lo + hi) / 2, half = (hi - lo) / 2, sum = 0;
    for (int k = 0; k < 4; k++)
        sum += weight[k] * (f(middle - half * node[k], a, range) + f(middle + half * node[k], a, range));
    return sum * half;
}

/* Sum of f(i) for 0 <= i < n, where f may be singular at the end of the range only. The last terms are added one by
 * one; those before by the midpoint form of Euler and Maclaurin, on pieces that double with the distance from the end,
 * so that 2^32 terms cost a hundred and keep twelve digits. */
static double sum_terms(term_at *f, uint64_t n, double a, double range)
{
    uint64_t n_smooth = n > 2 * N_DIRECT ? n - N_DIRECT : 0;
    double sum = 0;
    for (uint64_t i = n_smooth; i < n; i++)
        sum += f((double)i, a, range);
    if (!n_smooth)
        return sum;
    double end = (double)n_smooth - 0.5, hi = end, piece = N_DIRECT;
    while (hi > -0.5) {
        double lo = fmax(hi - piece, -0.5);
        sum += integral(f, lo, hi, a, range);
        hi = lo;
        piece *= 2;
    }
    double slope_at_end = f(end + 0.5, a, range) - f(end - 0.5, a, range);
    double slope_at_start = f(0, a, range) - f(-1, a, range);
    return sum - (slope_at_end - slope_at_start) / 24;
}

/* ---- formulas 1 and 2 ---------------------------------------------------------------------------------------- */

double collision_p_but(double log_none)
{
    return fabs(expm1(log_none));
}

double collision_birthday(uint64_t k, uint64_t range)
{
    if (k > range)
        return 1;
    return collision_p_but(sum_terms(term_birthday, k, 0, (double)range));
}

uint64_t collision_birthday_draws(double p, uint64_t range)
{
    uint64_t below = 1, enough = range + 1;
    while (enough - below > 1) {
        uint64_t k = below + (enough - below) / 2;
        *(collision_birthday(k, range) >= p ? &enough : &below) = k;
    }
    return enough;
}

double collision_log_avoid(uint64_t n, uint64_t g, uint64_t range)
{
    if (!n || !g)
        return 0;
    return g >= range ? -HUGE_VAL : (double)n * log1p(-(double)g / (double)range);
}

/* Falling factorials (R-g)_n / (R)_n, which n and g enter alike. */
double collision_log_avoid_distinct(uint64_t n, uint64_t g, uint64_t range)
{
    if (!n || !g)
        return 0;
    if (n > range || g > range - n)
        return -HUGE_VAL;
    uint64_t fewer = n < g ? n : g, more = n < g ? g : n;
    return sum_terms(term_hit, fewer, (double)more, (double)range);
}

double collision_hit(uint64_t n, uint64_t g, uint64_t range)
{
    return collision_p_but(collision_log_avoid(n, g, range));
}

double collision_hit_distinct(uint64_t n, uint64_t g, uint64_t range)
{
    return collision_p_but(collision_log_avoid_distinct(n, g, range));
}

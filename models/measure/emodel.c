#include "models/measure/emodel.h"

#include <math.h>

const struct emodel emodel_defaults = {
    .slr = 8,
    .rlr = 2,
    .stmr = 15,
    .lstr = 18,
    .ds = 3,
    .dr = 3,
    .telr = 65,
    .wepl = 110,
    .qdu = 1,
    .bpl = 4.3,
    .burst_r = 1,
    .nc = -70,
    .nfor = -64,
    .ps = 35,
    .pr = 35,
};

static double square(double x)
{
    return x * x;
}

static double from_db(double x)
{
    return pow(10, x / 10);
}

/* The n-th root of 1 + x^n: a smooth maximum of 1 and x. */
static double soft_max(double x, double n)
{
    return pow(1 + pow(x, n), 1 / n);
}

/* Sum of all noise at the 0 dBr point, dBm0p (7.2). */
static double noise(const struct emodel *m)
{
    double olr = m->slr + m->rlr;
    double nos = m->ps - m->slr - m->ds - 100 + 0.004 * square(m->ps - olr - m->ds - 14);
    double pre = m->pr + 10 * log10(1 + from_db(10 - m->lstr));
    double nor = m->rlr - 121 + pre + 0.008 * square(pre - 35);
    double nfo = m->nfor + m->rlr;
    return 10 * log10(from_db(m->nc) + from_db(nos) + from_db(nor) + from_db(nfo));
}

double emodel_ro(const struct emodel *m)
{
    return 15 - 1.5 * (m->slr + noise(m));
}

/* Too loud (7.3.1). */
static double iolr(const struct emodel *m)
{
    double x = m->slr + m->rlr + 0.2 * (64 + noise(m) - m->rlr);
    return 20 * (soft_max(x / 8, 8) - x / 8);
}

/* Sidetone not optimal (7.3.2). */
static double ist(const struct emodel *m)
{
    double stmro = -10 * log10(from_db(-m->stmr) + exp(-m->t / 4) * from_db(-m->telr));
    return 12 * soft_max((stmro - 13) / 6, 8) - 28 * soft_max((stmro + 1) / 19.4, 35) -
           13 * soft_max((stmro - 3) / 33, 13) + 29;
}

/* Quantizing distortion (7.3.3). */
static double iq(const struct emodel *m)
{
    double q = 37 - 15 * log10(m->qdu);
    double g = 1.07 + 0.258 * q + 0.0602 * q * q;
    double y = (emodel_ro(m) - 100) / 15 + 46 / 8.4 - g / 9;
    double z = 46.0 / 30 - g / 40;
    return 15 * log10(1 + pow(10, y) + pow(10, z));
}

double emodel_is(const struct emodel *m)
{
    return iolr(m) + ist(m) + iq(m);
}

/* Talker echo (7.4.1). */
static double idte(const struct emodel *m)
{
    double terv = m->telr - 40 * log10((1 + m->t / 10) / (1 + m->t / 150)) + 6 * exp(-0.3 * square(m->t));
    if (m->stmr < 9)
        terv += ist(m) / 2;
    double re = 80 + 2.5 * (terv - 14), roe = -1.5 * (noise(m) - m->rlr);
    double id = ((roe - re) / 2 + sqrt(square(roe - re) / 4 + 100) - 1) * (1 - exp(-m->t));
    return m->stmr > 20 ? sqrt(square(id) + square(ist(m))) : id;
}

/* Listener echo (7.4.2). */
static double idle(const struct emodel *m)
{
    double rle = 10.5 * (m->wepl + 7) * pow(m->tr + 1, -0.25), ro = emodel_ro(m);
    return (ro - rle) / 2 + sqrt(square(ro - rle) / 4 + 169);
}

/* Absolute delay (7.4.3), delay sensitivity class "default": sT = 1, mT = 100 ms. */
static double idd(const struct emodel *m)
{
    if (m->ta <= 100)
        return 0;
    double x = log2(m->ta / 100);
    return 25 * (soft_max(x, 6) - 3 * soft_max(x / 3, 6) + 2);
}

double emodel_id(const struct emodel *m)
{
    return idte(m) + idle(m) + idd(m);
}

double emodel_ie_eff(const struct emodel *m)
{
    return m->ie + (95 - m->ie) * m->ppl / (m->ppl / m->burst_r + m->bpl);
}

double emodel_r(const struct emodel *m)
{
    return emodel_ro(m) - emodel_is(m) - emodel_id(m) - emodel_ie_eff(m) + m->a;
}

double emodel_mos(double r)
{
    if (r <= 0)
        return 1;
    return r > 100 ? 4.5 : fmax(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

double emodel_voip(double ie, double bpl, double delay_ms, double loss_percent, double burst_r)
{
    struct emodel m = emodel_defaults;
    m.ta = delay_ms;
    m.ie = ie;
    m.bpl = bpl;
    m.ppl = loss_percent;
    m.burst_r = burst_r;
    return emodel_r(&m);
}

double emodel_burst_ratio(unsigned long long n_packets, unsigned long long n_lost, unsigned long long n_bursts)
{
    if (!n_lost || !n_bursts || n_lost >= n_packets)
        return 1;
    double mean = (double)n_lost / (double)n_bursts, random = (double)n_packets / (double)(n_packets - n_lost);
    return mean > random ? mean / random : 1;
}

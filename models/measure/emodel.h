/* emodel.h - speech quality from delay and loss: the E-model of ITU-T G.107 (06/2015), narrowband.
 *
 * emodel_r is the whole formula of section 7 with every parameter of its table 2; emodel_voip is what a packet call
 * needs: all defaults, delay and loss measured, the codec's Ie and Bpl from G.113 appendix I
 * (models/traffic/codec.h). Delays in milliseconds, loss in per cent, as in the Recommendation.
 */
#ifndef ESPSIM_MEASURE_EMODEL_H
#define ESPSIM_MEASURE_EMODEL_H

struct emodel {
    double slr, rlr;   /* send, receive loudness rating, dB */
    double stmr, lstr; /* sidetone masking, listener sidetone rating, dB */
    double ds, dr;     /* D-value of telephone, send and receive side */
    double telr;       /* talker echo loudness rating, dB */
    double wepl;       /* weighted echo path loss, dB */
    double t;          /* mean one-way delay of the echo path, ms */
    double tr;         /* round-trip delay in a 4-wire loop, ms */
    double ta;         /* absolute delay in echo-free connections, ms */
    double qdu;        /* quantization distortion units */
    double ie;         /* equipment impairment factor */
    double bpl;        /* packet-loss robustness factor */
    double ppl;        /* packet-loss probability, % */
    double burst_r;    /* burst ratio: mean burst of losses / the same under random loss */
    double nc;         /* circuit noise referred to the 0 dBr point, dBm0p */
    double nfor;       /* noise floor at the receive side, dBmp */
    double ps, pr;     /* room noise, send and receive side, dB(A) */
    double a;          /* advantage factor */
};

extern const struct emodel emodel_defaults; /* G.107 table 2; R = 93.2 */

/* Rating factor R; 0 to 100 for what people call a telephone connection, not cut off at either end. */
double emodel_r(const struct emodel *m);

/* The parts of R. */
double emodel_ro(const struct emodel *m);     /* basic signal-to-noise ratio */
double emodel_is(const struct emodel *m);     /* simultaneous impairments */
double emodel_id(const struct emodel *m);     /* delay and echo */
double emodel_ie_eff(const struct emodel *m); /* codec and packet loss */

/* Mean opinion score, conversational, 1 to 4.5 (annex B). Below R of about 6.5 the cubic leaves the scale: 1. */
double emodel_mos(double r);

/* R of a call over a path of mouth-to-ear delay `delay_ms` that loses `loss_percent` of the packets, echo being
 * cancelled (T = Tr = 0: IP telephones). */
double emodel_voip(double ie, double bpl, double delay_ms, double loss_percent, double burst_r);

/* BurstR of a measured call: mean length of the bursts of losses seen, over 1 / (1 - loss). 1 where nothing was lost,
 * and not below 1, since G.107 has Ie-eff for BurstR >= 1 only. */
double emodel_burst_ratio(unsigned long long n_packets, unsigned long long n_lost, unsigned long long n_bursts);

#endif

/* codec.h - speech codecs: what they send, and how sensitive they are to loss (family `codec`).
 *
 * Rows of numbers only, so they share one table. Ie and Bpl are those of ITU-T G.113 appendix I for the E-model
 * (models/measure/emodel.h). A codec's decoder conceals losses (PLC) unless its name says otherwise.
 */
#ifndef ESPSIM_TRAFFIC_CODEC_H
#define ESPSIM_TRAFFIC_CODEC_H

#include "models/base/family.h"
#include "models/base/units.h"

#include <stdint.h>

struct codec {
    struct member m;
    uint16_t frame_octets; /* of one frame */
    sim_time frame;        /* speech that one frame holds */
    uint8_t frames;        /* per packet, as usually sent */
    sim_time lookahead;    /* algorithmic delay beyond the frame */
    uint32_t clock;        /* RTP timestamp units per second */
    uint8_t payload_type;  /* RTP, RFC 3551 table 4; 96 and more: dynamic */
    double ie;             /* equipment impairment factor without loss */
    double bpl;            /* packet-loss robustness factor */
};

extern const struct family codec_family;

const struct codec *codec_find(const char *name, struct err *e);

/* RTP payload octets of a packet of n frames, and the time between packets. */
static inline uint32_t codec_payload_len(const struct codec *c, uint32_t n_frames)
{
    return c->frame_octets * n_frames;
}

static inline sim_time codec_interval(const struct codec *c, uint32_t n_frames)
{
    return c->frame * n_frames;
}

#endif

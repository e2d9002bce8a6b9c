#include "models/traffic/codec.h"

static const struct codec g711 = {
    .m = {"g711", "64 kbit/s PCM with packet-loss concealment", "ITU-T G.711 and appendix I; G.113 table I.4"},
    .frame_octets = 80,
    .frame = 10 * NS_PER_MS,
    .frames = 2,
    .lookahead = 3750 * NS_PER_US,
    .clock = 8000,
    .payload_type = 0,
    .ie = 0,
    .bpl = 25.1,
};

static const struct codec g711_no_plc = {
    .m = {"g711-no-plc", "64 kbit/s PCM, losses not concealed", "ITU-T G.711; G.113 table I.4"},
    .frame_octets = 80,
    .frame = 10 * NS_PER_MS,
    .frames = 2,
    .clock = 8000,
    .payload_type = 0,
    .ie = 0,
    .bpl = 4.3,
};

static const struct codec g729 = {
    .m = {"g729", "8 kbit/s CS-ACELP (G.729A + VAD)", "ITU-T G.729 annexes A, B; G.113 table I.4"},
    .frame_octets = 10,
    .frame = 10 * NS_PER_MS,
    .frames = 2,
    .lookahead = 5 * NS_PER_MS,
    .clock = 8000,
    .payload_type = 18,
    .ie = 11,
    .bpl = 19,
};

static const struct codec g723 = {
    .m = {"g723", "6.3 kbit/s MP-MLQ (G.723.1 + VAD)", "ITU-T G.723.1; G.113 table I.4"},
    .frame_octets = 24,
    .frame = 30 * NS_PER_MS,
    .frames = 1,
    .lookahead = 7500 * NS_PER_US,
    .clock = 8000,
    .payload_type = 4,
    .ie = 15,
    .bpl = 16.1,
};

static const struct codec gsm_efr = {
    .m = {"gsm-efr", "12.2 kbit/s enhanced full rate", "ETSI EN 300 726, RFC 3551 section 4.5.9; G.113 table I.4"},
    .frame_octets = 31,
    .frame = 20 * NS_PER_MS,
    .frames = 1,
    .clock = 8000,
    .payload_type = 96,
    .ie = 5,
    .bpl = 10,
};

static const struct member *const members[] = {&g711.m, &g711_no_plc.m, &g729.m, &g723.m, &gsm_efr.m};

const struct family codec_family = {"codec", "speech codecs of VoIP calls", members,
                                    sizeof members / sizeof members[0]};

const struct codec *codec_find(const char *name, struct err *e)
{
    return (const struct codec *)family_find(&codec_family, name, e);
}

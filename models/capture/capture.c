#include "models/capture/capture.h"

#include "models/base/cursor.h"
#include "models/files/file.h"

#include <assert.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How to find IP in a frame of a link type: false where there is none. */
typedef bool (*strip)(struct rd *r);

struct capture {
    pcap_t *pcap;
    char *buffer; /* of the file's stream: longer than stdio's, which asks the system for every 4 KiB; or NULL */
    char *path;
    strip strip;
    int link_type;
    uint64_t n_frames;
    bool cut; /* the file ends within a record */
};

enum { BUFFER_LEN = 1 << 18 };

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_QINQ = 0x88a8,
    ETHERTYPE_OLD_QINQ = 0x9100,
    ETHERTYPE_PPPOE = 0x8864, /* session stage */
};

static bool is_ip(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6;
}

static bool is_vlan(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ || ethertype == ETHERTYPE_OLD_QINQ;
}

/* Two octets, or one where the protocol was compressed: then it is odd (RFC 1661 6.5). */
static bool strip_ppp_protocol(struct rd *r)
{
    enum { PPP_IPV4 = 0x21, PPP_IPV6 = 0x57 };
    bool compressed = rd_left(r) && r->at[0] & 1;
    uint16_t protocol = compressed ? rd_u8(r) : rd_u16(r);
    return r->ok && (protocol == PPP_IPV4 || protocol == PPP_IPV6);
}

/* VLAN tags, and PPP over Ethernet (RFC 2516): version and type, code, session, length. */
static bool strip_ethertype(struct rd *r, uint16_t ethertype)
{
    while (is_vlan(ethertype)) {
        rd_skip(r, 2);
        ethertype = rd_u16(r);
    }
    if (ethertype == ETHERTYPE_PPPOE) {
        rd_skip(r, 6);
        return strip_ppp_protocol(r);
    }
    return r->ok && is_ip(ethertype);
}

static bool strip_raw(struct rd *r)
{
    (void)r;
    return true; /* whatever it is, it claims to be IP: an empty or odd packet is malformed, not foreign */
}

static bool strip_ethernet(struct rd *r)
{
    rd_skip(r, 12);
    return strip_ethertype(r, rd_u16(r));
}

static bool strip_sll(struct rd *r)
{
    rd_skip(r, 14);
    return strip_ethertype(r, rd_u16(r));
}

static bool strip_sll2(struct rd *r)
{
    uint16_t ethertype = rd_u16(r);
    rd_skip(r, 18);
    return strip_ethertype(r, ethertype);
}

/* A 4-octet address family in the byte order of whoever captured: 2 is IPv4 everywhere, IPv6 differs by system. */
static bool strip_loopback(struct rd *r)
{
    const uint8_t *b = rd_bytes(r, 4);
    uint32_t family = b ? (b[0] | b[1] ? (uint32_t)(b[1] << 8 | b[0]) : (uint32_t)(b[2] << 8 | b[3])) : 0;
    return family == 2 || family == 24 || family == 28 || family == 30 || family == 10;
}

static bool strip_ppp(struct rd *r)
{
    if (rd_left(r) >= 2 && r->at[0] == 0xff && r->at[1] == 0x03)
        rd_skip(r, 2);
    return strip_ppp_protocol(r);
}

/* Cisco's HDLC: address, control, then an Ethertype. */
static bool strip_chdlc(struct rd *r)
{
    rd_skip(r, 2);
    return strip_ethertype(r, rd_u16(r));
}

/* Linux' netfilter log, in which tcpdump writes a gateway's packets before and behind ESP (-i nflog:GROUP): address
 * family, version, group, then attributes of length (itself included) and type in the byte order of whoever captured,
 * each filled up to 4 octets. The packet is one of them. */
static bool strip_nflog(struct rd *r)
{
    enum { INET = 2, INET6 = 10, HEAD_LEN = 4, PAYLOAD = 9 };
    uint8_t family = rd_u8(r);
    rd_skip(r, 3);
    while (r->ok && rd_left(r)) {
        const uint8_t *b = rd_bytes(r, HEAD_LEN);
        bool little = b && !(b[3] & 0x7f); /* types are small, and none is 0; the highest bit is a flag */
        size_t len = !b ? 0 : little ? (size_t)(b[1] << 8 | b[0]) : (size_t)(b[0] << 8 | b[1]);
        if (len < HEAD_LEN)
            return false;
        len -= HEAD_LEN;
        if (b[little ? 2 : 3] == PAYLOAD) {
            *r = rd_over(r->at, len < rd_left(r) ? len : rd_left(r));
            return family == INET || family == INET6;
        }
        rd_skip(r, (len + 3) / 4 * 4);
    }
    return false;
}

enum { DLT_RAW_OPENBSD = 14 }; /* libpcap takes it as it stands in the file */

static const struct {
    int link_type;
    strip strip;
} strips[] = {
    {DLT_RAW, strip_raw},         {DLT_IPV4, strip_raw},      {DLT_IPV6, strip_raw},
    {DLT_EN10MB, strip_ethernet}, {DLT_LINUX_SLL, strip_sll}, {DLT_LINUX_SLL2, strip_sll2},
    {DLT_NULL, strip_loopback},   {DLT_LOOP, strip_loopback}, {DLT_PPP, strip_ppp},
    {DLT_PPP_SERIAL, strip_ppp},  {DLT_C_HDLC, strip_chdlc},  {DLT_NFLOG, strip_nflog},
    {DLT_RAW_OPENBSD, strip_raw},
};

static strip strip_of(int link_type)
{
    for (size_t i = 0; i < sizeof strips / sizeof *strips; i++)
        if (strips[i].link_type == link_type)
            return strips[i].strip;
    return NULL;
}

/* Standard input keeps its own, since it outlives the capture. */
static char *give_buffer(FILE *file)
{
    char *buffer = file == stdin ? NULL : malloc(BUFFER_LEN);
    if (buffer)
        setvbuf(file, buffer, _IOFBF, BUFFER_LEN);
    return buffer;
}

static FILE *open_file(const char *path, enum file_source from, struct err *e)
{
    if (from == FILE_ASKED && !strcmp(path, "-"))
        return stdin;
    int fd = file_open(path, from, e);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    assert(file || fd < 0);
    return file;
}

static struct capture *open_from(const char *path, enum file_source from, struct err *e)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    FILE *file = open_file(path, from, e);
    if (!file)
        return NULL;
    char *buffer = give_buffer(file);
    pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (!pcap) {
        err_set(e, "%s: is no pcap or pcapng capture: %s; what `capinfos` can read, `editcap IN OUT` turns into one",
                path, why);
        if (file != stdin)
            fclose(file);
        free(buffer);
        return NULL;
    }
    int link_type = pcap_datalink(pcap);
    if (!strip_of(link_type)) {
        const char *name = pcap_datalink_val_to_name(link_type);
        err_set(e,
                "%s: has the link type %d%s%s, in which no IP is looked for; where N octets stand in front of each IP "
                "header, `editcap -L -C N -T rawip IN OUT` cuts them off",
                path, link_type, name ? ", " : "", name ? name : "");
        pcap_close(pcap);
        free(buffer);
        return NULL;
    }
    struct capture *c = calloc(1, sizeof *c);
    assert(c);
    *c = (struct capture){
        .pcap = pcap, .buffer = buffer, .path = strdup(path), .strip = strip_of(link_type), .link_type = link_type};
    return c;
}

struct capture *capture_open(const char *path, struct err *e)
{
    return open_from(path, FILE_ASKED, e);
}

struct capture *capture_open_found(const char *path, struct err *e)
{
    return open_from(path, FILE_FOUND, e);
}

/* What libpcap says where the file ends and a record does not. */
static bool ends_within_record(const struct capture *c)
{
    const char *why = pcap_geterr(c->pcap);
    return !strncmp(why, "truncated ", strlen("truncated ")) && strstr(why, "dump file; tried to read");
}

bool capture_is_cut(const struct capture *c, struct err *e)
{
    if (c->cut)
        err_set(e, "%s: ends within the record behind packet %llu; what stands before it is taken", c->path,
                (unsigned long long)c->n_frames);
    return c->cut;
}

/* libpcap takes a pcapng whose interfaces have one link type and one snap length, and says so in these words. */
static void explain_broken(const struct capture *c, struct err *e)
{
    const char *why = pcap_geterr(c->pcap);
    if (strstr(why, "of the first interface"))
        err_set(e,
                "%s: has packets of several interfaces, and %s; where they share a link type, `editcap -F pcap IN OUT` "
                "makes one of them; where not, `tshark -r IN -Y 'frame.interface_id == 0' -w ONE` and `editcap -F pcap "
                "-T ether ONE OUT` take one out (-T rawip, -T linux-sll: as its type is)",
                c->path, why);
    else
        err_set(e, "%s: is damaged after packet %llu: %s; `editcap IN OUT` keeps what stands before", c->path,
                (unsigned long long)c->n_frames, why);
}

/* Seconds of a pcap file have no sign, though libpcap gives them one. */
static bool time_of(const struct capture *c, const struct timeval *ts, sim_time *time)
{
    enum { PCAP_MAJOR = 2 };
    int64_t s = pcap_major_version(c->pcap) == PCAP_MAJOR ? (uint32_t)ts->tv_sec : ts->tv_sec;
    if (s < 0 || s > INT64_MAX / NS_PER_S - 4 || ts->tv_usec < 0 || ts->tv_usec > INT32_MAX)
        return false;
    *time = s * NS_PER_S + ts->tv_usec; /* opened for nanoseconds */
    return true;
}

static enum capture_got refuse_time(const struct capture *c, struct err *e)
{
    err_set(
        e,
        "%s: packet %llu: its time is none from 1970 to 2262, or has a broken fraction; `editcap -t SECONDS IN OUT` "
        "moves all times",
        c->path, (unsigned long long)c->n_frames);
    return CAPTURE_BROKEN;
}

enum capture_got capture_next(struct capture *c, struct capture_packet *p, struct err *e)
{
    struct pcap_pkthdr *head;
    const u_char *data;
    int got = pcap_next_ex(c->pcap, &head, &data);
    c->cut = c->cut || (got == PCAP_ERROR && ends_within_record(c));
    if (got == PCAP_ERROR_BREAK || c->cut)
        return CAPTURE_END;
    if (got != 1) {
        explain_broken(c, e);
        return CAPTURE_BROKEN;
    }
    c->n_frames++;
    sim_time time;
    if (!time_of(c, &head->ts, &time))
        return refuse_time(c, e);
    struct rd r = rd_over(data, head->caplen);
    bool ip = c->strip(&r);
    *p = (struct capture_packet){.time = time,
                                 .data = r.at,
                                 .len = rd_left(&r),
                                 .cut = head->len > head->caplen ? head->len - head->caplen : 0,
                                 .frame_len = head->len};
    return ip && r.ok ? CAPTURE_PACKET : CAPTURE_NOT_IP;
}

const char *capture_link_type(const struct capture *c)
{
    return pcap_datalink_val_to_name(c->link_type);
}

void capture_close(struct capture *c)
{
    if (!c)
        return;
    pcap_close(c->pcap);
    free(c->buffer);
    free(c->path);
    free(c);
}

/* capture.h - packet captures as IP packets: reads pcap and pcapng of any link type that carries IP, through libpcap.
 *
 * The one room of models/ that reads files: the analysis and the simulation (replay of a capture) both need it.
 *
 * Link types: raw IP; Ethernet with VLAN tags and PPPoE; Linux cooked (v1 and v2); BSD loopback; PPP, also in HDLC;
 * Cisco's HDLC; Linux' netfilter log. Frames that carry no IP are told apart, not lost silently.
 */
#ifndef ESPSIM_CAPTURE_CAPTURE_H
#define ESPSIM_CAPTURE_CAPTURE_H

#include "models/base/err.h"
#include "models/base/units.h"

#include <stdbool.h>
#include <stdint.h>

struct capture;

struct capture_packet {
    sim_time time;       /* nanoseconds since 1970, never before; may be earlier than the packet's before */
    const uint8_t *data; /* the IP packet; valid until the next call */
    size_t len;          /* octets present, link padding included */
    size_t cut;          /* octets that the capture's snap length took off the end */
    size_t frame_len;    /* octets of the frame on the wire, as the capture tells */
};

enum capture_got { CAPTURE_PACKET, CAPTURE_NOT_IP, CAPTURE_END, CAPTURE_BROKEN };

/* Opens `path` ("-": standard input). NULL and `e` for what is no capture, or has a link type without IP. */
struct capture *capture_open(const char *path, struct err *e);
/* The same of a path that a file names: it must be a plain file. */
struct capture *capture_open_found(const char *path, struct err *e);
/* CAPTURE_BROKEN: the file is damaged, or has a time that no number here holds; `e` says where. */
enum capture_got capture_next(struct capture *c, struct capture_packet *p, struct err *e);
/* After CAPTURE_END: whether the file ends within a record, as one does whose writer was killed. `e` then is a warning.
 */
bool capture_is_cut(const struct capture *c, struct err *e);
const char *capture_link_type(const struct capture *c);
void capture_close(struct capture *c);

#endif

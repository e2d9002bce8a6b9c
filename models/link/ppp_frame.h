/* ppp_frame.h - the octets around an IP packet in a PPP frame (RFC 1661, RFC 1662), for those who count stuffing. */
#ifndef ESPSIM_LINK_PPP_FRAME_H
#define ESPSIM_LINK_PPP_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* One flag between two frames, address 0xff, control 0x03, protocol 2, FCS-16. */
#define PPP_HEAD_LEN  4
#define PPP_FCS_LEN   2
#define PPP_FRAME_LEN (1 + PPP_HEAD_LEN + PPP_FCS_LEN)

struct ppp_frame {
    uint8_t
        head[PPP_HEAD_LEN];   /* address .. protocol: 0x0021 for IPv4, 0x0057 for IPv6, by the version of the packet */
    uint8_t fcs[PPP_FCS_LEN]; /* as sent, low octet first */
};

struct ppp_frame ppp_frame_of(const uint8_t *packet, size_t len);

#endif

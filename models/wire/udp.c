#include "models/wire/udp.h"

bool udp_read(struct udp *h, struct rd *r)
{
    size_t present = rd_left(r);
    h->sport = rd_u16(r);
    h->dport = rd_u16(r);
    h->len = rd_u16(r);
    h->checksum = rd_u16(r);
    return r->ok = r->ok && h->len >= UDP_HEAD_LEN && h->len <= present;
}

void udp_write(const struct udp *h, struct wr *w)
{
    wr_u16(w, h->sport);
    wr_u16(w, h->dport);
    wr_u16(w, h->len);
    wr_u16(w, h->checksum);
}

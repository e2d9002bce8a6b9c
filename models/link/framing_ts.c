#include "models/link/framing_ts.h"

static void open_cell(struct framing *f, struct frame_cost *c)
{
    c->framing += TS_HEAD_LEN;
    c->cells++;
    f->room = TS_PAYLOAD_LEN;
    f->pointed = false;
}

struct frame_cost ts_offer(struct framing *f, size_t len, uint32_t head, uint32_t min_start)
{
    struct frame_cost c = {.framing = head};
    if (f->room < min_start + !f->pointed) {
        c.padding += f->room;
        open_cell(f, &c);
    }
    if (!f->pointed) {
        f->pointed = true;
        f->room--;
        c.framing++;
    }
    for (size_t left = len + head; left;) {
        if (!f->room)
            open_cell(f, &c);
        size_t part = left < f->room ? left : f->room;
        f->room -= (uint32_t)part;
        left -= part;
    }
    return c;
}

struct frame_cost ts_offer_padded(struct framing *f, size_t len, uint32_t head, uint32_t min_start)
{
    struct frame_cost c = ts_offer(f, len, head, min_start);
    c.padding += f->room;
    f->room = 0;
    return c;
}

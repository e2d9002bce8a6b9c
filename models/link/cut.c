#include "models/link/cut.h"

#include <assert.h>

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Octets for one more piece, header included; at least `need`. */
static uint32_t piece_room(struct framing *f, const struct cut *cut, uint32_t need, struct frame_cost *c)
{
    if (!cut->cell) {
        c->cells++;
        return cut->piece_max;
    }
    if (f->room < need) {
        c->padding += f->room;
        c->framing += cut->cell_head;
        c->cells++;
        c->symbols += cut->symbols;
        f->room = cut->cell;
    }
    assert(f->room >= need);
    return least(f->room, cut->piece_max);
}

static void take(struct framing *f, const struct cut *cut, uint32_t octets)
{
    f->room -= cut->cell ? octets : 0;
}

struct frame_cost cut_offer(struct framing *f, const struct cut *cut, uint32_t len)
{
    struct frame_cost c = {0};
    uint32_t room = piece_room(f, cut, least(cut->start, cut->whole + len - 1) + 1, &c);
    if (cut->whole + len <= room) {
        c.framing += cut->whole;
        take(f, cut, cut->whole + len);
        return c;
    }
    uint32_t left = len - (room - cut->start);
    c.framing += cut->start;
    take(f, cut, room);
    for (;;) {
        room = piece_room(f, cut, cut->next + 1 + (left == 1 ? cut->trailer : 0), &c);
        c.framing += cut->next;
        if (cut->next + left + cut->trailer <= room) {
            c.framing += cut->trailer;
            take(f, cut, cut->next + left + cut->trailer);
            return c;
        }
        uint32_t data = least(room - cut->next, left - 1);
        take(f, cut, cut->next + data);
        left -= data;
    }
}

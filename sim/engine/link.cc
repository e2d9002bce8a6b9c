#include "sim/engine/link.h"

#include "sim/engine/engine_impl.h"

#include <ns3/simulator.h>

#include <cassert>
#include <cstring>
#include <new>

namespace espsim
{

/* A packet at a modem or on its way, and its arrival as an event: one piece of memory per packet, octets behind it. */
class Frame : public ns3::EventImpl
{
  public:
    static Frame *make(engine *eng, int to, const uint8_t *packet, size_t len, size_t link_octets, uint64_t cookie)
    {
        Frame *frame = new (len) Frame(eng, to, len, link_octets, cookie);
        memcpy(frame->octets(), packet, len);
        return frame;
    }

    void *operator new(size_t size, size_t len)
    {
        return ::operator new(size + len);
    }

    void operator delete(void *p)
    {
        ::operator delete(p);
    }

    uint8_t *octets()
    {
        return reinterpret_cast<uint8_t *>(this + 1);
    }

    engine *const eng;
    const int to;
    const size_t len;
    const size_t link_octets;
    const uint64_t cookie;
    Frame *next = nullptr;
    bool lost = false;

  private:
    Frame(engine *e, int side, size_t n, size_t on_link, uint64_t c)
        : eng(e), to(side), len(n), link_octets(on_link), cookie(c)
    {
    }

    void Notify() override
    {
        eng->hooks.from_link(eng->hooks.ctx, to, octets(), len, cookie);
    }
};

class Modem::LastBit : public ns3::EventImpl
{
  public:
    explicit LastBit(Modem *modem) : m_modem(modem) {}

  private:
    void Notify() override
    {
        m_modem->last_bit();
    }

    Modem *m_modem;
};

Modem::Modem(engine *eng, int side, const eng_link &link)
    : m_eng(eng), m_side(side), m_link(link), m_last_bit(new LastBit(this), false)
{
}

Modem::~Modem()
{
    if (m_sending)
        m_sending->Unref();
    while (m_head) {
        Frame *frame = m_head;
        m_head = frame->next;
        frame->Unref();
    }
}

bool Modem::has_room(size_t link_octets) const
{
    if (m_link.queue_octets)
        return m_octets + link_octets <= m_link.queue_octets;
    return m_packets < m_link.queue_packets;
}

void Modem::offer(const uint8_t *packet, size_t len, size_t link_octets, uint64_t cookie)
{
    assert(link_octets >= len + 2);
    if (m_sending && !has_room(link_octets)) {
        m_eng->hooks.link_event(m_eng->hooks.ctx, m_side, ENG_LINK_DROP_QUEUE, cookie, link_octets);
        return;
    }
    Frame *frame = Frame::make(m_eng, 1 - m_side, packet, len, link_octets, cookie);
    if (!m_sending) {
        start(frame);
        return;
    }
    (m_head ? m_tail->next : m_head) = frame;
    m_tail = frame;
    m_packets++;
    m_octets += link_octets;
}

void Modem::start(Frame *frame)
{
    m_sending = frame;
    frame->lost = !m_up;
    m_last_bit->Ref(); /* given back by the simulator after the event */
    schedule(units_tx_time(frame->link_octets, m_link.rate), ns3::PeekPointer(m_last_bit));
}

void Modem::last_bit()
{
    Frame *sent = m_sending;
    m_sending = nullptr;
    if (m_head) {
        Frame *next = m_head;
        m_head = next->next;
        m_packets--;
        m_octets -= next->link_octets;
        start(next);
    }
    bool lost = sent->lost || !m_up;
    uint64_t cookie = sent->cookie;
    size_t link_octets = sent->link_octets;
    if (lost)
        sent->Unref();
    else
        schedule(m_link.delay, sent); /* takes it */
    m_eng->hooks.link_event(m_eng->hooks.ctx, m_side, lost ? ENG_LINK_LOST_OUTAGE : ENG_LINK_SENT, cookie, link_octets);
}

void Modem::set(bit_rate rate, sim_time delay, bool up)
{
    m_link.rate = rate;
    m_link.delay = delay;
    m_up = up;
    if (m_sending && !up)
        m_sending->lost = true; /* also where the link is up again at its last bit */
}

uint64_t Modem::queued_packets() const
{
    return m_packets;
}

uint64_t Modem::queued_octets() const
{
    return m_octets;
}

} // namespace espsim

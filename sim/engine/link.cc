#include "sim/engine/link.h"

#include "sim/engine/engine_impl.h"

#include <ns3/simulator.h>

#include <cassert>
#include <cstring>
#include <new>

namespace espsim
{

Frame *Frame::make(engine *eng, int to, const eng_packet &packet)
{
    Frame *frame = new (packet.len) Frame(eng, to, packet);
    memcpy(frame->octets(), packet.octets, packet.len);
    return frame;
}

Frame::Frame(engine *e, int side, const eng_packet &packet)
    : eng(e), to(side), len(packet.len), cookie(packet.cookie), band(packet.band), link_octets(packet.link_octets)
{
}

void Frame::Notify()
{
    eng->hooks.from_link(eng->hooks.ctx, to, octets(), len, cookie);
}

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
    : m_eng(eng), m_side(side), m_link(link), m_last_bit(new LastBit(this), false), m_queue(Queue::make(link, this))
{
}

Modem::~Modem()
{
    if (m_sending)
        m_sending->Unref();
}

void Modem::tell(const Frame *frame, eng_link_event what)
{
    m_eng->hooks.link_event(m_eng->hooks.ctx, m_side, what, frame->cookie, frame->link_octets);
}

void Modem::thrown_away(const Frame *frame)
{
    tell(frame, ENG_LINK_DROP_AQM);
}

void Modem::offer(const eng_packet &packet)
{
    assert(packet.link_octets >= packet.len);
    Frame *frame = Frame::make(m_eng, 1 - m_side, packet);
    if (!m_busy) {
        start(frame);
    } else if (!m_queue->put(frame)) {
        tell(frame, ENG_LINK_DROP_QUEUE);
        frame->Unref();
    }
}

void Modem::start(Frame *frame)
{
    const eng_hooks &hooks = m_eng->hooks;
    if (hooks.link_start) {
        eng_cost cost = hooks.link_start(hooks.ctx, m_side, frame->octets(), frame->len, frame->cookie);
        assert(cost.octets >= frame->len);
        frame->link_octets = cost.octets;
        frame->room = cost.room;
    }
    m_busy = true;
    m_sending = frame;
    frame->lost = !m_up;
    m_last_bit->Ref(); /* given back by the simulator after the event */
    schedule(units_tx_time(frame->link_octets, m_link.rate), ns3::PeekPointer(m_last_bit));
}

/* Nothing waits: a started cell is sent to its end. */
void Modem::fill_up()
{
    const eng_hooks &hooks = m_eng->hooks;
    size_t padding = hooks.link_idle ? hooks.link_idle(hooks.ctx, m_side) : 0;
    m_busy = padding > 0;
    if (!m_busy)
        return;
    m_last_bit->Ref();
    schedule(units_tx_time(padding, m_link.rate), ns3::PeekPointer(m_last_bit));
}

void Modem::last_bit()
{
    Frame *sent = m_sending;
    sim_time complete = sent ? now() + units_tx_time(sent->room, m_link.rate) : 0;
    m_sending = nullptr;
    if (Frame *next = m_queue->take())
        start(next);
    else
        fill_up();
    if (!sent)
        return;
    bool lost = sent->lost || !m_up;
    sent->Ref(); /* for what there is to tell, since the event that it becomes is the simulator's */
    m_complete = complete > m_complete ? complete : m_complete; /* a rate that rises within a cell overtakes nothing */
    if (!lost)
        schedule(m_complete - now() + m_link.delay, sent);
    tell(sent, lost ? ENG_LINK_LOST_OUTAGE : ENG_LINK_SENT);
    if (lost)
        sent->Unref();
    sent->Unref();
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
    return m_queue->packets();
}

uint64_t Modem::queued_octets() const
{
    return m_queue->octets();
}

} // namespace espsim

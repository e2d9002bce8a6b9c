#include "sim/engine/link.h"

#include "sim/engine/engine_impl.h"

#include <ns3/simulator.h>

#include <cassert>

namespace espsim
{

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

class Modem::Arrival : public ns3::EventImpl
{
  public:
    explicit Arrival(Modem *modem) : m_modem(modem) {}

  private:
    void Notify() override
    {
        m_modem->arrive();
    }

    Modem *m_modem;
};

Modem::Modem(engine *eng, int side, const eng_link &link)
    : m_eng(eng), m_side(side), m_link(link), m_last_bit(new LastBit(this), false), m_arrival(new Arrival(this), false),
      m_queue(Queue::make(link, this))
{
}

Modem::~Modem()
{
    if (m_sending)
        m_sending->Unref();
    while (Frame *frame = m_flying) {
        m_flying = frame->next;
        frame->Unref();
    }
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
    m_sending = frame;
    frame->lost = !m_up;
    transmit(frame->link_octets);
}

void Modem::transmit(size_t octets)
{
    m_busy = true;
    m_begun += octets;
    m_left = octets * 8 * NS_PER_S;
    await_last_bit();
}

/* The transmitter's time counts from now; a link of rate 0 stands still until its rate changes. */
void Modem::await_last_bit()
{
    m_counted = now();
    if (m_left && !m_link.rate) {
        m_end = standstill;
        return;
    }
    sim_time takes = m_left ? static_cast<sim_time>((m_left + m_link.rate - 1) / m_link.rate) : 0;
    m_end = m_counted + takes;
    m_last_bit->Ref(); /* given back by the simulator after the event */
    schedule(takes, ns3::PeekPointer(m_last_bit));
}

/* Of the transmission that is going on; bits * 10^9. */
uint64_t Modem::left_now() const
{
    if (!m_busy)
        return 0;
    uint64_t sent = static_cast<uint64_t>(now() - m_counted) * m_link.rate;
    return sent < m_left ? m_left - sent : 0;
}

double Modem::sent_bits() const
{
    return 8 * static_cast<double>(m_begun) - static_cast<double>(left_now()) / NS_PER_S;
}

/* What is left of a transmission goes on at another rate. */
void Modem::change_rate(bit_rate rate)
{
    if (m_busy)
        m_left = left_now();
    m_link.rate = rate;
    if (m_busy)
        await_last_bit();
}

/* Nothing waits: a started cell is sent to its end. */
void Modem::fill_up()
{
    const eng_hooks &hooks = m_eng->hooks;
    m_busy = false;
    if (size_t padding = hooks.link_idle ? hooks.link_idle(hooks.ctx, m_side) : 0)
        transmit(padding);
}

void Modem::last_bit()
{
    if (!m_busy || now() < m_end)
        return; /* awaited before the rate changed */
    Frame *sent = m_sending;
    sim_time complete = now() + (sent && m_link.rate ? units_tx_time(sent->room, m_link.rate) : 0);
    m_sending = nullptr;
    if (Frame *next = m_queue->take())
        start(next);
    else
        fill_up();
    if (!sent)
        return;
    bool lost = sent->lost || !m_up;
    m_complete = complete > m_complete ? complete : m_complete; /* a rate that rises within a cell overtakes nothing */
    sent->Ref();
    if (!lost)
        fly(sent);
    tell(sent, lost ? ENG_LINK_LOST_OUTAGE : ENG_LINK_SENT);
    if (lost)
        sent->Unref();
    sent->Unref();
}

void Modem::await_first()
{
    m_arrival->Ref();
    schedule(m_flying->arrival - now(), ns3::PeekPointer(m_arrival));
}

/* Takes the frame. Where the delay has become shorter, it overtakes others. */
void Modem::fly(Frame *frame)
{
    frame->arrival = m_complete + m_link.delay;
    frame->next = nullptr;
    if (m_flying && frame->arrival >= m_last_flying->arrival) {
        m_last_flying->next = frame;
        m_last_flying = frame;
        return;
    }
    Frame **at = &m_flying;
    while (*at && (*at)->arrival <= frame->arrival)
        at = &(*at)->next;
    frame->next = *at;
    *at = frame;
    if (!frame->next)
        m_last_flying = frame;
    if (frame == m_flying)
        await_first();
}

void Modem::arrive()
{
    Frame *frame = m_flying;
    if (!frame || frame->arrival > now())
        return; /* awaited before another one overtook */
    m_flying = frame->next;
    if (m_flying)
        await_first();
    m_eng->hooks.from_link(m_eng->hooks.ctx, 1 - m_side, frame->octets(), frame->len, frame->cookie);
    frame->Unref();
}

void Modem::set(bit_rate rate, sim_time delay, bool up)
{
    if (rate != m_link.rate)
        change_rate(rate);
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

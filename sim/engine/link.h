/* link.h - a modem of the satellite link: queue, transmitter, propagation to the other side.
 *
 * The same law as ns-3's PointToPointNetDevice with its queue (which does not count the packet being sent), on ns-3's
 * clock. It is not that device because that knows one delay for both directions and no outage, and takes 1.4 us of CPU
 * per packet where this takes 0.4 (1458 octets, 178,571 packets): the difference is what AES-GCM takes to seal and open
 * one. Transmission times are rounded up to a nanosecond, not down.
 */
#ifndef ESPSIM_ENGINE_LINK_H
#define ESPSIM_ENGINE_LINK_H

#include "sim/engine/queue.h"

#include <ns3/ptr.h>

namespace espsim
{

class Modem : private Queue::Losses
{
  public:
    Modem(engine *eng, int side, const eng_link &link);
    ~Modem();
    Modem(const Modem &) = delete;
    Modem &operator=(const Modem &) = delete;

    void offer(const eng_packet &packet);
    void set(bit_rate rate, sim_time delay, bool up);
    uint64_t queued_packets() const;
    uint64_t queued_octets() const;
    double sent_bits() const;

  private:
    /* The events at the end of a transmission and of a flight: one object each, scheduled again and again. */
    class LastBit;
    class Arrival;

    void thrown_away(const Frame *frame) override;
    void tell(const Frame *frame, eng_link_event what);
    void start(Frame *frame);
    void transmit(size_t octets);
    void await_last_bit();
    uint64_t left_now() const;
    void change_rate(bit_rate rate);
    void fill_up();
    void last_bit();
    void fly(Frame *frame);
    void await_first();
    void arrive();

    engine *m_eng;
    int m_side;
    eng_link m_link;
    bool m_up = true;
    ns3::Ptr<LastBit> m_last_bit;
    ns3::Ptr<Arrival> m_arrival;
    std::unique_ptr<Queue> m_queue;
    bool m_busy = false; /* with m_sending or, where that is none, with padding */
    Frame *m_sending = nullptr;
    static constexpr sim_time standstill = INT64_MAX;
    uint64_t m_begun = 0;   /* octets of all transmissions, the present one's too */
    uint64_t m_left = 0;    /* of what is being sent, from m_counted on; bits * 10^9, so that a rate takes it by ns */
    sim_time m_counted = 0; /* when m_left was true */
    sim_time m_end = 0;     /* of the transmission at the present rate */
    /* What is on its way, in the order of arrival: only the first is among ns-3's events, so that those stay few. */
    Frame *m_flying = nullptr, *m_last_flying = nullptr;
    sim_time m_complete = 0; /* when the receiver, but for the delay, has all that was sent so far */
};

} // namespace espsim

#endif

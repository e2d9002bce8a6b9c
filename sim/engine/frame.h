/* frame.h - a packet at a modem or on its way, and its arrival as an event: one piece of memory per packet, its octets
 * behind it. Counted references (ns-3's): whoever takes a frame gives the reference on or back. */
#ifndef ESPSIM_ENGINE_FRAME_H
#define ESPSIM_ENGINE_FRAME_H

#include "sim/engine/engine.h"

#include <ns3/event-impl.h>

namespace espsim
{

class Frame : public ns3::EventImpl
{
  public:
    static Frame *make(engine *eng, int to, const eng_packet &packet);

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
    const uint64_t cookie;
    const unsigned band;
    size_t link_octets; /* in the queue as offered, then as it takes the link */
    size_t room = 0;    /* octets that must follow it on the link before the receiver has it */
    Frame *next = nullptr;
    bool lost = false;

  private:
    Frame(engine *e, int side, const eng_packet &packet);
    void Notify() override; /* arrives */
};

} // namespace espsim

#endif

/* frame.h - a packet at a modem or on its way: one piece of memory, its octets behind it. Counted references (ns-3's):
 * whoever takes a frame gives the reference on or back. */
#ifndef ESPSIM_ENGINE_FRAME_H
#define ESPSIM_ENGINE_FRAME_H

#include "sim/engine/engine.h"

#include <ns3/simple-ref-count.h>

#include <new>

namespace espsim
{

class Frame : public ns3::SimpleRefCount<Frame>
{
  public:
    static Frame *make(engine *eng, int to, const eng_packet &packet);

    /* Its memory is kept for the next one. */
    static void operator delete(Frame *frame, std::destroying_delete_t);

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
    sim_time arrival = 0;
    Frame *next = nullptr;
    bool lost = false;

  private:
    Frame(engine *e, int side, const eng_packet &packet);
};

} // namespace espsim

#endif

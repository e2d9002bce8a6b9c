/* queue.h - what waits before a modem's transmitter. One class a kind; make() knows them all. */
#ifndef ESPSIM_ENGINE_QUEUE_H
#define ESPSIM_ENGINE_QUEUE_H

#include "sim/engine/frame.h"

#include <memory>

namespace espsim
{

class Queue
{
  public:
    /* Told of frames that the queue throws away itself, after it took them; borrows. */
    class Losses
    {
      public:
        virtual void thrown_away(const Frame *frame) = 0;

      protected:
        ~Losses() = default;
    };

    static std::unique_ptr<Queue> make(const eng_link &link, Losses *losses);
    Queue() = default;
    Queue(const Queue &) = delete;
    Queue &operator=(const Queue &) = delete;
    virtual ~Queue() = default;

    /* Takes the frame; false: there is no room for it, and it stays the caller's. */
    virtual bool put(Frame *frame) = 0;
    /* Gives the next one; nullptr: there is none. */
    virtual Frame *take() = 0;
    virtual uint64_t packets() const = 0;
    virtual uint64_t octets() const = 0;
};

} // namespace espsim

#endif

/* scheduler.h - ns-3's event queue, with a horizon, so that a run ends after all events of its last nanosecond.
 *
 * ns-3's own way (Simulator::Stop with a delay) is an event itself, and leaves out those of the same time that come
 * after it. The queue is a heap in one piece of memory: ns-3's default, a red-black tree, allocates for each event and
 * took a tenth of a run of short packets; its own heap takes longer still.
 */
#ifndef ESPSIM_ENGINE_SCHEDULER_H
#define ESPSIM_ENGINE_SCHEDULER_H

#include <ns3/scheduler.h>

#include <vector>

namespace espsim
{

class Scheduler : public ns3::Scheduler
{
  public:
    static ns3::TypeId GetTypeId();

    void Insert(const Event &event) override;
    /* True also where all events are beyond the horizon: Simulator::Run then returns. */
    bool IsEmpty() const override;
    Event PeekNext() const override;
    Event RemoveNext() override;
    void Remove(const Event &event) override;

    /* ns; static, since there is one simulator per process, which makes its scheduler itself. */
    static uint64_t horizon;
    static uint64_t now; /* of the event that runs: what Simulator::Now() says after four calls */

  private:
    void sink(size_t at, const Event &event);
    void rise(size_t at, const Event &event);

    std::vector<Event> m_heap; /* node i has the children 4 i + 1 to 4 i + 4; none is before its parent */
};

} // namespace espsim

#endif

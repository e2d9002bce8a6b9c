/* scheduler.h - ns-3's event queue with a horizon, so that a run ends after all events of its last nanosecond.
 *
 * ns-3's own way (Simulator::Stop with a delay) is an event itself, and leaves out those of the same time that come
 * after it.
 */
#ifndef ESPSIM_ENGINE_SCHEDULER_H
#define ESPSIM_ENGINE_SCHEDULER_H

#include <ns3/map-scheduler.h>

namespace espsim
{

class Scheduler : public ns3::MapScheduler
{
  public:
    static ns3::TypeId GetTypeId();

    /* True also where all events are beyond the horizon: Simulator::Run then returns. */
    bool IsEmpty() const override;

    static uint64_t horizon; /* ns; one simulator per process, which makes its scheduler itself */
};

} // namespace espsim

#endif

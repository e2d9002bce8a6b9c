#include "sim/engine/scheduler.h"

namespace espsim
{

uint64_t Scheduler::horizon = UINT64_MAX;

ns3::TypeId Scheduler::GetTypeId()
{
    static ns3::TypeId type =
        ns3::TypeId("espsim::Scheduler").SetParent<ns3::MapScheduler>().AddConstructor<Scheduler>();
    return type;
}

bool Scheduler::IsEmpty() const
{
    return MapScheduler::IsEmpty() || PeekNext().key.m_ts > horizon;
}

} // namespace espsim

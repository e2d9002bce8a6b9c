/* engine_impl.h - what `struct engine` is inside the module, and the few things that all its C++ files need. */
#ifndef ESPSIM_ENGINE_ENGINE_IMPL_H
#define ESPSIM_ENGINE_ENGINE_IMPL_H

#include "sim/engine/engine.h"
#include "sim/engine/fatal.h"
#include "sim/engine/host.h"
#include "sim/engine/link.h"
#include "sim/engine/scheduler.h"
#include "sim/engine/tcp.h"

#include <ns3/event-impl.h>
#include <ns3/simulator.h>

#include <memory>
#include <string>
#include <vector>

struct engine {
    engine(const eng_config &config, const eng_hooks &hooks);
    ~engine();
    engine(const engine &) = delete;
    engine &operator=(const engine &) = delete;

    const eng_config config;
    const eng_hooks hooks;
    espsim::Words words;
    std::string broken; /* why ns-3 gave up; empty: it did not */
    bool has_run = false;
    int inside = 0; /* > 0: ns-3 is in the middle of a host's stack */

    espsim::Modem modem0, modem1;
    std::vector<std::unique_ptr<espsim::Host>> hosts;
    std::vector<std::unique_ptr<espsim::Connection>> connections;
    std::vector<std::unique_ptr<espsim::Flow>> flows;

    uint8_t from_host_octets[65536];
    uint8_t tcp_data_octets[65536];

    espsim::Modem &modem(int side)
    {
        return side == 0 ? modem0 : modem1;
    }
};

namespace espsim
{

/* While one lives, ns-3 is in the middle of something in a host's stack, and no packet may be put into one. */
class Inside
{
  public:
    explicit Inside(engine *eng) : m_eng(eng)
    {
        m_eng->inside++;
    }
    ~Inside()
    {
        m_eng->inside--;
    }
    Inside(const Inside &) = delete;
    Inside &operator=(const Inside &) = delete;

  private:
    engine *m_eng;
};

/* Schedules an event that the simulator then owns; without the EventId that Simulator::Schedule builds. */
inline void schedule(sim_time delay, ns3::EventImpl *event)
{
    ns3::Simulator::ScheduleWithContext(ns3::Simulator::NO_CONTEXT, ns3::TimeStep(static_cast<uint64_t>(delay)), event);
}

inline sim_time now()
{
    return static_cast<sim_time>(Scheduler::now);
}

} // namespace espsim

#endif

#include "sim/engine/engine_impl.h"
#include "sim/engine/scheduler.h"
#include "sim/engine/tcp_tx_index.h"

#include <ns3/config.h>
#include <ns3/object-factory.h>
#include <ns3/packet.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/version.h>

#include <cassert>
#include <exception>

using namespace espsim;
using ns3::Simulator;

static engine *alive; /* ns-3 is one global simulator */

engine::engine(const eng_config &c, const eng_hooks &h)
    : config(c), hooks(h), modem0(this, 0, c.link[0]), modem1(this, 1, c.link[1])
{
    TxIndex::is_off = c.stock_tx_buffer;
    Scheduler::now = 0;
    ns3::RngSeedManager::SetSeed(c.seed);
    ns3::ObjectFactory scheduler;
    scheduler.SetTypeId(Scheduler::GetTypeId());
    Simulator::SetScheduler(scheduler);
    alive = this;
}

engine::~engine()
{
    alive = nullptr;
    Scheduler::horizon = UINT64_MAX;
    try {
        Simulator::Destroy();
    } catch (const std::exception &) {
        /* after a fatal error ns-3 may fail again while it clears up; what it said first has been reported */
    }
}

namespace
{

void give_up(engine *eng, const char *why)
{
    if (eng->broken.empty())
        eng->broken = std::string("ns-3 gave up: ") + why;
    Simulator::Stop();
}

/* Does what an entry of the table is for; no exception leaves it. False: ns-3 gave up, now or before. */
template <typename Deed> bool guarded(engine *eng, err *e, Deed deed)
{
    if (eng->broken.empty()) {
        try {
            deed();
        } catch (const std::exception &x) {
            give_up(eng, x.what());
        } catch (...) {
            give_up(eng, "unknown exception");
        }
    }
    return eng->broken.empty() || err_set(e, "%s", eng->broken.c_str());
}

class Timer : public ns3::EventImpl
{
  public:
    Timer(eng_timer fn, void *arg) : m_fn(fn), m_arg(arg) {}

  private:
    void Notify() override
    {
        m_fn(m_arg);
    }

    eng_timer m_fn;
    void *m_arg;
};

/* Moves the clock to the end of a run. */
class Nothing : public ns3::EventImpl
{
    void Notify() override {}
};

/* A packet for a host that could not take it at once. */
class Delivery : public ns3::EventImpl
{
  public:
    Delivery(Host *host, const ns3::Ptr<ns3::Packet> &packet) : m_host(host), m_packet(packet) {}

  private:
    void Notify() override
    {
        m_host->receive(m_packet);
    }

    Host *m_host;
    ns3::Ptr<ns3::Packet> m_packet;
};

bool link_is_sound(const eng_link &link)
{
    return link.rate > 0 && link.delay >= 0 && (link.queue_octets > 0 || link.queue_packets > 0) &&
           (link.queue != ENG_QUEUE_CODEL || (link.codel_target > 0 && link.codel_interval > link.codel_target));
}

bool eng_create(const eng_config *config, const eng_hooks *hooks, engine **eng, err *e)
{
    *eng = nullptr;
    if (alive)
        return err_set(e, "there is an engine in this process already: destroy it, or use another process");
    if (!link_is_sound(config->link[0]) || !link_is_sound(config->link[1]) || config->seed == 0)
        return err_set(e, "engine: a link needs a rate and a queue above 0, no negative delay, for CoDel 0 < target < "
                          "interval; a seed 1 or more");
    try {
        *eng = new engine(*config, *hooks);
        return true;
    } catch (const std::exception &x) {
        return err_set(e, "ns-3 gave up: %s", x.what());
    }
}

void eng_destroy(engine *eng)
{
    delete eng;
}

int eng_add_host(engine *eng, const addr *address, err *e)
{
    if (!addr_is_set(address)) {
        err_set(e, "a TCP host needs an IPv4 or IPv6 address");
        return -1;
    }
    int id = static_cast<int>(eng->hosts.size());
    return guarded(eng, e, [&] { eng->hosts.push_back(std::make_unique<Host>(eng, id, *address)); }) ? id : -1;
}

bool is_host(const engine *eng, int host)
{
    return host >= 0 && static_cast<size_t>(host) < eng->hosts.size();
}

bool port_is_free(const engine *eng, int host, int port, err *e)
{
    if (port > 0 && port <= 65535 && !eng->hosts[static_cast<size_t>(host)]->ends.count(static_cast<uint16_t>(port)))
        return true;
    return err_set(e, "TCP port %d of host %d is %s: give each flow of a host a port of its own, below 55536", port,
                   host, port > 0 && port <= 65535 ? "taken" : "no port");
}

bool tcp_is_sound(const engine *eng, const eng_tcp *tcp, err *e)
{
    if (eng->has_run)
        return err_set(e, "TCP flows are added before the run, not during it");
    if (!is_host(eng, tcp->from) || !is_host(eng, tcp->to) || tcp->from == tcp->to)
        return err_set(e, "a TCP flow needs two hosts, not %d and %d", tcp->from, tcp->to);
    if (eng->hosts[static_cast<size_t>(tcp->from)]->address.version !=
        eng->hosts[static_cast<size_t>(tcp->to)]->address.version)
        return err_set(e, "hosts %d and %d have addresses of different IP versions", tcp->from, tcp->to);
    if (tcp->mss == 0 || tcp->mss > ENG_TCP_MSS_MAX || tcp->buffer < tcp->mss || tcp->initial_cwnd == 0 ||
        tcp->delack == 0 || tcp->start < 0 || tcp->start < now())
        return err_set(e,
                       "TCP flow from host %d: mss (1 to 65435), buffer (mss or more), initial_cwnd and delack (1 or "
                       "more) and start (not in the past) must be set",
                       tcp->from);
    return tcp_congestion_type(tcp->congestion, e) && port_is_free(eng, tcp->to, tcp->port, e) &&
           port_is_free(eng, tcp->from, tcp->port + 10000, e);
}

/* A new flow that `sender` sends and `receiver` receives. */
int add_flow(engine *eng, TcpEnd *sender, TcpEnd *receiver)
{
    auto flow = std::make_unique<Flow>(static_cast<int>(eng->flows.size()));
    flow->sender = sender;
    flow->receiver = receiver;
    flow->stats.first_octet = flow->stats.last_octet = flow->stats.completed = -1;
    sender->out = flow.get();
    receiver->in = flow.get();
    eng->flows.push_back(std::move(flow));
    return eng->flows.back()->id;
}

int eng_add_tcp(engine *eng, const eng_tcp *tcp, err *e)
{
    if (!tcp_is_sound(eng, tcp, e))
        return -1;
    int id = -1;
    guarded(eng, e, [&] {
        eng->connections.push_back(std::make_unique<Connection>(eng, *tcp));
        Connection *connection = eng->connections.back().get();
        id = add_flow(eng, &connection->from, &connection->to);
        Flow *flow = eng->flows.back().get();
        flow->stop = tcp->stop;
        flow->limit = tcp->limit;
        flow->offered = tcp->on_demand ? 0 : tcp->limit ? tcp->limit : UINT64_MAX;
        connection->from.host->ends[static_cast<uint16_t>(tcp->port + 10000)] = &connection->from;
        connection->to.host->ends[tcp->port] = &connection->to;
    });
    return id;
}

int eng_add_tcp_back(engine *eng, int flow, err *e)
{
    for (auto &connection : eng->connections)
        if (connection->from.out->id == flow && !connection->to.out && !eng->has_run)
            return add_flow(eng, &connection->to, &connection->from);
    err_set(e, "flow %d has no free way back: it needs a connection, once, before the run", flow);
    return -1;
}

Flow *find_flow(const engine *eng, int flow)
{
    assert(flow >= 0 && static_cast<size_t>(flow) < eng->flows.size());
    return eng->flows[static_cast<size_t>(flow)].get();
}

void eng_tcp_offer(engine *eng, int flow, uint64_t octets)
{
    Flow *f = find_flow(eng, flow);
    f->offered = f->offered + octets < octets ? UINT64_MAX : f->offered + octets;
    guarded(eng, nullptr, [&] { f->sender->pump(); });
}

void eng_tcp_hold(engine *eng, int flow, bool held)
{
    Flow *f = find_flow(eng, flow);
    guarded(eng, nullptr, [&] { f->receiver->hold(held); });
}

void eng_get_tcp_stats(const engine *eng, int flow, eng_tcp_stats *stats)
{
    const Flow *f = find_flow(eng, flow);
    *stats = f->stats;
    f->sender->look(stats);
}

void eng_tcp_set_mss(engine *eng, int host, const addr *peer, uint32_t mss)
{
    assert(mss > 0);
    guarded(eng, nullptr, [&] {
        for (auto &connection : eng->connections) {
            if (connection->config.from == host && addr_equal(&connection->to.host->address, peer))
                connection->from.lower_mss(mss);
            if (connection->config.to == host && addr_equal(&connection->from.host->address, peer))
                connection->to.lower_mss(mss);
        }
    });
}

bool eng_to_host(engine *eng, int host, const uint8_t *packet, size_t len)
{
    assert(is_host(eng, host));
    Host *h = eng->hosts[static_cast<size_t>(host)].get();
    if (!h->accepts(packet, len))
        return false;
    return guarded(eng, nullptr, [&] {
        auto p = ns3::Create<ns3::Packet>(packet, static_cast<uint32_t>(len));
        if (eng->inside)
            schedule(0, new Delivery(h, p));
        else
            h->receive(p);
    });
}

void eng_link_send(engine *eng, int side, const eng_packet *packet)
{
    guarded(eng, nullptr, [&] { eng->modem(side).offer(*packet); });
}

void eng_link_set(engine *eng, int side, bit_rate rate, sim_time delay, bool up)
{
    assert(delay >= 0);
    eng->modem(side).set(rate, delay, up);
}

void eng_link_queue(const engine *eng, int side, uint64_t *packets, uint64_t *octets)
{
    const Modem &modem = side == 0 ? eng->modem0 : eng->modem1;
    *packets = modem.queued_packets();
    *octets = modem.queued_octets();
}

double eng_link_sent(const engine *eng, int side)
{
    return (side == 0 ? eng->modem0 : eng->modem1).sent_bits();
}

void eng_at(engine *eng, sim_time delay, eng_timer fn, void *arg)
{
    assert(delay >= 0);
    guarded(eng, nullptr, [&] { schedule(delay, new Timer(fn, arg)); });
}

sim_time eng_now(const engine *)
{
    return now();
}

bool eng_run(engine *eng, sim_time until, err *e)
{
    if (until < now())
        return err_set(e, "engine: cannot run back from %lld ns to %lld ns", static_cast<long long>(now()),
                       static_cast<long long>(until));
    eng->has_run = true;
    return guarded(eng, e, [&] {
        schedule(until - now(), new Nothing);
        Scheduler::horizon = static_cast<uint64_t>(until);
        Simulator::Run();
        Scheduler::horizon = UINT64_MAX;
    });
}

void eng_stop(engine *)
{
    Simulator::Stop();
}

uint64_t eng_n_events(const engine *)
{
    return Simulator::GetEventCount();
}

} // namespace

extern "C" const engine_ops engine_ops;
const struct engine_ops engine_ops = {
    .create = eng_create,
    .destroy = eng_destroy,
    .add_host = eng_add_host,
    .add_tcp = eng_add_tcp,
    .add_tcp_back = eng_add_tcp_back,
    .tcp_offer = eng_tcp_offer,
    .tcp_hold = eng_tcp_hold,
    .tcp_stats = eng_get_tcp_stats,
    .tcp_set_mss = eng_tcp_set_mss,
    .to_host = eng_to_host,
    .link_send = eng_link_send,
    .link_set = eng_link_set,
    .link_queue = eng_link_queue,
    .link_sent = eng_link_sent,
    .at = eng_at,
    .now = eng_now,
    .run = eng_run,
    .stop = eng_stop,
    .n_events = eng_n_events,
    .version = "ns-3 3.37",
};

#include "sim/engine/bbr.h"

#include <ns3/simulator.h>

#include <algorithm>

using namespace ns3;

namespace espsim
{

NS_OBJECT_ENSURE_REGISTERED(Bbr); /* it is made by name (tcp.cc) */

TypeId Bbr::GetTypeId()
{
    static TypeId type = TypeId("espsim::Bbr").SetParent<TcpBbr>().AddConstructor<Bbr>();
    return type;
}

std::string Bbr::GetName() const
{
    return "Bbr";
}

Ptr<TcpCongestionOps> Bbr::Fork()
{
    return CopyObject<Bbr>(this);
}

void Bbr::before_ack(const TcpTxBuffer *buffer)
{
    m_buffer = buffer;
    m_lost_before = buffer->GetLost();
}

/* Linux: tcp_rate_gen. A rate of 0 makes BBR pass over the sample. */
static void measure(TcpRateOps::TcpRateSample *sample, const Time &min_rtt)
{
    sample->m_deliveryRate = DataRate(0);
    if (sample->m_priorTime.IsZero() || sample->m_delivered <= 0)
        return;
    sample->m_interval = std::max(sample->m_sendElapsed, Simulator::Now() - sample->m_priorTime);
    if (sample->m_interval >= min_rtt)
        sample->m_deliveryRate = DataRate(
            static_cast<uint64_t>(static_cast<double>(sample->m_delivered) * 8 / sample->m_interval.GetSeconds()));
}

void Bbr::CongControl(Ptr<TcpSocketState> tcb, const TcpRateOps::TcpRateConnection &connection,
                      const TcpRateOps::TcpRateSample &sample)
{
    if (m_restore) {
        tcb->m_cWnd = m_restore;
        m_restore = 0;
    }
    TcpRateOps::TcpRateSample repaired = sample;
    measure(&repaired, tcb->m_minRtt);
    uint32_t lost = m_buffer->GetLost();
    repaired.m_bytesLoss = lost > m_lost_before ? lost - m_lost_before : 0;
    TcpBbr::CongControl(tcb, connection, repaired);
}

void Bbr::CongestionStateSet(Ptr<TcpSocketState> tcb, TcpSocketState::TcpCongState_t next)
{
    bool was_in_loss = tcb->m_congState >= TcpSocketState::CA_RECOVERY;
    if (next >= TcpSocketState::CA_RECOVERY) {
        bool is_full = !was_in_loss && GetBbrState() != BBR_PROBE_RTT;
        m_saved = is_full ? tcb->m_cWnd.Get() : std::max(m_saved, tcb->m_cWnd.Get());
    }
    TcpBbr::CongestionStateSet(tcb, next);
    if (was_in_loss && next == TcpSocketState::CA_OPEN)
        m_restore = std::max(m_saved, tcb->m_cWnd.Get());
}

} // namespace espsim

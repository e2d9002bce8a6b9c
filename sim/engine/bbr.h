/* bbr.h - ns-3 3.37's TcpBbr, repaired so that random loss does not bring it to a halt.
 *
 * Found in its source (tcp-bbr.cc, tcp-socket-base.cc), against Linux's tcp_bbr.c:
 *
 *   - When fast recovery ends, TcpSocketBase overwrites the window that BBR has just restored with ssthresh. Before
 *     the pipe is full that is 2^32 - 1; BBR adds what was acknowledged, the sum wraps, and the window falls to 4
 *     segments, where the bandwidth estimate follows it within 10 round trips. Here the restored window is put back.
 *   - When loss recovery after a timeout ends, BBR does not restore its window at all. Here it does.
 *   - A second timeout in a row saves the window of the first (1 segment) as the one to restore. Here it does not.
 *   - The sample's lost octets are |lost now - lost before|, so that repairs count as losses and shrink the window.
 *     Here only an increase counts.
 *   - A sample that the rate estimator found invalid still counts a round and enters the last rate once more; ACKs of
 *     segments that a needless timeout sent twice give many of them, and 10 such rounds empty the bandwidth filter.
 *     The time of the ACKs is counted from the sample before; after an invalid one that is the start of the run.
 *     Here the sample is worked out anew, and an invalid one is passed over.
 *   - (TcpSocket::NewAck) The retransmission timer is not started anew in fast recovery (RFC 6298, 5.3), so that a
 *     recovery of more than 1 s ends in a timeout.
 *
 * GEO, 20 Mbit/s, RTT 540 ms, 100 s: 0.1 % loss 9-54 MB before, 205 MB now; 1 % loss 9-35 MB before, 195 MB now.
 */
#ifndef ESPSIM_ENGINE_BBR_H
#define ESPSIM_ENGINE_BBR_H

#include <ns3/tcp-bbr.h>
#include <ns3/tcp-tx-buffer.h>

namespace espsim
{

class Bbr : public ns3::TcpBbr
{
  public:
    static ns3::TypeId GetTypeId();
    std::string GetName() const override;
    ns3::Ptr<ns3::TcpCongestionOps> Fork() override;

    /* An ACK is about to be processed that may change what is lost in `buffer` (borrowed until CongControl). */
    void before_ack(const ns3::TcpTxBuffer *buffer);

    void CongControl(ns3::Ptr<ns3::TcpSocketState> tcb, const ns3::TcpRateOps::TcpRateConnection &connection,
                     const ns3::TcpRateOps::TcpRateSample &sample) override;
    void CongestionStateSet(ns3::Ptr<ns3::TcpSocketState> tcb, ns3::TcpSocketState::TcpCongState_t next) override;

  private:
    const ns3::TcpTxBuffer *m_buffer = nullptr;
    uint32_t m_lost_before = 0;
    uint32_t m_saved = 0;   /* window before the loss, octets */
    uint32_t m_restore = 0; /* window to go on with after this ACK; 0: the one it has */
};

} // namespace espsim

#endif

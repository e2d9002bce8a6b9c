#include "sim/engine/tcp.h"

#include "sim/engine/bbr.h"
#include "sim/engine/engine_impl.h"
#include "sim/engine/tcp_tx_index.h"

#include <ns3/boolean.h>
#include <ns3/double.h>
#include <ns3/packet.h>
#include <ns3/rtt-estimator.h>
#include <ns3/tcp-congestion-ops.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-recovery-ops.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-tx-buffer.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <cstring>

using namespace ns3;

namespace espsim
{

enum { SYN_RETRIES = 6, DATA_RETRIES = 15 }; /* as Linux (tcp_syn_retries, tcp_retries2); ns-3's 6 are 2 minutes */

/* ns-3's socket, with its protected state in reach. */
class TcpSocket : public TcpSocketBase
{
  public:
    TcpSocket()
    {
        TxIndex::give(ns3::PeekPointer(m_txBuffer));
    }

    TcpSocket(const TcpSocket &other) : TcpSocketBase(other)
    {
        TxIndex::give(ns3::PeekPointer(m_txBuffer));
    }

    ~TcpSocket() override
    {
        TxIndex::take_back(ns3::PeekPointer(m_txBuffer));
    }

    uint64_t timeouts = 0;

    uint32_t mss() const
    {
        return m_tcb->m_segmentSize;
    }

    uint32_t cwnd() const
    {
        return m_tcb->m_cWnd;
    }

    Time srtt() const
    {
        return m_rtt && m_rtt->GetNSamples() > 0 ? m_rtt->GetEstimate() : Time(0);
    }

    /* BBR draws the phase in which it starts to probe; a stream by number keeps runs equal. */
    void set_stream(int64_t stream)
    {
        if (bbr())
            bbr()->SetStream(static_cast<uint32_t>(stream));
    }

    /* SetSegSize aborts on an open socket. What is under way was too big for the path (Linux: tcp_simple_retransmit):
     * it is lost, but says nothing about congestion. */
    void lower_mss(uint32_t size)
    {
        if (size >= m_tcb->m_segmentSize)
            return;
        m_tcb->m_segmentSize = size;
        m_txBuffer->SetSegmentSize(size);
        if (m_state != ESTABLISHED && m_state != FIN_WAIT_1 && m_state != CLOSE_WAIT)
            return;
        m_txBuffer->SetSentListLost(false);
        Simulator::ScheduleNow(&TcpSocket::send_pending, Ptr<TcpSocket>(this));
    }

    /* An acknowledgement that says nothing but how wide the window is. */
    void tell_window()
    {
        if (m_state == ESTABLISHED || m_state == FIN_WAIT_1 || m_state == FIN_WAIT_2)
            SendEmptyPacket(TcpHeader::ACK);
    }

  protected:
    void ReceivedAck(Ptr<Packet> packet, const TcpHeader &header) override
    {
        if (bbr())
            bbr()->before_ack(PeekPointer(m_txBuffer));
        TcpSocketBase::ReceivedAck(packet, header);
    }

    /* RFC 6298, 5.3: every ACK of new data starts the timer anew; ns-3 leaves it running in fast recovery. */
    void NewAck(const SequenceNumber32 &seq, bool reset_rto) override
    {
        TcpSocketBase::NewAck(seq, reset_rto || bbr());
    }

    Ptr<TcpSocketBase> Fork() override
    {
        return CopyObject<TcpSocket>(this);
    }

    /* Nothing is out, and what waits is more than the rest of the window: nothing was lost, but perhaps the word of a
     * wider window. RFC 1122, 4.2.3.4: send into that rest after a while. ns-3 takes it for congestion, and is silent.
     */
    bool overrides_silence()
    {
        if (m_state != ESTABLISHED || UnAckDataCount() > 0 || m_rWnd >= m_tcb->m_segmentSize)
            return false;
        uint32_t room = std::min<uint32_t>(m_rWnd, m_txBuffer->SizeFromSequence(m_tcb->m_nextTxSequence));
        if (room > 0)
            m_tcb->m_nextTxSequence += SendDataPacket(m_tcb->m_nextTxSequence, room, m_connected);
        return room > 0;
    }

    void ReTxTimeout() override
    {
        if (overrides_silence())
            return;
        if (m_state != CLOSED && m_state != TIME_WAIT && m_state != SYN_SENT && m_txBuffer->Size() > 0)
            timeouts++;
        TcpSocketBase::ReTxTimeout();
    }

  private:
    Bbr *bbr() const
    {
        return dynamic_cast<Bbr *>(PeekPointer(m_congestionControl));
    }

    void send_pending()
    {
        SendPendingData(m_connected);
    }
};

static const struct {
    const char *name, *type;
} congestions[] = {
    {"cubic", "ns3::TcpCubic"},
    {"newreno", "ns3::TcpNewReno"},
    {"bbr", "espsim::Bbr"},
};

const char *tcp_congestion_type(const char *name, err *e)
{
    for (const auto &congestion : congestions)
        if (name && strcmp(name, congestion.name) == 0) {
            TypeId type; /* asserts are off: TypeId::LookupByName gives nonsense for an unknown name */
            if (TypeId::LookupByNameFailSafe(congestion.type, &type))
                return congestion.type;
            err_set(e, "congestion control %s: this ns-3 has no %s; use Debian 12's libns3.37", name, congestion.type);
            return nullptr;
        }
    err_set(e, "congestion control \"%s\" is unknown: use cubic, newreno or bbr", name ? name : "");
    return nullptr;
}

template <typename Base> static Ptr<Base> create_by_name(const char *type)
{
    ObjectFactory factory;
    factory.SetTypeId(type);
    return factory.Create<Base>();
}

/* What TcpL4Protocol::CreateSocket does, for our class of socket; attributes per socket, no global defaults. */
static Ptr<TcpSocket> create_socket(const Host &host, const eng_tcp &tcp, int64_t stream)
{
    Ptr<TcpSocket> socket = CreateObject<TcpSocket>();
    socket->SetNode(host.node);
    socket->SetTcp(host.tcp());
    socket->SetRtt(CreateObject<RttMeanDeviation>());
    socket->SetCongestionControlAlgorithm(
        create_by_name<TcpCongestionOps>(tcp_congestion_type(tcp.congestion, nullptr)));
    socket->SetRecoveryAlgorithm(create_by_name<TcpRecoveryOps>("ns3::TcpPrrRecovery"));
    host.tcp()->AddSocket(socket);
    socket->SetAttribute("SegmentSize", UintegerValue(tcp.mss));
    socket->SetAttribute("SndBufSize", UintegerValue(tcp.buffer));
    socket->SetAttribute("RcvBufSize", UintegerValue(tcp.buffer));
    socket->SetAttribute("InitialCwnd", UintegerValue(tcp.initial_cwnd));
    socket->SetAttribute("DelAckCount", UintegerValue(tcp.delack));
    socket->SetAttribute("Sack", BooleanValue(tcp.sack));
    socket->SetAttribute("TcpNoDelay", BooleanValue(true)); /* pump gives whole segments: only the last one is short */
    socket->SetAttribute("ConnCount", UintegerValue(SYN_RETRIES));
    socket->SetAttribute("DataRetries", UintegerValue(DATA_RETRIES));
    socket->set_stream(stream);
    return socket;
}

/* ns-3 forgets the DSCP of a socket that is not bound, or that is opened to an address without one. */
static void bind_socket(const Ptr<TcpSocket> &socket, const Host &host, uint16_t port, uint8_t dscp)
{
    socket->Bind(host.socket_address(port, 0));
    socket->SetIpTos(static_cast<uint8_t>(dscp << 2));
    socket->SetIpv6Tclass(dscp << 2);
}

TcpEnd::TcpEnd(engine *eng, Host *h) : host(h), m_eng(eng) {}

TcpEnd::~TcpEnd() = default;

void TcpEnd::use(const Ptr<TcpSocket> &socket)
{
    m_socket = socket;
    socket->SetConnectCallback(MakeCallback(&TcpEnd::on_connected, this), MakeCallback(&TcpEnd::on_failure, this));
    socket->SetCloseCallbacks(MakeNullCallback<void, Ptr<Socket>>(), MakeCallback(&TcpEnd::on_failure, this));
    socket->SetSendCallback(MakeCallback(&TcpEnd::on_room, this));
    socket->SetRecvCallback(MakeCallback(&TcpEnd::on_data, this));
    pump();
}

void TcpEnd::on_connected(Ptr<Socket>)
{
    pump();
}

void TcpEnd::on_room(Ptr<Socket>, uint32_t)
{
    pump();
}

void TcpEnd::on_failure(Ptr<Socket>)
{
    if (out)
        out->stats.failed = true;
    if (in)
        in->stats.failed = true;
}

void TcpEnd::pump()
{
    if (!out || !m_socket || (out->stop && now() >= out->stop))
        return;
    const uint64_t before = out->stats.octets_sent;
    while (uint64_t left = out->offered - out->stats.octets_sent) {
        /* One segment a packet, so that ns-3 never has to cut and join; no octets, they come when it leaves (fill). */
        uint32_t n = static_cast<uint32_t>(std::min<uint64_t>(m_socket->mss(), left));
        if (m_socket->GetTxAvailable() < n || m_socket->Send(Create<Packet>(n), 0) < 0)
            break;
        out->stats.octets_sent += n;
    }
    if (out->stats.octets_sent > before && m_eng->hooks.tcp_taken)
        m_eng->hooks.tcp_taken(m_eng->hooks.ctx, out->id);
    if (out->limit && out->stats.octets_sent >= out->limit && !m_closing) {
        m_closing = true;
        m_socket->Close();
    }
}

void TcpEnd::fill(uint32_t seq, uint8_t *data, size_t len)
{
    if (!out) {
        memset(data, 0, len);
        return;
    }
    /* ns-3's first data octet has the number 1. Numbers wrap; a segment lies within 2^31 of the newest. */
    int32_t ahead = static_cast<int32_t>(seq - 1 - static_cast<uint32_t>(out->next));
    uint64_t offset = out->next + static_cast<uint64_t>(static_cast<int64_t>(ahead));
    if (offset < out->next)
        out->stats.retransmits++;
    out->next = std::max(out->next, offset + len);
    if (m_eng->hooks.tcp_fill)
        m_eng->hooks.tcp_fill(m_eng->hooks.ctx, out->id, offset, data, len);
    else
        memset(data, 0, len);
}

void TcpEnd::received(size_t len)
{
    eng_tcp_stats *stats = &in->stats;
    if (stats->first_octet < 0)
        stats->first_octet = now();
    stats->last_octet = now();
    stats->octets_received += len;
    if (in->limit && stats->octets_received >= in->limit && stats->completed < 0)
        stats->completed = now();
}

void TcpEnd::on_data(Ptr<Socket> socket)
{
    Ptr<Packet> packet;
    while (!m_held && (packet = socket->Recv(sizeof m_eng->tcp_data_octets, 0)) && packet->GetSize() > 0) {
        uint32_t len = packet->GetSize();
        if (!in)
            continue;
        received(len);
        if (!m_eng->hooks.tcp_data)
            continue;
        packet->CopyData(m_eng->tcp_data_octets, len);
        Inside inside(m_eng);
        m_eng->hooks.tcp_data(m_eng->hooks.ctx, in->id, m_eng->tcp_data_octets, len);
    }
}

void TcpEnd::hold(bool held)
{
    bool let_go = m_held && !held;
    m_held = held;
    if (!let_go || !m_socket)
        return;
    on_data(m_socket);
    m_socket->tell_window(); /* ns-3 itself is silent about it until the sender probes, seconds later */
}

void TcpEnd::lower_mss(uint32_t mss)
{
    if (m_socket)
        m_socket->lower_mss(mss);
}

void TcpEnd::look(eng_tcp_stats *stats) const
{
    if (!m_socket)
        return;
    stats->cwnd = m_socket->cwnd();
    stats->srtt = m_socket->srtt().GetTimeStep();
    stats->timeouts = m_socket->timeouts;
}

Connection::Connection(engine *eng, const eng_tcp &tcp)
    : config(tcp), from(eng, eng->hosts[static_cast<size_t>(tcp.from)].get()),
      to(eng, eng->hosts[static_cast<size_t>(tcp.to)].get())
{
    int64_t stream = 2 * static_cast<int64_t>(eng->connections.size());
    m_server = create_socket(*to.host, tcp, stream);
    bind_socket(m_server, *to.host, tcp.port, tcp.dscp);
    m_server->Listen();
    m_server->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address &>(),
                                MakeCallback(&Connection::on_accept, this));
    m_client = create_socket(*from.host, tcp, stream + 1);
    bind_socket(m_client, *from.host, static_cast<uint16_t>(tcp.port + 10000), tcp.dscp);
    Simulator::Schedule(TimeStep(static_cast<uint64_t>(tcp.start)), &Connection::open, this);
}

Connection::~Connection() = default;

void Connection::open()
{
    m_client->Connect(to.host->socket_address(config.port, config.dscp));
    from.use(m_client);
}

void Connection::on_accept(Ptr<Socket> socket, const Address &)
{
    to.use(DynamicCast<TcpSocket>(socket));
}

} // namespace espsim

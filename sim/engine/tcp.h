/* tcp.h - TCP connections between hosts: ns-3's sockets, and what feeds and drains them.
 *
 * A Flow is one direction of a connection and what is measured of it. A TcpEnd is one end of a connection: the socket,
 * the flow that it sends, the flow that it receives (either may be missing).
 */
#ifndef ESPSIM_ENGINE_TCP_H
#define ESPSIM_ENGINE_TCP_H

#include "sim/engine/engine.h"

#include <ns3/address.h>
#include <ns3/ptr.h>
#include <ns3/socket.h>

namespace espsim
{

class Host;
class TcpSocket;

struct Flow {
    explicit Flow(int number) : id(number) {}

    const int id;
    class TcpEnd *sender = nullptr; /* borrowed */
    class TcpEnd *receiver = nullptr;
    uint64_t offered = 0; /* octets that the application has for TCP so far */
    uint64_t limit = 0;   /* octets to send, then close; 0: none */
    sim_time stop = 0;    /* 0: never */
    uint64_t next = 0;    /* the first octet that was never on the LAN */
    eng_tcp_stats stats{};
};

class TcpEnd
{
  public:
    TcpEnd(engine *eng, Host *host);
    TcpEnd(const TcpEnd &) = delete;
    TcpEnd &operator=(const TcpEnd &) = delete;
    ~TcpEnd();

    void use(const ns3::Ptr<TcpSocket> &socket);
    /* Hands to TCP what the flow has and the send buffer takes. */
    void pump();
    /* Payload for a segment on its way out, by the TCP sequence number of its first octet. */
    void fill(uint32_t seq, uint8_t *data, size_t len);
    void lower_mss(uint32_t mss);
    /* Whether the application leaves what arrives in the receive buffer. */
    void hold(bool held);
    void look(eng_tcp_stats *stats) const; /* cwnd, srtt, timeouts */

    Host *const host;
    Flow *out = nullptr;
    Flow *in = nullptr;

  private:
    void on_connected(ns3::Ptr<ns3::Socket> socket);
    void on_room(ns3::Ptr<ns3::Socket> socket, uint32_t octets);
    void on_data(ns3::Ptr<ns3::Socket> socket);
    void on_failure(ns3::Ptr<ns3::Socket> socket);
    void received(size_t len);

    engine *m_eng;
    ns3::Ptr<TcpSocket> m_socket;
    bool m_closing = false;
    bool m_held = false;
};

class Connection
{
  public:
    /* The parameters have been checked (`add_tcp`). */
    Connection(engine *eng, const eng_tcp &tcp);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    const eng_tcp config; /* .congestion is not to be used: the caller's */
    TcpEnd from, to;

  private:
    void open();
    void on_accept(ns3::Ptr<ns3::Socket> socket, const ns3::Address &peer);

    ns3::Ptr<TcpSocket> m_client, m_server;
};

/* The type name of ns-3's congestion control, or NULL and `e` for a name that eng_tcp.congestion does not know. */
const char *tcp_congestion_type(const char *name, err *e);

} // namespace espsim

#endif

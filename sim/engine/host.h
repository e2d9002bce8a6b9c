/* host.h - a TCP host: an ns-3 node whose only interface is a VirtualNetDevice that leads to C. */
#ifndef ESPSIM_ENGINE_HOST_H
#define ESPSIM_ENGINE_HOST_H

#include "sim/engine/engine.h"

#include <ns3/address.h>
#include <ns3/node.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/virtual-net-device.h>

#include <unordered_map>

namespace espsim
{

class TcpEnd;

class Host
{
  public:
    Host(engine *eng, int id, const addr &address);
    ~Host();
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;

    /* The packet that ns-3 sends, with headers (LanPort calls it). */
    void send(const ns3::Ptr<ns3::Packet> &packet);
    /* Whether the octets are an IP packet that this host's stack can read without reading beyond its end, and are
     * addressed to it. ns-3 checks none of that: its asserts are off. */
    bool accepts(const uint8_t *packet, size_t len) const;
    /* Puts an accepted packet into the stack. */
    void receive(const ns3::Ptr<ns3::Packet> &packet);

    ns3::Address socket_address(uint16_t port, uint8_t dscp) const; /* for Bind and Connect */
    ns3::Ptr<ns3::TcpL4Protocol> tcp() const;

    const int id;
    const addr address;
    const ns3::Ptr<ns3::Node> node;
    std::unordered_map<uint16_t, TcpEnd *> ends; /* by local port; borrowed */

  private:
    class LanPort;

    bool fill_payload(uint8_t *packet, size_t ip_head_len, size_t head_len, size_t len);

    engine *m_eng;
    ns3::Ptr<LanPort> m_port;
};

} // namespace espsim

#endif

#include "sim/engine/host.h"

#include "sim/engine/engine_impl.h"
#include "sim/engine/tcp.h"

#include <ns3/boolean.h>
#include <ns3/icmpv6-l4-protocol.h>
#include <ns3/inet-socket-address.h>
#include <ns3/inet6-socket-address.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/ipv4.h>
#include <ns3/ipv6-static-routing-helper.h>
#include <ns3/ipv6.h>
#include <ns3/mac48-address.h>

#include <algorithm>
#include <cstring>

using namespace ns3;

namespace espsim
{

enum { IPV4_HEAD_LEN = 20, IPV6_HEAD_LEN = 40, TCP_HEAD_LEN = 20, TCP_HEAD_MAX = 60 };
enum {
    PROTOCOL_HOPOPT = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DSTOPTS = 60
};
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };
enum { IPV4_DF = 0x40 };

static size_t be16(const uint8_t *p)
{
    return static_cast<size_t>(p[0]) << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return static_cast<uint32_t>(be16(p) << 16 | be16(p + 2));
}

class Host::LanPort : public VirtualNetDevice
{
  public:
    explicit LanPort(Host *host) : m_host(host), m_broadcast(Mac48Address::GetBroadcast())
    {
        SetAddress(Mac48Address::Allocate());
    }

    /* ns-3's own parses a string, for every packet. */
    Address GetBroadcast() const override
    {
        return m_broadcast;
    }

    bool Send(Ptr<Packet> packet, const Address &, uint16_t) override
    {
        m_host->send(packet);
        return true;
    }

  private:
    Host *m_host;
    const Address m_broadcast;
};

static Ipv4Address ipv4_of(const addr &a)
{
    return Ipv4Address::Deserialize(a.bytes);
}

static Ipv6Address ipv6_of(const addr &a)
{
    return Ipv6Address::Deserialize(a.bytes);
}

static void set_up_ipv4(const Ptr<Node> &node, const Ptr<NetDevice> &device, const addr &address)
{
    Ptr<Ipv4> ip = node->GetObject<Ipv4>();
    uint32_t interface = ip->AddInterface(device);
    ip->AddAddress(interface, Ipv4InterfaceAddress(ipv4_of(address), Ipv4Mask::GetOnes()));
    ip->SetUp(interface);
    ip->SetAttribute("IpForward", BooleanValue(false));
    Ipv4StaticRoutingHelper().GetStaticRouting(ip)->AddNetworkRouteTo(Ipv4Address::GetAny(), Ipv4Mask::GetZero(),
                                                                      interface);
}

static void set_up_ipv6(const Ptr<Node> &node, const Ptr<NetDevice> &device, const addr &address)
{
    Ptr<Ipv6> ip = node->GetObject<Ipv6>();
    node->GetObject<Icmpv6L4Protocol>()->SetAttribute("DAD", BooleanValue(false));
    uint32_t interface = ip->AddInterface(device);
    ip->SetForwarding(interface, true); /* an ns-3 host solicits routers for ever, a router does not */
    ip->AddAddress(interface, Ipv6InterfaceAddress(ipv6_of(address), Ipv6Prefix(128)));
    ip->SetUp(interface);
    Ipv6StaticRoutingHelper().GetStaticRouting(ip)->SetDefaultRoute(Ipv6Address::GetAny(), interface);
}

Host::Host(engine *eng, int number, const addr &a)
    : id(number), address(a), node(CreateObject<Node>()), m_eng(eng), m_port(CreateObject<LanPort>(this))
{
    m_port->SetMtu(65535); /* ns-3 must not fragment: what fits the link is the gateways' business */
    InternetStackHelper stack;
    stack.SetIpv4StackInstall(a.version == 4);
    stack.SetIpv6StackInstall(a.version == 6);
    stack.SetRoutingHelper(Ipv4StaticRoutingHelper());
    stack.SetRoutingHelper(Ipv6StaticRoutingHelper());
    stack.Install(node);
    node->AddDevice(m_port);
    if (a.version == 4)
        set_up_ipv4(node, m_port, a);
    else
        set_up_ipv6(node, m_port, a);
}

Host::~Host() = default;

Address Host::socket_address(uint16_t port, uint8_t dscp) const
{
    if (address.version == 4) {
        InetSocketAddress v4(ipv4_of(address), port);
        v4.SetTos(static_cast<uint8_t>(dscp << 2));
        return v4;
    }
    return Inet6SocketAddress(ipv6_of(address), port);
}

Ptr<TcpL4Protocol> Host::tcp() const
{
    return node->GetObject<TcpL4Protocol>();
}

/* 224.0.0.0/4 and the broadcast address; ff00::/8 and fe80::/10: the talk of a LAN, not for gateways. */
static bool stays_on_lan(const uint8_t *packet, bool v4)
{
    if (v4)
        return packet[16] >= 224;
    const uint8_t *from = packet + 8, *to = packet + 24;
    return to[0] == 0xff || (to[0] == 0xfe && (to[1] & 0xc0) == 0x80) || (from[0] == 0xfe && (from[1] & 0xc0) == 0x80);
}

/* ns-3 sends segments of zeros that take no memory (TcpEnd::pump). False: not such a segment. */
bool Host::fill_payload(uint8_t *packet, size_t ip_head_len, size_t head_len, size_t len)
{
    auto end = ends.find(static_cast<uint16_t>(be16(packet + ip_head_len)));
    if (end == ends.end())
        return false;
    end->second->fill(be32(packet + ip_head_len + 4), packet + head_len, len - head_len);
    return true;
}

void Host::send(const Ptr<Packet> &packet)
{
    uint8_t *out = m_eng->from_host_octets;
    size_t len = packet->GetSize();
    packet->CopyData(out, static_cast<uint32_t>(std::min<size_t>(len, IPV6_HEAD_LEN + TCP_HEAD_MAX)));
    bool v4 = address.version == 4;
    if (stays_on_lan(out, v4))
        return;
    size_t ip_head_len = v4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN;
    bool is_tcp = out[v4 ? 9 : 6] == PROTOCOL_TCP;
    size_t head_len = is_tcp ? ip_head_len + (out[ip_head_len + 12] >> 4) * 4u : 0;
    if (v4 && is_tcp)
        out[6] |= IPV4_DF;
    if (!is_tcp || (len > head_len && !fill_payload(out, ip_head_len, head_len, len)))
        packet->CopyData(out, static_cast<uint32_t>(len));
    Inside inside(m_eng);
    m_eng->hooks.from_host(m_eng->hooks.ctx, id, out, len);
}

/* Upper-layer octets that ns-3 reads on trust: fixed heads, TCP's option length, the packet quoted by an ICMP error. */
static bool upper_is_whole(uint8_t protocol, const uint8_t *upper, size_t len)
{
    if (len < 8)
        return false;
    switch (protocol) {
    case PROTOCOL_TCP:
        return len >= TCP_HEAD_LEN && (upper[12] >> 4) * 4u >= TCP_HEAD_LEN && (upper[12] >> 4) * 4u <= len;
    case PROTOCOL_ICMP:
        return (upper[0] != 3 && upper[0] != 11) || len >= 8 + IPV4_HEAD_LEN + 8;
    case PROTOCOL_ICMPV6: /* no Neighbour Discovery on this LAN */
        return (upper[0] >= 5 && upper[0] < 133) || (upper[0] < 5 && len >= 8 + IPV6_HEAD_LEN + 8);
    case PROTOCOL_HOPOPT:
    case PROTOCOL_ROUTING:
    case PROTOCOL_DSTOPTS:
        return false; /* chains of options, whose lengths ns-3 does not check */
    default:
        return true;
    }
}

static bool ipv4_is_whole(const uint8_t *packet, size_t len)
{
    size_t head_len = (packet[0] & 15) * 4u;
    if (head_len < IPV4_HEAD_LEN || len < head_len || be16(packet + 2) != len)
        return false;
    bool is_later_fragment = be16(packet + 6) & 0x1fff;
    return is_later_fragment || upper_is_whole(packet[9], packet + head_len, len - head_len);
}

static bool ipv6_is_whole(const uint8_t *packet, size_t len)
{
    if (be16(packet + 4) + IPV6_HEAD_LEN != len)
        return false;
    const uint8_t *upper = packet + IPV6_HEAD_LEN;
    len -= IPV6_HEAD_LEN;
    if (packet[6] != PROTOCOL_FRAGMENT)
        return upper_is_whole(packet[6], upper, len);
    if (len < 8)
        return false;
    bool is_later_fragment = be16(upper + 2) & 0xfff8;
    return is_later_fragment || upper_is_whole(upper[0], upper + 8, len - 8);
}

bool Host::accepts(const uint8_t *packet, size_t len) const
{
    bool v4 = address.version == 4;
    if (len < (v4 ? IPV4_HEAD_LEN : IPV6_HEAD_LEN) || packet[0] >> 4 != address.version)
        return false;
    if (memcmp(packet + (v4 ? 16 : 24), address.bytes, addr_len(&address)) != 0)
        return false;
    return v4 ? ipv4_is_whole(packet, len) : ipv6_is_whole(packet, len);
}

void Host::receive(const Ptr<Packet> &packet)
{
    bool v4 = address.version == 4;
    Address from = m_port->GetBroadcast();
    m_port->Receive(packet, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, from, m_port->GetAddress(), NetDevice::PACKET_HOST);
}

} // namespace espsim

/* plain_ns3.cc - what espsim is measured against: the same topology and traffic as any ns-3 user would write them, with
 * stock parts alone, no ESP, and checksums off (ns-3's default).
 *
 *     LAN1 host --- router === satellite === router --- LAN2 host
 *
 *   plain_ns3 A [SECONDS]   a TCP CUBIC bulk transfer, 50 Mbit/s, 270 ms one way, 60 s
 *   plain_ns3 B [SECONDS]   UDP at a constant 100 Mbit/s of 1400-octet payloads over 200 Mbit/s, 20 s
 *   plain_ns3 C [SECONDS]   200 telephone calls' worth of UDP: 60-octet payloads, 50 a second each, 50 Mbit/s, 60 s
 *
 * Prints one JSON object: CPU seconds of the whole process, peak memory, packets that crossed the link, octets
 * received.
 */
#include <ns3/applications-module.h>
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>

using namespace ns3;

namespace
{

struct Workload {
    const char *link_rate;
    double seconds;
    bool tcp;
    uint32_t flows, payload;
    uint64_t bit_rate; /* of each UDP flow, payload */
};

const Workload workloads[] = {
    {"50Mbps", 60, true, 1, 1360, 0},
    {"200Mbps", 20, false, 1, 1400, 100000000},
    {"50Mbps", 60, false, 200, 60, 60 * 8 * 50},
};

const char *const delay = "270ms";

struct Network {
    NodeContainer nodes; /* host, router, router, host */
    NetDeviceContainer satellite;
    Ipv4Address receiver;
};

NetDeviceContainer join(NodeContainer ends, const char *rate, const char *one_way, QueueSize queue)
{
    PointToPointHelper helper;
    helper.SetDeviceAttribute("DataRate", StringValue(rate));
    helper.SetChannelAttribute("Delay", StringValue(one_way));
    helper.SetQueue("ns3::DropTailQueue<Packet>", "MaxSize", QueueSizeValue(queue));
    helper.DisableFlowControl(); /* the device's queue is the only one */
    return helper.Install(ends);
}

Network build(const Workload &w)
{
    Network net;
    net.nodes.Create(4);
    const auto one = [&](uint32_t i) { return NodeContainer(net.nodes.Get(i), net.nodes.Get(i + 1)); };
    const double octets_under_way =
        static_cast<double>(DataRate(w.link_rate).GetBitRate()) / 8 * 2 * Time(delay).GetSeconds();
    const QueueSize plenty(QueueSizeUnit::PACKETS, 100000);
    NetDeviceContainer lan1 = join(one(0), "1Gbps", "50us", plenty);
    net.satellite =
        join(one(1), w.link_rate, delay, QueueSize(QueueSizeUnit::BYTES, static_cast<uint32_t>(octets_under_way)));
    NetDeviceContainer lan2 = join(one(2), "1Gbps", "50us", plenty);
    InternetStackHelper().Install(net.nodes);
    Ipv4AddressHelper addresses("10.1.0.0", "255.255.255.0");
    addresses.Assign(lan1);
    addresses.SetBase("192.0.2.0", "255.255.255.0");
    addresses.Assign(net.satellite);
    addresses.SetBase("10.2.0.0", "255.255.255.0");
    net.receiver = addresses.Assign(lan2).GetAddress(1);
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    return net;
}

ApplicationContainer add_traffic(const Workload &w, const Network &net)
{
    const char *const factory = w.tcp ? "ns3::TcpSocketFactory" : "ns3::UdpSocketFactory";
    ApplicationContainer sinks;
    for (uint32_t i = 0; i < w.flows; i++) {
        const auto port = static_cast<uint16_t>(6000 + i);
        const InetSocketAddress there(net.receiver, port);
        sinks.Add(PacketSinkHelper(factory, InetSocketAddress(Ipv4Address::GetAny(), port)).Install(net.nodes.Get(3)));
        ApplicationContainer source;
        if (w.tcp) {
            source = BulkSendHelper(factory, there).Install(net.nodes.Get(0));
        } else {
            OnOffHelper constant(factory, there);
            constant.SetConstantRate(DataRate(w.bit_rate), w.payload);
            source = constant.Install(net.nodes.Get(0));
        }
        source.Start(Seconds(0.0001 * i)); /* calls do not speak in step */
    }
    sinks.Start(Seconds(0));
    return sinks;
}

double seconds(const timeval &t)
{
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

void print(const Network &net, const ApplicationContainer &sinks)
{
    uint64_t octets = 0, packets = 0;
    for (uint32_t i = 0; i < sinks.GetN(); i++)
        octets += DynamicCast<PacketSink>(sinks.Get(i))->GetTotalRx();
    for (uint32_t i = 0; i < 2; i++)
        packets += DynamicCast<PointToPointNetDevice>(net.satellite.Get(i))->GetQueue()->GetTotalReceivedPackets();
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"cpu_s\": %.4f, \"rss_kb\": %ld, \"packets\": %llu, \"octets\": %llu}\n",
           seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss, static_cast<unsigned long long>(packets),
           static_cast<unsigned long long>(octets));
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] < 'A' || argv[1][0] > 'C' || argv[1][1]) {
        fprintf(stderr, "usage: plain_ns3 A|B|C [SECONDS]\n");
        return 2;
    }
    const Workload &w = workloads[argv[1][0] - 'A'];
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TypeId::LookupByName("ns3::TcpCubic")));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1360));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(16 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(16 << 20));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
    Network net = build(w);
    ApplicationContainer sinks = add_traffic(w, net);
    Simulator::Stop(Seconds(argc > 2 ? atof(argv[2]) : w.seconds));
    Simulator::Run();
    print(net, sinks);
    Simulator::Destroy();
    return 0;
}

"""topology.py - h1, h4 - LAN1 - gw1 - link - gw2 - LAN2 - h2, h3, each a namespace; the wires are bridges in `wire`.

Captures are made at the bridges' ports, where a packet shows as the wire has it: `from` a machine is what the port
receives. (On a gateway's own interface opened packets would appear a second time.)
"""
from net import ip, sysctl, address, offloads_off, run

HOSTS = {"h1": 1, "h4": 1, "h2": 2, "h3": 2}  # host: LAN
ADDRESS = {
    4: {"h1": "10.1.0.1", "h4": "10.1.0.2", "h2": "10.2.0.1", "h3": "10.2.0.2", "gw1": "10.1.0.254", "gw2": "10.2.0.254"},
    6: {"h1": "2001:db8:1::1", "h4": "2001:db8:1::2", "h2": "2001:db8:2::1", "h3": "2001:db8:2::2",
        "gw1": "2001:db8:1::fffe", "gw2": "2001:db8:2::fffe"},
}
WAN = {4: {"gw1": "192.0.2.1", "gw2": "192.0.2.2"}, 6: {"gw1": "2001:db8::1", "gw2": "2001:db8::2"}}
NAMESPACES = list(HOSTS) + ["gw1", "gw2", "wire"]


def link(ns, dev, bridge):
    """A veth from ns:dev to a port ns-dev of a bridge in `wire`."""
    port = "%s-%s" % (ns, dev)
    ip(None, "link add %s netns wire type veth peer name %s netns %s\n" % (port, dev, ns))
    ip("wire", "link set %s master %s up\n" % (port, bridge))
    ip(ns, "link set %s up\n" % dev)
    offloads_off(ns, dev)
    offloads_off("wire", port)


def add_addresses(ns, dev, v4, v6, v6_len=64):
    ip(ns, "addr add %s/24 dev %s\naddr add %s/%d dev %s nodad\n" % (v4, dev, v6, v6_len, dev))


def build():
    ip(None, "".join("netns add %s\n" % ns for ns in NAMESPACES))
    for ns in NAMESPACES:
        ip(ns, "link set lo up\n")
        sysctl(ns, "net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 "
                   "net.ipv6.conf.default.router_solicitations=0")
    sysctl("wire", "net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1")
    for bridge in ("lan1", "sat", "lan2"):
        ip("wire", "link add %s type bridge mcast_snooping 0\nlink set %s up\n" % (bridge, bridge))
    for n in (1, 2):
        gw = "gw%d" % n
        link(gw, "lan", "lan%d" % n)
        link(gw, "wan", "sat")
        add_addresses(gw, "lan", ADDRESS[4][gw], ADDRESS[6][gw])
        add_addresses(gw, "wan", WAN[4][gw], WAN[6][gw])
    for gw, other in (("gw1", 2), ("gw2", 1)):
        # a gateway as it may be found: it routes already, and asks of each packet that its way back be its way in
        sysctl(gw, "net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1")
        ip(gw, "".join("route add %s via %s proto static\n" % (prefix % other, WAN[v]["gw%d" % other])
                       for v, prefix in ((4, "10.%d.0.0/24"), (6, "2001:db8:%d::/64"))))
    for host, lan in HOSTS.items():
        gw = "gw%d" % lan
        link(host, "eth", "lan%d" % lan)
        add_addresses(host, "eth", ADDRESS[4][host], ADDRESS[6][host])
        ip(host, "route add default via %s\nroute add default via %s\n" % (ADDRESS[4][gw], ADDRESS[6][gw]))


def forget_paths(v):
    """Path MTUs that an earlier stage taught."""
    for ns in HOSTS:
        if v == 4:
            sysctl(ns, "net.ipv4.route.flush=1")
        else:
            run("ip -6 route flush cache", ns)


def mac(ns, dev):
    return address(ns, dev)

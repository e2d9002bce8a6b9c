"""trace.py - the packets that the lab and the simulator both carry, so that they can be compared one by one."""
import pkt
from topology import ADDRESS

TOS = (0x00, 0xB8, 0x01, 0x02, 0x03, 0x28 | 0x02)  # default, EF, ECT(1), ECT(0), CE, AF11 with ECT(0)


def udp(v, src, dst, size, **meta):
    """A UDP packet of `size` octets in all."""
    a, b = ADDRESS[v][src], ADDRESS[v][dst]
    payload = pkt.fill(size - (28 if v == 4 else 48), size)
    return pkt.packet(a, b, pkt.UDP, pkt.udp(a, b, 49152, 50000, payload), **meta)


def small(v):
    """Every padding, every traffic class, DF and not, all pairs of hosts."""
    least = 28 if v == 4 else 48
    pairs = [("h1", "h2"), ("h1", "h3"), ("h4", "h2"), ("h4", "h3")]
    for i in range(20):
        src, dst = pairs[i % 4]
        yield udp(v, src, dst, least + i, tos=TOS[i % 6], ident=0 if i % 7 == 3 else 0x4000 + i, df=i % 2 == 0)
    a, b = ADDRESS[v]["h1"], ADDRESS[v]["h2"]
    for i, size in enumerate((0, 1, 159, 512)):
        proto, text = pkt.echo(a, b, 7, i, pkt.fill(size), reply=True)
        yield pkt.packet(a, b, proto, text, ident=0x5000 + i)
        # a connection each: the host resets it, and a gateway's conntrack may drop what follows on a connection that is no more
        yield pkt.packet(a, b, pkt.TCP, pkt.tcp(a, b, 49153 + i, 50001, 1000, 0x10, pkt.fill(size)), ident=0x5100 + i,
                         df=True)
    for ttl in (255, 4, 3):
        yield udp(v, "h1", "h2", 100, ttl=ttl, ident=0x5200 + ttl)
    if v == 4:
        for n in (1, 2, 3):
            yield with_options(n)


def with_options(n):
    """n words of NOP and end-of-options, which routers leave alone."""
    a, b = ADDRESS[4]["h1"], ADDRESS[4]["h2"]
    text = pkt.udp(a, b, 49152, 50000, pkt.fill(40))
    return pkt.ip4(a, b, pkt.UDP, text, ident=0x5300 + n, options=b"\x01" * (4 * n - 1) + b"\0")


def edge(v, mtu):
    """Around the inner MTU: the last packet that fits and the first that does not, with DF and without."""
    for size in sorted({mtu - 1, mtu, min(mtu + 1, 1500), 1500}):
        yield udp(v, "h1", "h2", size, ident=0x6000 + size, df=True)
        if v == 4:
            yield udp(v, "h1", "h2", size, ident=0x7000 + size)


def in_pieces(v, n_octets, piece):
    """A UDP packet as the host's own fragments of `piece` octets of payload."""
    whole = udp(v, "h4", "h3", n_octets, ident=0x5555)
    head, payload = pkt.Fields(whole).head_len, pkt.Fields(whole).payload
    for at in range(0, len(payload), piece):
        part, more = payload[at:at + piece], at + piece < len(payload)
        a, b = ADDRESS[v]["h4"], ADDRESS[v]["h3"]
        if v == 4:
            yield pkt.ip4(a, b, pkt.UDP, part, ident=0x5555, fragment=at // 8 | (0x2000 if more else 0))
        else:
            yield pkt.ip6(a, b, 44, bytes([pkt.UDP, 0]) + (at | more).to_bytes(2, "big") + b"\0\0\x55\x55" + part)


def make(v, mtu):
    """All of them. The last hop: TTL 1 must not pass; 600 octets fit in three pieces that no link cuts again."""
    last_hop = [udp(v, "h1", "h2", 100, ttl=1, ident=0x5201)]
    return list(small(v)) + last_hop + list(edge(v, mtu)) + list(in_pieces(v, 600, 240))

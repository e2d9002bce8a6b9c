"""pkt.py - IP, UDP, TCP and ICMP packets as octets."""
import socket
import struct

ICMP, TCP, UDP, ESP, ICMP6 = 1, 6, 17, 50, 58


def octets(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def checksum(text):
    text += b"\0" * (len(text) % 2)
    total = sum(struct.unpack("!%dH" % (len(text) // 2), text))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def fill(n, seed=0):
    """n octets that no checksum or length error leaves as they are."""
    return bytes((seed + 7 * i + (i >> 8)) & 0xFF for i in range(n))


def ip4(src, dst, proto, payload, ttl=64, tos=0, ident=0, df=False, options=b"", fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos, 20 + len(options) + len(payload), ident,
                       (0x4000 if df else 0) | fragment, ttl, proto, 0, octets(src), octets(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(src, dst, proto, payload, hops=64, tos=0, flow=0):
    return struct.pack("!IHBB16s16s", 6 << 28 | tos << 20 | flow, len(payload), proto, hops, octets(src),
                       octets(dst)) + payload


def packet(src, dst, proto, payload, ttl=64, tos=0, ident=0, df=False, options=b""):
    if ":" in src:
        return ip6(src, dst, proto, payload, ttl, tos)
    return ip4(src, dst, proto, payload, ttl, tos, ident, df, options)


EXTENSIONS = (0, 43, 60)


def chain(p, headers):
    """The IPv6 packet with these extension headers: options that are padding, routing with no segment left."""
    nxt, body = p[6], p[40:]
    for number in reversed(headers):
        if number == 43:
            body = bytes([nxt, 2, 4, 0, 0, 0, 0, 0]) + p[24:40] + body
        else:
            body = bytes([nxt, 0, 1, 4, 0, 0, 0, 0]) + body
        nxt = number
    return p[:4] + struct.pack("!HB", len(body), nxt) + p[7:40] + body


def upper(p):
    """The protocol behind the extension headers of an IPv6 packet."""
    proto, at = p[6], 40
    while proto in EXTENSIONS:
        proto, at = p[at], at + 8 * (p[at + 1] + 1)
    return proto


def pseudo(src, dst, proto, length):
    return octets(src) + octets(dst) + struct.pack("!II", length, proto)


def sealed(src, dst, proto, text, at):
    """`text` with its checksum, as of UDP, TCP and ICMPv6, at octet `at`."""
    value = checksum(pseudo(src, dst, proto, len(text)) + text)
    return text[:at] + struct.pack("!H", value or 0xFFFF) + text[at + 2:]


def udp(src, dst, sport, dport, payload):
    return sealed(src, dst, UDP, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, 6)


def tcp(src, dst, sport, dport, seq, flags, payload, options=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, 1, (5 + len(options) // 4) << 4, flags, 8192, 0, 0)
    return sealed(src, dst, TCP, head + options + payload, 16)


def echo(src, dst, ident, seq, payload, reply=False):
    """An ICMP or ICMPv6 echo request or reply and its protocol number."""
    if ":" in src:
        text = struct.pack("!BBHHH", 129 if reply else 128, 0, 0, ident, seq) + payload
        return ICMP6, sealed(src, dst, ICMP6, text, 2)
    text = struct.pack("!BBHHH", 0 if reply else 8, 0, 0, ident, seq) + payload
    return ICMP, text[:2] + struct.pack("!H", checksum(text)) + text[4:]


def forwarded(p):
    """The packet as a router hands it on: one hop less."""
    if p[0] >> 4 == 6:
        return p[:7] + bytes([p[7] - 1]) + p[8:]
    ihl = (p[0] & 15) * 4
    head = p[:8] + bytes([p[8] - 1]) + p[9:10] + b"\0\0" + p[12:ihl]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + p[ihl:]


class Fields:
    """The fields of an IP packet that captures are compared by."""

    def __init__(self, p):
        self.octets, self.version = p, p[0] >> 4
        if self.version == 4:
            self.head_len = (p[0] & 15) * 4
            self.tos, self.total, self.ident, frag = struct.unpack_from("!xBHHH", p)
            self.df, self.fragment = bool(frag & 0x4000), frag & 0x3FFF
            self.ttl, self.proto = p[8], p[9]
            self.src, self.dst = socket.inet_ntop(socket.AF_INET, p[12:16]), socket.inet_ntop(socket.AF_INET, p[16:20])
        else:
            word, payload, self.proto, self.ttl = struct.unpack_from("!IHBB", p)
            self.head_len, self.tos, self.total = 40, word >> 20 & 0xFF, 40 + payload
            self.ident, self.df, self.fragment = 0, True, 0
            if self.proto == 44:
                self.fragment = struct.unpack_from("!H", p, 42)[0] & 0xFFF9
                self.head_len += 8
            self.src, self.dst = socket.inet_ntop(socket.AF_INET6, p[8:24]), socket.inet_ntop(socket.AF_INET6, p[24:40])
        self.payload = p[self.head_len:self.total]

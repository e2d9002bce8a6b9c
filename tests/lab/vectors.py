"""vectors.py - kernel-made ESP packets for tests/vectors/kernel: one SA, the packets before and after, per row.

A gateway namespace forwards each packet from `lan` to `wan` through one outbound SA; the packets that leave `wan` are
the kernel's. The plain packets are those that the gateway received, with the hop that forwarding takes.
"""
import hashlib
import os
import sys
import time

from net import Tap, Wire, Failure, ip, run, sysctl, address, write_pcap
from pkt import TCP, UDP, chain, echo, fill, forwarded, packet, tcp, udp, upper

OUT = "/out/vectors"
SPI = 0x00C0FFEE
OUTER = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
INNER = {4: ("10.1.0.10", "10.2.0.10"), 6: ("2001:db8:1::10", "2001:db8:2::10")}

# name in the SA file, the kernel's name, ICV bits where the kernel wants them told, kind, key octets, salt octets
ENCR = {
    "null": ("ecb(cipher_null)", 0, "enc", 0, 0),
    "aes-cbc": ("cbc(aes)", 0, "enc", 16, 0),
    "3des-cbc": ("cbc(des3_ede)", 0, "enc", 24, 0),
    "aes-ctr": ("rfc3686(ctr(aes))", 0, "enc", 16, 4),
    "aes-gcm-16": ("rfc4106(gcm(aes))", 128, "aead", 16, 4),
    "aes-gcm-12": ("rfc4106(gcm(aes))", 96, "aead", 16, 4),
    "aes-gcm-8": ("rfc4106(gcm(aes))", 64, "aead", 16, 4),
    "aes-ccm-16": ("rfc4309(ccm(aes))", 128, "aead", 16, 3),
    "aes-ccm-12": ("rfc4309(ccm(aes))", 96, "aead", 16, 3),
    "aes-ccm-8": ("rfc4309(ccm(aes))", 64, "aead", 16, 3),
    "chacha20-poly1305": ("rfc7539esp(chacha20,poly1305)", 128, "aead", 32, 4),
    "null-aes-gmac": ("rfc4543(gcm(aes))", 128, "aead", 16, 4),
}
INTEG = {
    "hmac-md5-96": ("hmac(md5)", 96, 16),
    "hmac-sha1-96": ("hmac(sha1)", 96, 20),
    "hmac-sha2-256-128": ("hmac(sha256)", 128, 32),
    "hmac-sha2-256-96": ("hmac(sha256)", 96, 32),
    "hmac-sha2-384-192": ("hmac(sha384)", 192, 48),
    "hmac-sha2-512-256": ("hmac(sha512)", 256, 64),
    "aes-cmac-96": ("cmac(aes)", 96, 16),
    "aes-xcbc-96": ("xcbc(aes)", 96, 16),
}


class Row:
    def __init__(self, mode, encr, integ="none", inner=4, outer=None, key_len=None, esn=False, udp_port=0, options=False,
                 rich=False, extensions=False):
        self.mode, self.encr, self.integ, self.inner, self.outer = mode, encr, integ, inner, outer or inner
        self.key_len = key_len or ENCR[encr][3]
        self.esn, self.udp_port, self.options, self.rich, self.extensions = esn, udp_port, options, rich, extensions
        bits = "-%d" % (8 * self.key_len) if self.key_len else ""
        self.name = "%s%d%d-%s%s" % (mode, self.inner, self.outer, encr, bits)
        self.name += ("-" + integ if integ != "none" else "") + ("-esn" if esn else "")
        self.name += ("-udp" if udp_port else "") + ("-options" if options else "")
        self.name += "-extensions" if extensions else ""

    def key(self, what, n):
        """Keys of vectors are public; they come from the row's name, so that a run can be repeated."""
        text = b""
        while len(text) < n:
            text += hashlib.sha256(("%s %s %d" % (self.name, what, len(text))).encode()).digest()
        return text[:n]


def rows():
    both = [("aes-gcm-16", "none"), ("aes-cbc", "hmac-sha2-256-128"), ("chacha20-poly1305", "none")]
    for mode, inner, outer in (("tunnel", 4, 4), ("tunnel", 6, 6), ("tunnel", 4, 6), ("tunnel", 6, 4),
                               ("transport", 4, 4), ("transport", 6, 6), ("beet", 4, 4), ("beet", 6, 6)):
        for encr, integ in both:
            yield Row(mode, encr, integ, inner, outer, rich=encr == "aes-gcm-16")
    for encr in ENCR:
        if ENCR[encr][2] == "aead":
            for key_len in (16, 24, 32) if encr != "chacha20-poly1305" else ():
                if (encr, key_len) != ("aes-gcm-16", 16):
                    yield Row("tunnel", encr, key_len=key_len)
    for integ in INTEG:
        yield Row("tunnel", "null", integ)
        if integ != "hmac-sha2-256-128":
            yield Row("tunnel", "aes-cbc", integ)
    for key_len in (24, 32):
        yield Row("tunnel", "aes-cbc", "hmac-sha2-256-128", key_len=key_len)
    for key_len in (16, 24, 32):
        yield Row("tunnel", "aes-ctr", "hmac-sha2-256-128", key_len=key_len)
    yield Row("tunnel", "3des-cbc", "hmac-sha1-96")
    for encr, integ in both + [("null", "hmac-sha2-256-128"), ("null-aes-gmac", "none")]:
        yield Row("tunnel", encr, integ, esn=True)
        yield Row("transport", encr, integ, esn=True)
    for mode in ("tunnel", "transport", "beet"):
        for encr, integ in both:
            yield Row(mode, encr, integ, udp_port=4500)
    yield Row("tunnel", "aes-gcm-16", inner=6, outer=6, udp_port=4500)
    yield Row("tunnel", "aes-gcm-16", esn=True, udp_port=4500)
    for encr, integ in both + [("null", "hmac-sha2-256-128")]:
        yield Row("beet", encr, integ, options=True)
        yield Row("transport", encr, integ, options=True)
    for encr, integ in both[:2]:
        for inner, outer in ((4, 6), (6, 4)):
            yield Row("beet", encr, integ, inner, outer)
        for mode in ("tunnel", "transport", "beet"):
            yield Row(mode, encr, integ, 6, 6, extensions=True)
        yield Row("beet", encr, integ, esn=True)
    yield Row("beet", "aes-gcm-16", inner=4, outer=6, options=True)
    yield Row("beet", "aes-gcm-16", inner=6, outer=4, extensions=True)
    for mode in ("transport", "beet"):
        yield Row(mode, "aes-gcm-16", inner=6, outer=6, udp_port=4500)


def options_of(n):
    """n words of IPv4 options that routers leave alone: stream ID (RFC 791), then NOPs, then the end."""
    return b"" if n == 0 else (b"\x88\x04\x12\x34" + b"\x01" * (4 * n - 4))[:4 * n]


# Extension headers that routers leave alone, by their numbers: hop-by-hop 0, routing 43, destination options 60. In
# transport mode those options go inside ESP where they stand behind a routing header.
CHAINS = ([60], [0], [0, 60], [43, 60], [0, 60, 43, 60], [43])


def trace(row):
    """What the gateway receives from the LAN."""
    for i, p in enumerate(datagrams(row)):
        yield chain(p, CHAINS[i % len(CHAINS)]) if row.extensions else p


def datagrams(row):
    src, dst = INNER[row.inner]
    sizes = list(range(0, 19)) + [64, 159, 512, 1200] if row.rich else [0, 1, 2, 5, 14, 33]
    for i, size in enumerate(sizes):
        options = options_of(i % 6) if row.options else b""
        ident, df = (0x1200 + i if i % 5 else 0), i % 2 == 1
        if row.mode == "beet" and row.inner != row.outer:
            ident, df = 0, True  # an IPv6 header has no room for either
        meta = {"ident": ident if row.inner == 4 else 0, "df": df, "options": options, "tos": (0, 0xB8, 0x02, 0x29)[i % 4]}
        if i % 3 == 0:
            yield packet(src, dst, UDP, udp(src, dst, 49152 + i, 50000, fill(size, i)), **meta)
        elif i % 3 == 1:
            proto, text = echo(src, dst, 7, i, fill(size, i))
            yield packet(src, dst, proto, text, **meta)
        else:
            yield packet(src, dst, TCP, tcp(src, dst, 49153, 50001, 1000 * i, 0x10, fill(size, i)), **meta)


def sa_text(row):
    encr, bits, kind, _, salt_len = ENCR[row.encr]
    keys = {"encr_key": row.key("encr", row.key_len), "salt": row.key("salt", salt_len)}
    keys["integ_key"] = row.key("integ", INTEG[row.integ][2]) if row.integ != "none" else b""
    material = "0x" + (keys["encr_key"] + keys["salt"]).hex()
    if kind == "aead":
        return keys, "aead %s %s %d" % (encr, material, bits)
    integ, icv_bits, _ = INTEG[row.integ]
    # iproute2 takes an empty key only as an empty word
    return keys, "auth-trunc %s 0x%s %d enc %s %s" % (integ, keys["integ_key"].hex(), icv_bits, encr,
                                                     material if material != "0x" else '""')


FIRST = {False: 1, True: (7 << 32) | 0xFFFFFFFD}  # with ESN: three packets before the low half wraps


def install(row):
    outer, inner = OUTER[row.outer], INNER[row.inner]
    src, dst = inner if row.mode == "transport" else outer
    bits = 32 if row.inner == 4 else 128
    selector = "src %s/%d dst %s/%d" % (inner[0], bits, inner[1], bits)
    keys, algorithms = sa_text(row)
    state = "xfrm state add src %s dst %s proto esp spi 0x%x mode %s" % (src, dst, SPI, row.mode)
    if row.esn:
        last = FIRST[True] - 1
        state += " replay-window 128 replay-oseq 0x%x replay-oseq-hi 0x%x flag esn" % (last & 0xFFFFFFFF, last >> 32)
    state += " " + algorithms
    if row.udp_port:
        state += " encap espinudp %d %d %s" % (row.udp_port, row.udp_port, "0.0.0.0" if row.outer == 4 else "::")
    state += " sel " + selector
    policy = "xfrm policy add %s dir out tmpl src %s dst %s proto esp mode %s" % (selector, src, dst, row.mode)
    ip("gw", "xfrm state flush\nxfrm policy flush\n%s\n%s\n" % (state, policy))
    return keys, src, dst


def write_sa(row, keys, src, dst):
    with open("%s/%s.sa.ini" % (OUT, row.name), "w") as f:
        f.write("[sa]\nmode = %s\nspi = 0x%08x\nencr = %s\n" % (row.mode, SPI, row.encr))
        f.write("encr_key = %s\nsalt = %s\ninteg = %s\n" % (keys["encr_key"].hex(), keys["salt"].hex(), row.integ))
        f.write("integ_key = %s\nesn = %d\nseq = %d\n" % (keys["integ_key"].hex(), row.esn, FIRST[row.esn]))
        f.write("replay_window = %d\n" % (128 if row.esn else 64))
        f.write("outer_src = %s\nouter_dst = %s\n" % (src, dst))
        f.write("inner_src = %s\ninner_dst = %s\n" % (INNER[row.inner] if row.mode == "beet" else ("", "")))
        f.write("udp_sport = %d\nudp_dport = %d\ntfc = 0\niv =\n" % (row.udp_port, row.udp_port))
        f.write("ttl = 64\nouter_id = 0\ncheck_pad = 1\n")


def setup():
    ip(None, "netns add gw\nlink add lanp type veth peer name lan netns gw\nlink add wanp type veth peer name wan netns gw\n")
    sysctl("gw", "net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 "
                 "net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0")
    for dev in ("lanp", "wanp"):
        sysctl(None, "net.ipv6.conf.%s.disable_ipv6=1" % dev)
        ip(None, "link set %s up\n" % dev)
    ip("gw", "link set lo up\nlink set lan up\nlink set wan up\n"
             "addr add 10.1.0.1/24 dev lan\naddr add 192.0.2.1/24 dev wan\n"
             "addr add 2001:db8:1::1/64 dev lan nodad\naddr add 2001:db8::1/64 dev wan nodad\n"
             "neigh add 192.0.2.2 lladdr {0} dev wan\nneigh add 2001:db8::2 lladdr {0} dev wan\n"
             "route add 10.2.0.0/24 via 192.0.2.2\nroute add 2001:db8:2::/64 via 2001:db8::2\n"
             .format(":".join("%02x" % b for b in address(None, "wanp"))))


def is_esp(p):
    proto = p[9] if p[0] >> 4 == 4 else upper(p)
    return proto == 50 or (proto == 17 and b"\x11\x94\x11\x94" in p[20:44])


def make(row):
    keys, src, dst = install(row)
    sent = list(trace(row))
    tap = Tap(None, "wanp")
    lan = Wire(None, "lanp", address("gw", "lan"))
    for p in sent:
        lan.send(p)
    lan.close()
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and sum(is_esp(p) for _, p, _ in tap.packets) < len(sent):
        time.sleep(0.02)
    got = [p for _, p, out in tap.stop() if is_esp(p) and not out]
    if len(got) != len(sent):
        raise Failure("%s: %d of %d packets left the gateway\n%s" % (row.name, len(got), len(sent),
                                                                 run("cat /proc/net/xfrm_stat", ns="gw")))
    write_sa(row, keys, src, dst)
    write_pcap("%s/%s.esp.pcap" % (OUT, row.name), [(i, p) for i, p in enumerate(got)])
    write_pcap("%s/%s.plain.pcap" % (OUT, row.name), [(i, forwarded(p)) for i, p in enumerate(sent)])


def main():
    os.makedirs(OUT)
    setup()
    failed = 0
    for row in rows():
        try:
            make(row)
        except Failure as why:
            failed += 1
            print("FAIL", why)
    print("vectors: %d rows, %d failed, kernel %s, %.1f s" % (len(list(rows())), failed, os.uname().release,
                                                              time.monotonic()))
    return failed != 0


sys.exit(main())

"""host.py - the host's half of the lab: prepares the cases before the guest boots, judges the captures afterwards.

  host.py list CASES                                     the cases' names
  host.py prepare ESPSIM CASES SCENARIO FOLDER [NAME...] exports each case and makes the packets to inject
  host.py check ESPSIM PREPARED OUT                      compares the captures in OUT with what espsim says
  host.py fidelity PREPARED OUT FOLDER                   the trace's way through the kernel, for tests/test_fidelity.c

ESPSIM is the program. A prepared case is a folder with case.json, the exported files, and inject.*.pcap.
"""
import ipaddress
import json
import os
import re
import subprocess
import sys

import pkt
import trace
from net import read_pcap, write_pcap
from pkt import Fields, forwarded
from topology import ADDRESS, WAN

LAN = {4: ("10.1.0.0/24", "10.2.0.0/24"), 6: ("2001:db8:1::/64", "2001:db8:2::/64")}


# ---- cases ----------------------------------------------------------------------------------------------------------


def read_cases(path):
    cases = {}
    with open(path) as f:
        for row in (line.split() for line in f if line.strip() and not line.startswith("#")):
            name, to, mode, suite, v, oversize, fragments, *more = row
            case = {"name": name, "to": to, "mode": mode, "suite": suite, "v": int(v), "oversize": oversize == "arrives",
                    "fragments": fragments == "arrives", "sets": [], "collide": None, "redirect": None, "clamp": None}
            for word in more:
                key, value = word.split("=", 1)
                if key in ("collide", "redirect", "clamp"):
                    case[key] = value.split(",")
                else:
                    case["sets"].append(word)
            cases[name] = case
    return cases


def settings(case):
    """The case as --set words."""
    v = case["v"]
    sets = ["scenario.ip=%d" % v, "ipsec.algorithm=" + case["suite"]] + case["sets"]
    for i in (1, 2):
        sets += ["lan%d.prefix=%s" % (i, LAN[v][i - 1]), "gw%d.address=%s" % (i, WAN[v]["gw%d" % i])]
    return [word for s in sets for word in ("--set", s)]


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit("lab: %s: exit %d\n%s" % (" ".join(words), done.returncode, done.stderr))
    return done.stdout


def prepare(espsim, cases, scenario, folder, names):
    for name in names or cases:
        if name not in cases:
            sys.exit("lab: no case %s; `sh tools/linux-lab.sh --list` names them" % name)
        case = cases[name]
        at = os.path.join(folder, name)
        if case["to"] != "-":  # into a folder of its own: espsim adds to none
            run([espsim, "export", scenario, "--to", case["to"], "--mode", case["mode"], "--out", at] + settings(case))
        os.makedirs(at, exist_ok=True)
        with open(at + "/case.json", "w") as f:
            json.dump(case, f)
        if case["to"] == "-":
            continue
        for source in sorted(os.listdir(at)):
            if source.endswith(".bpf.c"):
                compile_programs(at + "/" + source)
        prepare_injection(espsim, case, at)


def compile_programs(source):
    """As the exported script does it on a gateway; the guest has no compiler."""
    include = "/usr/include/%s-linux-gnu" % os.uname().machine
    run(["clang", "-O2", "-Wall", "-Werror", "-target", "bpf", "-I" + include, "-c", source, "-o", source[:-2] + ".o"])


# ---- SAs ------------------------------------------------------------------------------------------------------------

ENCR = {"ecb(cipher_null)": "null", "cbc(aes)": "aes-cbc", "rfc3686(ctr(aes))": "aes-ctr",
        "rfc7539esp(chacha20,poly1305)": "chacha20-poly1305", "rfc4543(gcm(aes))": "null-aes-gmac"}
SALT_LEN = {"aes-ctr": 4, "aes-gcm-16": 4, "chacha20-poly1305": 4, "null-aes-gmac": 4}
INTEG = {("hmac(sha256)", 128): "hmac-sha2-256-128", ("hmac(sha1)", 96): "hmac-sha1-96"}


def is_in(address, prefix):
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)


class Sa:
    """An SA out of an exported `xfrm state add` line, as espsim reads it."""

    def __init__(self, line, case_mode):
        words = line.split()
        value = {key: words[words.index(key) + 1] for key in ("src", "dst", "spi", "mode", "replay-window")}
        self.src, self.dst, self.spi = value["src"], value["dst"], int(value["spi"], 0)
        self.kernel_mode, self.mode, self.window = value["mode"], case_mode, int(value["replay-window"])
        self.esn = "esn" in words
        self.sel = re.search(r" sel src (\S+) dst (\S+)", line)
        self.integ, self.integ_key = "none", ""
        if "aead" in words:
            at = words.index("aead")
            name, key, bits = words[at + 1], words[at + 2][2:], int(words[at + 3])
            self.encr = ENCR.get(name) or "aes-gcm-%d" % (bits // 8)
        else:
            at = words.index("auth-trunc")
            self.integ, self.integ_key = INTEG[words[at + 1], int(words[at + 3])], words[at + 2][2:]
            at = words.index("enc")
            self.encr, key = ENCR[words[at + 1]], words[at + 2][2:]
        salt = 2 * SALT_LEN.get(self.encr, 0)
        self.key, self.salt = (key[:-salt], key[-salt:]) if salt else (key, "")

    def write(self, path, seq):
        with open(path, "w") as f:
            f.write(self.text("sa", seq))

    def text(self, section, seq):
        """The SA as a section of a file for `espsim esp`."""
        inner = [prefix.split("/")[0] for prefix in self.sel.groups()] if self.mode == "beet" else ["", ""]
        outer = [self.src, self.dst] if self.mode != "wildcard" else ["", ""]
        return ("[%s]\nmode = %s\nspi = 0x%x\nencr = %s\nencr_key = %s\nsalt = %s\ninteg = %s\ninteg_key = %s\nesn = %d\n"
                "seq = %d\nreplay_window = %d\nouter_src = %s\nouter_dst = %s\ninner_src = %s\ninner_dst = %s\n" %
                (section, self.mode, self.spi, self.encr, self.key, self.salt, self.integ, self.integ_key, self.esn, seq,
                 self.window, *outer, *inner))

    def carries(self, p):
        """Does this SA carry the plain packet? Without a selector its destination decides."""
        f = Fields(p)
        source, destination = self.sel.groups() if self.sel else (f.src, self.dst)
        return is_in(f.src, source) and is_in(f.dst, destination)


def read_sas(folder, mode):
    """Every SA of the exported scripts, each once, in order."""
    lines = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".sh") or name == "states.txt":
            with open(folder + "/" + name) as f:
                lines += [line.strip() for line in f if line.startswith("xfrm state add")]
    sas = [Sa(line, mode) for line in lines]
    return list({(sa.src, sa.dst, sa.spi): sa for sa in sas}.values())  # both ends have it


def esp(espsim, what, sa, seq, packets, work):
    """`espsim esp encap|decap` over packets; (its output packets, its report)."""
    sa.write(work + "/sa.ini", seq)
    write_pcap(work + "/in.pcap", [(i, p) for i, p in enumerate(packets)])
    run([espsim, "esp", what, "--sa", work + "/sa.ini", "--in", work + "/in.pcap", "--out", work + "/out.pcap",
         "--report", work + "/report.jsonl"])
    with open(work + "/report.jsonl") as f:
        report = [json.loads(line) for line in f]
    return read_pcap(work + "/out.pcap"), report


INJECT_SEQ = 1000000  # beyond what the case's own traffic has used


REDIRECT_SEQ = INJECT_SEQ + 50
# What the adversary changes, and the packet to change it in: (name, from, to, changed from, changed to). The last keeps
# the sum of the addresses, so a UDP checksum stays right.
FORGERIES = (("dst", "h1", "h2", "h1", "h3"), ("src", "h1", "h2", "h4", "h2"), ("both", "h4", "h2", "h1", "h3"))


def prepare_redirection(espsim, case, sas, folder):
    """Sealed packets whose outside addresses were changed on the way: in order of FORGERIES, one each."""
    v, forged = case["v"], []
    for n, (name, src, dst, new_src, new_dst) in enumerate(FORGERIES):
        a, b = ADDRESS[v][src], ADDRESS[v][dst]
        if name == "both":
            p = trace.udp(v, src, dst, 120, ident=0x2000 + n)
        else:  # ICMP over IPv4 has no checksum over addresses; over IPv6 it has, but the packet shows in the capture
            proto, text = pkt.echo(a, b, 0x77, n, pkt.fill(40))
            p = pkt.packet(a, b, proto, text, ident=0x2000 + n)
        sa = next(sa for sa in sas if sa.carries(p))
        sealed, _ = esp(espsim, "encap", sa, REDIRECT_SEQ + n, [forwarded(p)], folder)
        f = Fields(sealed[0])
        if f.src == a:  # transport format: the LAN addresses stand outside
            new = [ADDRESS[v][new_src], ADDRESS[v][new_dst]]
        else:  # the gateways' stand outside, and the network of the link is all there is to choose from
            new = [f.src if name == "dst" else other_end(f.src), f.dst if name == "src" else other_end(f.dst)]
        forged.append(readdressed(sealed[0], *new))
    write_pcap(folder + "/redirect.pcap", [(i, p) for i, p in enumerate(forged)])


def other_end(address):
    """Another address of the same network."""
    return str(ipaddress.ip_address(address) + 7)


def readdressed(p, src, dst):
    if p[0] >> 4 == 6:
        return p[:8] + pkt.octets(src) + pkt.octets(dst) + p[40:]
    head = p[:10] + b"\0\0" + pkt.octets(src) + pkt.octets(dst)
    return head[:10] + pkt.checksum(head).to_bytes(2, "big") + head[12:] + p[20:]


def prepare_injection(espsim, case, folder):
    sas = read_sas(folder, case["mode"])
    if not sas:
        return  # the keys are IKE's
    if case["redirect"]:
        prepare_redirection(espsim, case, sas, folder)
    v = case["v"]
    least = 28 if v == 4 else 48
    plain = [forwarded(trace.udp(v, "h1", "h2", size, ident=0x3000 + size, tos=tos))
             for size, tos in [(least + i, 0) for i in range(17)] + [(159, 0xB8), (512, 0x02), (1200, 0x2A)]]
    sa = next(sa for sa in sas if sa.carries(plain[0]))
    sealed, _ = esp(espsim, "encap", sa, INJECT_SEQ, plain, folder)
    write_pcap(folder + "/inject.plain.pcap", [(i, p) for i, p in enumerate(plain)])
    write_pcap(folder + "/inject.esp.pcap", [(i, p) for i, p in enumerate(sealed)])


# ---- captures -------------------------------------------------------------------------------------------------------


def reassemble(packets):
    """Whole packets out of fragments, in the place of the last; the rest as it is."""
    parts, whole = {}, []
    for p in packets:
        f = Fields(p)
        if not f.fragment:
            whole.append(p)
            continue
        ident = f.ident if f.version == 4 else p[44:48]
        offset = (f.fragment & 0x1FFF) * 8 if f.version == 4 else f.fragment & 0xFFF8
        more = bool(f.fragment & (0x2000 if f.version == 4 else 1))
        got = parts.setdefault((f.src, f.dst, ident), {})
        got[offset] = (p, f.payload, more)
        text, at = b"", 0
        while at in got:
            _, payload, more = got[at]
            text += payload
            at += len(payload)
            if not more:
                whole.append(joined(got[0][0], text))
                del parts[f.src, f.dst, ident]
                break
    return whole


def joined(first, payload):
    """The head of the first fragment over the whole payload."""
    if first[0] >> 4 == 6:
        return first[:4] + len(payload).to_bytes(2, "big") + first[40:41] + first[7:40] + payload
    ihl = (first[0] & 15) * 4
    head = first[:2] + (ihl + len(payload)).to_bytes(2, "big") + first[4:6] + b"\0\0" + first[8:10] + b"\0\0" + first[12:ihl]
    return head[:10] + pkt.checksum(head).to_bytes(2, "big") + head[12:] + payload


class Judge:
    def __init__(self, espsim, prepared, out, work):
        self.espsim, self.out, self.work, self.failures, self.n = espsim, out, work, 0, 0
        with open(prepared + "/case.json") as f:
            self.__dict__.update(json.load(f))
        self.sas = read_sas(prepared, self.mode) + read_sas(out, self.mode)  # out: what IKE made
        self.lan = [ipaddress.ip_network(prefix) for prefix in LAN[self.v]]

    def says(self, good, what):
        self.n += 1
        self.failures += not good
        if not good:
            print("  FAIL %s: %s" % (self.name, what))

    def packets(self, stage, wire):
        return read_pcap("%s/%s.%s.pcap" % (self.out, stage, wire))

    def is_between_lans(self, p, way):
        f = Fields(p)
        return is_in(f.src, self.lan[way]) and is_in(f.dst, self.lan[1 - way])

    def link(self, stage, way):
        """What a gateway sent onto the link for the other LAN, made whole."""
        ends = list(WAN[self.v].values())
        got = []
        for p in self.packets(stage, "link%d" % (way + 1)):
            f = Fields(p)
            if f.src in ends or self.is_between_lans(p, way):
                got.append(p)
        return got

    def check_link(self, stage, way):
        """Nothing but ESP, with the addresses that the mode puts outside."""
        outside = self.mode in ("tunnel", "beet")
        ends = list(WAN[self.v].values())
        for p in reassemble(self.link(stage, way)):
            f = Fields(p)
            if f.proto in (pkt.ICMP, pkt.ICMP6, pkt.UDP) and f.src in ends and not any(is_in(f.dst, lan) for lan in self.lan):
                continue  # the gateways' own words to each other: IKE, neighbour discovery
            good = f.proto == pkt.ESP and (f.src in ends and f.dst in ends if outside else self.is_between_lans(p, way))
            if not good:
                return self.says(False, "%s link%d: protocol %d, %s > %s" % (stage, way + 1, f.proto, f.src, f.dst))
        self.says(True, "ESP only")

    def open_all(self, stage, way):
        """Every ESP packet of the link through `espsim esp decap`: the plain packets in the order of the link."""
        sealed = [p for p in reassemble(self.link(stage, way)) if Fields(p).proto == pkt.ESP]
        opened = {}
        for sa in self.sas:
            first = [p for p in sealed if Fields(p).payload[:4] == sa.spi.to_bytes(4, "big") and
                     (sa.kernel_mode != "transport" or Fields(p).dst == sa.dst)]
            if not first:
                continue
            seq = int.from_bytes(Fields(first[0]).payload[4:8], "big")
            packets, report = esp(self.espsim, "decap", sa, seq, sealed, self.work)
            for line in report:
                if line["verdict"] == "ok":
                    opened[line["n"]] = (packets[line["out"]], sa)
        self.says(len(opened) == len(sealed), "%s link%d: espsim opens %d of %d ESP packets" %
                  (stage, way + 1, len(opened), len(sealed)))
        return [(sealed[n], *opened[n]) for n in sorted(opened)]

    def sent(self, stage, way):
        """What the LAN's hosts sent to the other LAN, as the gateway hands it to ESP, without what it must refuse."""
        packets = [p for p in self.packets(stage, "lan%d-in" % (way + 1)) if self.is_between_lans(p, way)]
        if self.mode == "transport":  # the LAN shows ESP, too; what the hosts were given is known of the trace only
            packets = read_pcap(self.out + "/trace.pcap") if stage == "trace" and way == 0 else []
        if self.mode == "wildcard" and self.v == 4 and self.to == "nft":
            packets = reassemble(packets)
        kept = []
        for p in packets:
            f = Fields(p)
            if self.mode != "plain" and f.df and len(p) > self.mtu:
                continue  # ICMP went back instead
            if f.fragment and self.v == 4 and not self.fragments:
                continue  # BEET drops them
            if f.ttl > 1:
                kept.append(forwarded(p))
        return kept

    def check_octets(self, stage, way):
        """ESP opens to what left the LAN, and what espsim seals from that has the kernel's lengths and header."""
        opened = self.open_all(stage, way)
        if self.mode == "transport" and (stage, way) != ("trace", 0):
            return
        if self.to == "tc-bpf":  # BEET carries IPv4 options inside
            opened = [(sealed, with_options(plain), sa) for sealed, plain, sa in opened]
        want, got = self.sent(stage, way), [p for _, p, _ in opened]
        equal = sum(a == b for a, b in zip(want, got))
        self.says(want == got, "%s link%d: %d packets left the LAN, %d were opened, %d equal%s" %
                  (stage, way + 1, len(want), len(got), equal, first_difference(want, got)))
        for sa in self.sas:
            mine = [(sealed, plain) for sealed, plain, by in opened
                    if by is sa and not (self.to == "tc-bpf" and Fields(plain).head_len > 20) and
                    not Fields(plain).fragment]  # docs/fidelity.md
            if not mine:
                continue
            ours, _ = esp(self.espsim, "encap", sa, 1, [plain for _, plain in mine], self.work)
            differ = [(k, o) for (k, _), o in zip(mine, ours) if head_of(k, self.mode) != head_of(o, self.mode)]
            self.says(len(ours) == len(mine) and not differ, "%s link%d: %d of %d sealed packets differ in length or header%s"
                      % (stage, way + 1, len(differ), len(mine), "".join("\n    kernel %s\n    espsim %s" % (
                          head_of(k, self.mode), head_of(o, self.mode)) for k, o in differ[:3])))

    def check_delivery(self, stage, way):
        """What the other gateway hands to its LAN is what was opened, one hop on."""
        if self.mode == "transport":
            return
        got = [p for p in self.packets(stage, "lan%d-out" % (2 - way)) if self.is_between_lans(p, way)]
        sealed = self.packets(stage, "link%d" % (way + 1))
        if self.mode == "plain":
            want = [forwarded(p) for p in sealed if self.is_between_lans(p, way)]
        else:
            want = [forwarded(p) for p in self.sent(stage, way)]
        want, got = reassemble(want), reassemble(got)
        self.says(want == got, "%s: LAN%d got %d packets, %d were sent, %d equal%s" % (
            stage, 2 - way, len(got), len(want), sum(a == b for a, b in zip(want, got)), first_difference(want, got)))

    def judge(self):
        scripts = [name for name in os.listdir(self.prepared) if name.endswith(".sh")]
        self.mtu = 1500
        if scripts:
            with open(self.prepared + "/" + scripts[0]) as f:
                self.mtu = int(re.search(r"# Inner MTU on a link of \d+ octets: (\d+)", f.read()).group(1))
        for stage in ("talk", "oversize", "trace"):
            if not os.path.exists("%s/%s.lan2-out.pcap" % (self.out, stage)):
                self.says(False, "the guest did not come to \"%s\"" % stage)
                continue
            for way in (0, 1):
                if self.mode != "plain":
                    self.check_link(stage, way)
                if self.sas:
                    self.check_octets(stage, way)
                self.check_delivery(stage, way)
        print("%s %-16s %3d comparisons" % ("FAIL" if self.failures else "ok  ", self.name, self.n))
        return self.failures


NEXT_PSEUDO = 94  # RFC 7402 appendix B.1.7: next header, length, pad length, reserved, padding, options


def with_options(p):
    """The packet of a BEET pseudo header, with its IPv4 options in place."""
    f = Fields(p)
    if f.version != 4 or f.proto != NEXT_PSEUDO:
        return p
    proto, length, pad = f.payload[:3]
    options, payload = f.payload[4 + pad:8 * (length + 1)], f.payload[8 * (length + 1):]
    head = bytes([0x45 + len(options) // 4]) + p[1:2] + (20 + len(options) + len(payload)).to_bytes(2, "big")
    head += p[4:9] + bytes([proto]) + b"\0\0" + p[12:20] + options
    return head[:10] + pkt.checksum(head).to_bytes(2, "big") + head[12:] + payload


def head_of(p, mode):
    """What two sealers of one packet must have in common; the tunnel's IPv4 ID is each one's own."""
    f = Fields(p)
    own_id = mode == "tunnel" and f.version == 4
    return {"length": len(p), "src": f.src, "dst": f.dst, "tos": f.tos, "ttl": f.ttl, "df": f.df,
            "id": None if own_id else f.ident, "spi": f.payload[:4].hex()}


def first_difference(want, got):
    for i, (a, b) in enumerate(zip(want, got)):
        if a != b:
            return "; packet %d\n    sent %s\n    got  %s" % (i, a[:60].hex(), b[:60].hex())
    longer = max(want, got, key=len)
    return "" if len(want) == len(got) else "; packet %d\n    only %s" % (min(len(want), len(got)),
                                                                        longer[min(len(want), len(got))][:60].hex())


def check(espsim, prepared, out):
    failed = 0
    work = os.path.join(out, "work")
    os.makedirs(work)
    for name in sorted(os.listdir(prepared)):
        judge = Judge(espsim, prepared + "/" + name, out + "/" + name, work)
        judge.prepared = prepared + "/" + name
        if not os.path.isdir(judge.out):
            judge.says(False, "the guest did not come to it")
            failed += 1
            continue
        failed += judge.judge() != 0
    return failed


def fidelity(prepared, out, folder):
    """NAME.sa.ini and NAME.{trace,link,lan1,lan2}.pcap of each case: sent to gw1, and what left gw1 and gw2 then."""
    for name in sorted(os.listdir(prepared)):
        with open("%s/%s/case.json" % (prepared, name)) as f:
            case = json.load(f)
        lans = [ipaddress.ip_network(prefix) for prefix in LAN[case["v"]]]

        def keep(name_of, wire, sources, destinations):
            """The packets between these, without neighbour discovery and what the hosts answered."""
            kept = [p for p in read_pcap("%s/%s/trace.%s.pcap" % (out, name, wire)) for f in [Fields(p)]
                    if any(is_in(f.src, s) for s in sources) and any(is_in(f.dst, d) for d in destinations) and
                    not (f.proto == pkt.ICMP6 and f.payload[0] in (135, 136))]
            write_pcap("%s/%s.%s.pcap" % (folder, name, name_of), [(i, p) for i, p in enumerate(kept)])

        write_pcap("%s/%s.trace.pcap" % (folder, name),
                   [(i, p) for i, p in enumerate(read_pcap("%s/%s/trace.pcap" % (out, name)))])
        gw1, gw2 = WAN[case["v"]].values()
        keep("link", "link1", (lans[0], gw1), (lans[1], gw2))
        keep("lan1", "lan1-out", (ADDRESS[case["v"]]["gw1"],), (lans[0],))
        keep("lan2", "lan2-out", (lans[0],), (lans[1],))
        with open("%s/%s.sa.ini" % (folder, name), "w") as f:
            for n, sa in enumerate(sa for sa in read_sas("%s/%s" % (prepared, name), case["mode"])
                                   if is_in(sa.dst, lans[1]) or sa.dst == WAN[case["v"]]["gw2"]):
                f.write(sa.text("sa%d" % n, 1))


def main(words):
    if words[0] == "list":
        print("\n".join(read_cases(words[1])))
    elif words[0] == "prepare":
        prepare(words[1], read_cases(words[2]), words[3], words[4], words[5:])
    elif words[0] == "fidelity":
        fidelity(*words[1:])
    elif words[0] == "check":
        return check(*words[1:]) != 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""lab.py - runs the cases under /lab/cases in the guest: installs the exported files, sends, captures, removes.

What needs living machines is judged here (does it arrive, does the gateway answer); the captures go to /out for
check.py, which compares octets. A case is a folder with case.json and the exported files.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

import pkt
import topology
import trace
import traffic
from net import Failure, Tap, ip, read_pcap, read_sysctl, run, sysctl, write_pcap
from topology import ADDRESS, HOSTS, WAN, mac

TAPS = {"lan1": "gw1-lan", "link1": "gw1-wan", "link2": "gw2-wan", "lan2": "gw2-lan"}
GATEWAYS = ("gw1", "gw2")
PATIENCE_OF = {True: traffic.PATIENCE, False: 0.7}  # s; an answer that must not come is not waited for so long


class Case:
    def __init__(self, folder):
        with open(folder + "/case.json") as f:
            self.__dict__.update(json.load(f))
        self.folder, self.out = folder, "/out/" + self.name
        self.failures, self.notes, self.taps = 0, [], {}
        os.makedirs(self.out)

    def says(self, good, what):
        self.failures += not good
        self.notes.append("%s %s" % ("ok  " if good else "FAIL", what))
        if not good:
            print("  FAIL %s: %s" % (self.name, what), flush=True)

    def tap(self, stage):
        self.taps = {name: Tap("wire", port) for name, port in TAPS.items()}
        self.stage = stage

    def untap(self):
        """Packets from the gateways' side of each wire: `link1` is what gw1 sent, `lan1` what gw1 was sent and sent."""
        time.sleep(0.05)
        got = {name: tap.stop() for name, tap in self.taps.items()}
        for name in ("link1", "link2"):
            write_pcap("%s/%s.%s.pcap" % (self.out, self.stage, name), [(t, p) for t, p, out in got[name] if not out])
        for name in ("lan1", "lan2"):
            write_pcap("%s/%s.%s-in.pcap" % (self.out, self.stage, name), [(t, p) for t, p, out in got[name] if out])
            write_pcap("%s/%s.%s-out.pcap" % (self.out, self.stage, name), [(t, p) for t, p, out in got[name] if not out])
        self.got = got

    # ---- the exported files -------------------------------------------------------------------------------------

    def scripts(self):
        """(namespace, script) of each machine that has one."""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".sh"):
                machine = name[:-3]
                if machine.startswith("host-"):  # its address, with hyphens for dots or colons
                    machine = {re.sub("[.:]", "-", a): h for h, a in ADDRESS[self.v].items()}[machine[5:]]
                yield machine, "%s/%s" % (self.folder, name)

    def call(self, what, **more):
        for machine, script in self.scripts():
            done = subprocess.run(["ip", "netns", "exec", machine, "sh", script, what], capture_output=True, text=True,
                                  env={**os.environ, **more})
            with open("%s/%s.txt" % (self.out, what), "a") as f:
                f.write("# %s\n%s%s\n" % (script, done.stdout, done.stderr))
            self.says(done.returncode == 0, "%s %s: exit %d %s" % (os.path.basename(script), what, done.returncode,
                                                                 done.stderr.strip()[-300:]))

    def spi_towards(self, host):
        """The SPI of the gateways' SA that carries packets to the host."""
        gw = "gw%d" % HOSTS[host]
        for _, script in self.scripts():
            with open(script) as f:
                for line in f:
                    if re.match("xfrm state add src \\S+ dst (%s|%s) " % (ADDRESS[self.v][host], WAN[self.v][gw]), line):
                        return int(re.search(r" spi (\S+)", line).group(1), 0)
        raise Failure("%s: no SA towards %s" % (self.name, host))

    def inner_mtu(self):
        for _, script in self.scripts():
            with open(script) as f:
                return int(re.search(r"# Inner MTU on a link of 1500 octets: (\d+)", f.read()).group(1))
        return 1500


def snapshot(ns):
    """All that a script may change on a machine, as text."""
    text = run(["ip", "-n", ns, "-6", "-batch", "-"], text="rule list\nroute list table all\n")
    text += run(["ip", "-n", ns, "-4", "-batch", "-"],
                text="rule list\nroute list table all\nxfrm state list\nxfrm policy list\nlink list\n")
    if ns in GATEWAYS:
        text += run("nft list ruleset", ns=ns)
        text += run(["tc", "-n", ns, "-batch", "-"], text="".join(
            "filter show dev %s %s\n" % (dev, way) for dev in ("lan", "wan") for way in ("ingress", "egress")))
    text += "".join(read_sysctl(ns, key) + "\n" for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"))
    # lifetimes and learnt path MTUs change by themselves; an empty clsact stays for others
    return re.sub(r"expires \d+sec|pref medium|mtu \d+|age \d+|qdisc \w+", "", text)


def forward_plainly(wanted):
    """What a gateway does without any IPsec, for the modes that leave gateways alone."""
    for gw in GATEWAYS:
        sysctl(gw, "net.ipv4.ip_forward=%d net.ipv6.conf.all.forwarding=%d" % (wanted, wanted))


def begin_in_vain(case, before):
    """`down` of what is not up, and an `up` that fails in the middle, leave a gateway as it is."""
    for machine, script in case.scripts():
        for what, code, more in (("down", 0, {}), ("up", 1, {"NEXT_HOP": "203.0.113.1" if case.v == 4 else "2001:db8:f::1"})):
            done = subprocess.run(["ip", "netns", "exec", machine, "sh", script, what], capture_output=True, text=True,
                                  env={**os.environ, **more})
            after = snapshot(machine)
            case.says(done.returncode == code and after == before[machine], "%s %s in vain: exit %d %s%s" % (
                os.path.basename(script), what, done.returncode, done.stderr.strip()[-300:],
                difference(before, {machine: after})))


def end_halfway(case, before):
    """`down` finds what to undo after an `up` that was killed, wherever it was."""
    for seconds in (0.4, 0.8, 1.2):
        machine, script = next(case.scripts())
        up = subprocess.Popen(["ip", "netns", "exec", machine, "sh", script, "up"], start_new_session=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.killpg(up.pid, signal.SIGKILL)
        up.wait()
        run(["ip", "netns", "exec", machine, "sh", script, "down"])
        after = snapshot(machine)
        case.says(after == before[machine], "%s up, killed after %.1f s, and down%s" % (
            os.path.basename(script), seconds, difference(before, {machine: after})))


def refuse_again(case):
    """A second `up`, and one that does not know of the first, end before they touch what is there."""
    for machine, script in case.scripts():
        for more in ({}, {"KEPT": "/run/nothing"}):
            done = subprocess.run(["ip", "netns", "exec", machine, "sh", script, "up"], capture_output=True, text=True,
                                  env={**os.environ, **more})
            case.says(done.returncode == 1 and " already" in done.stderr, "%s up once more %s: exit %d %s" % (
                os.path.basename(script), more or "", done.returncode, done.stderr.strip()[-300:]))


# ---- stages ---------------------------------------------------------------------------------------------------------


def talk(case):
    """Hosts reach each other: all pairs, odd sizes, UDP and TCP, both ways."""
    v = case.v
    case.tap("talk")
    for src in ("h1", "h4"):
        for dst in ("h2", "h3"):
            case.says(traffic.ping(v, src, dst, 56), "ping %s - %s" % (src, dst))
    sizes = (0, 1, 2, 3, 5, 31, 159, 512, 1399)
    lost = [size for size in sizes if not traffic.ping(v, "h2", "h4", size)]
    case.says(not lost, "pings of odd sizes h2 - h4, lost: %s" % lost)
    sizes = (0, 1, 7, 100, 1201)
    came = traffic.udp_echo(v, "h1", "h3", sizes)
    case.says(len(came) == len(sizes), "UDP there and back h1 - h3: %s" % came)
    took = traffic.tcp_transfer(v, "h1", "h2", 200000)
    case.says(took is not None, "TCP 200000 octets h1 > h2%s" % (", %.2f s" % took if took else ""))
    took = traffic.tcp_transfer(v, "h3", "h4", 50000)
    case.says(took is not None, "TCP 50000 octets h3 > h4%s" % (", %.2f s" % took if took else ""))
    case.untap()


def path_mtu(case):
    """The gateway's ICMP to a DF packet over the inner MTU names that MTU."""
    if case.mode == "transport":
        return  # the host itself encrypts; its own stack knows
    mtu = case.inner_mtu()
    want = mtu if mtu < 1500 else None
    got = traffic.too_big(case.v, "h1", "h2", 1500, PATIENCE_OF[want is not None])
    case.says(got == want, "DF packet of 1500: ICMP names MTU %s, expected %s" % (got, want))
    topology.forget_paths(case.v)


def oversize(case):
    """1500 octets without DF, and a packet that the host itself sends in fragments."""
    case.tap("oversize")
    arrives = traffic.ping(case.v, "h1", "h2", 1472 if case.v == 4 else 1452)
    case.says(arrives == case.oversize, "ping of 1500 octets without DF %s" % ("arrives" if arrives else "is lost"))
    arrives = traffic.ping(case.v, "h1", "h2", 3000, patience=PATIENCE_OF[case.fragments])
    case.says(arrives == case.fragments, "ping of 3000 octets in fragments %s" % ("arrives" if arrives else "is lost"))
    case.untap()
    topology.forget_paths(case.v)


def replay(case):
    """The trace from LAN1's hosts, made by hand, so that every header field is ours."""
    packets = trace.make(case.v, case.inner_mtu())
    if case.mode == "transport":  # through stacks that send whole packets, and give an ID to those that have none
        packets = [p for p in packets for f in [pkt.Fields(p)] if not f.fragment and (f.version == 6 or f.ident)]
    write_pcap(case.out + "/trace.pcap", [(i, p) for i, p in enumerate(packets)])
    case.tap("trace")
    if case.mode == "transport":
        traffic.send_as_host(case.v, packets)
    else:
        traffic.send_raw("h1", "eth", mac("gw1", "lan"), packets)
    time.sleep(0.1)
    case.untap()
    topology.forget_paths(case.v)


def plain_from_link(case):
    """A plain packet from the link must not get into the LAN."""
    if case.mode in ("plain", "transport"):
        return
    case.tap("plain")
    forged = trace.udp(case.v, "h1", "h2", 100, ident=0x6666)
    traffic.send_raw("wire", "gw2-wan", mac("gw2", "wan"), [forged])
    time.sleep(0.1)
    case.untap()
    through = [p for _, p, out in case.got["lan2"] if not out and pkt.Fields(p).proto == pkt.UDP]
    case.says(not through, "a plain packet from the link is refused")


def inject(case):
    """ESP packets that espsim made, put onto the link: the kernel opens them to the octets that espsim was given.

    A forgery of the newest goes before them and must not move the window; all of them go once more and are refused.
    """
    path = case.folder + "/inject.esp.pcap"
    if not os.path.exists(path):
        return
    want = [pkt.forwarded(p) for p in read_pcap(case.folder + "/inject.plain.pcap")]
    sealed = read_pcap(path)
    forged = sealed[-1][:-1] + bytes([sealed[-1][-1] ^ 1])
    inbox = traffic.listen(case.v, "h2", 50000)
    case.tap("inject")
    traffic.send_raw("wire", "gw2-wan", mac("gw2", "wan"), [forged] + sealed + sealed)
    time.sleep(0.1)
    case.untap()
    texts = traffic.heard(inbox)
    if case.mode == "transport":  # opened inside the host: only what it is for can be seen
        want, got = [pkt.Fields(p).payload[8:] for p in want], texts
    else:
        got = [p for _, p, out in case.got["lan2"] if not out and pkt.Fields(p).proto == pkt.UDP]
    case.says(got == want, "the kernel opens what espsim sealed, once each: %d of %d packets, %d equal" %
              (len(got), len(want), sum(a == b for a, b in zip(got, want))))


FORGED = {"dst": ("h1", "h3"), "src": ("h4", "h2"), "both": ("h1", "h3")}  # as host.py's FORGERIES leaves them


def redirect(case):
    """Packets of LAN1's hosts whose addresses someone on the link has changed: which of them get into LAN2?"""
    if not case.redirect:
        return
    accepted = []
    for (name, (src, dst)), p in zip(FORGED.items(), read_pcap(case.folder + "/redirect.pcap")):
        case.tap("redirect-" + name)
        traffic.send_raw("wire", "gw2-wan", mac("gw2", "wan"), [p])
        time.sleep(0.1)
        case.untap()
        ends = (ADDRESS[case.v][src], ADDRESS[case.v][dst])
        out = [pkt.Fields(p) for _, p, out in case.got["lan2"] if not out]
        if any((f.src, f.dst) == ends and f.proto != pkt.ESP for f in out):
            accepted.append(name)
    case.says((accepted or ["none"]) == case.redirect, "addresses changed on the link and accepted: %s, expected: %s" %
              (",".join(accepted) or "none", ",".join(case.redirect)))


def clamp(case):
    """With CLAMP=yes both ends of a new connection are told the MSS that fits."""
    if not case.clamp:
        return
    case.call("down")
    case.call("up", CLAMP="yes")
    case.tap("clamp")
    took = traffic.tcp_transfer(case.v, "h1", "h2", 20000)
    case.untap()
    syns = [f.payload for lan in ("lan1", "lan2") for _, p, out in case.got[lan] if not out
            for f in [pkt.Fields(p)] if f.proto == pkt.TCP and f.payload[13] & 2]
    told = [int.from_bytes(text[22:24], "big") for text in syns if text[20:22] == b"\2\4"]  # Linux has MSS first
    fits = case.inner_mtu() - (40 if case.v == 4 else 60)
    case.says(took is not None and told == [fits, fits], "MSS told with CLAMP=yes: %s, expected: %d twice" % (told, fits))


HOST_KEY = "aead rfc4106(gcm(aes)) 0x" + "5a" * 20 + " 128"


class HostEsp:
    """IPsec of h1 and h3 between themselves, transport mode, with the SPIs that are given."""

    def __init__(self, v, to_h1, to_h3):
        self.v, a, b = v, ADDRESS[v]["h1"], ADDRESS[v]["h3"]
        for host, own, peer in (("h1", a, b), ("h3", b, a)):
            policy = "xfrm policy add src %s dst %s dir %s tmpl src %s dst %s proto esp mode transport\n"
            ip(host, "xfrm state add src %s dst %s proto esp spi %d mode transport %s\n" % (a, b, to_h3, HOST_KEY) +
               "xfrm state add src %s dst %s proto esp spi %d mode transport %s\n" % (b, a, to_h1, HOST_KEY) +
               policy % (own, peer, "out", own, peer) + policy % (peer, own, "in", peer, own))

    def remove(self):
        for host in ("h1", "h3"):
            ip(host, "xfrm policy flush\nxfrm state flush\n")


def bypass_lines(v, gw):
    """Policies by which a gateway lets hosts' own ESP pass, one a line."""
    lan = {4: "10.%d.0.0/24", 6: "2001:db8:%d::/64"}[v]
    own, peer = (lan % 1, lan % 2) if gw == "gw1" else (lan % 2, lan % 1)
    yield "src %s dst %s proto 50 dir out" % (own, peer)
    yield "src %s dst %s proto 50 dir fwd" % (peer, own)
    yield "src %s dst %s proto 50 dir in" % (peer, own)


def set_bypass(case, wanted):
    for gw in GATEWAYS:
        for line in bypass_lines(case.v, gw):
            if wanted:
                run("ip xfrm policy update %s priority 10" % line, gw)
            else:
                run("ip xfrm policy delete %s" % line, gw, check=False)


def stranger(case):
    """A packet between hosts of the LANs that the export does not name: under ESP or not at all."""
    if case.mode in ("plain", "transport"):
        return
    a, b = (address[:-1] + "77" for address in (ADDRESS[case.v]["h1"], ADDRESS[case.v]["h2"]))
    # Whoever asks for the neighbour in vain says so seconds later, in the next case.
    run(["ip", "-n", "gw2", "neigh", "replace", b, "lladdr", mac("h2", "eth").hex(":"), "dev", "lan", "nud", "permanent"])
    case.tap("stranger")
    traffic.send_raw("h1", "eth", mac("gw1", "lan"), [pkt.packet(a, b, pkt.UDP, pkt.udp(a, b, 50001, 50002, b"who"))])
    time.sleep(0.05)
    case.untap()
    plain = [p for _, p, out in case.got["link1"] if not out and pkt.Fields(p).proto == pkt.UDP]
    case.says(not plain, "packets of hosts that the export does not name don't leave in the clear")


def collide(case):
    """IPsec of h1 and h3 through the gateways: nested or beside theirs, with an SPI of its own or the gateways'."""
    if not case.collide:
        return
    through = []
    for name in ("nested", "nested-same", "bypass", "bypass-same"):
        set_bypass(case, name.startswith("bypass"))
        same = name.endswith("same")
        hosts = HostEsp(case.v, case.spi_towards("h1") if same else 0x9001, case.spi_towards("h3") if same else 0x9003)
        if traffic.ping(case.v, "h1", "h3", 77, patience=PATIENCE_OF[name in case.collide]):
            through.append(name)
        case.says(traffic.ping(case.v, "h4", "h2", 77), "%s: other hosts are not troubled" % name)
        hosts.remove()
    set_bypass(case, case.to == "nft")  # as it was exported
    case.says(through == case.collide, "hosts' own IPsec gets through: %s, expected: %s" % (
        ",".join(through) or "none", ",".join(case.collide)))


class Strongswan:
    """A charon on each machine of the case, with a folder of its own in place of /etc."""

    def __init__(self, machines, out):
        self.daemons, self.machines = [], machines
        for machine in machines:
            etc = "/etc/netns/" + machine  # `ip netns exec` mounts these over /etc
            os.makedirs(etc + "/swanctl/conf.d", exist_ok=True)
            os.makedirs(etc + "/strongswan.d", exist_ok=True)
            socket = "unix:///run/%s.vici" % machine
            with open(etc + "/strongswan.conf", "w") as f:
                f.write("charon {\n load_modular = no\n load = random nonce openssl kdf kernel-netlink socket-default vici\n"
                        " filelog {\n log {\n path = %s/charon-%s.log\n default = 1\n flush_line = yes\n }\n }\n"
                        " plugins {\n vici {\n socket = %s\n }\n }\n}\n"
                        "swanctl {\n load = random openssl\n socket = %s\n}\ninclude strongswan.d/*.conf\n" %
                        (out, machine, socket, socket))
            with open(etc + "/swanctl/swanctl.conf", "w") as f:
                f.write("include conf.d/*.conf\n")
            # a /var/run of its own: charon runs once for each
            self.daemons.append(subprocess.Popen(
                ["ip", "netns", "exec", machine, "sh", "-c", "mount -t tmpfs none /var/run && exec /usr/lib/ipsec/charon"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        end = time.monotonic() + 20
        while time.monotonic() < end and not all(os.path.exists("/run/%s.vici" % machine) for machine in machines):
            time.sleep(0.1)

    def stop(self):
        for daemon in self.daemons:
            daemon.terminate()
            daemon.wait(20)
        for machine in self.machines:  # charon leaves its routing rules
            for option in ("-4", "-6"):
                run("ip %s rule del pref 220" % option, machine, check=False)
            os.unlink("/run/%s.vici" % machine)


def negotiate(case):
    """With IKE the first packet of each pair only starts the negotiation."""
    for src in ("h1", "h4"):
        for dst in ("h2", "h3"):
            case.says(any(traffic.ping(case.v, src, dst, 8, 1.0) for _ in range(6)), "IKE for %s - %s" % (src, dst))


def note_keys(case, machines):
    """The SAs that IKE made, as `xfrm state add` lines, for check.py."""
    with open(case.out + "/states.txt", "w") as f:
        for machine in machines:
            text = run("ip xfrm state list", ns=machine).replace("\n\t", " ")
            for line in text.splitlines():
                if " spi 0x00000000 " not in line:  # one that waits for IKE
                    f.write("xfrm state add %s\n" % re.sub(r"anti-replay.*?(?= sel |$)", "", line))


STAGES = (talk, path_mtu, oversize, replay, plain_from_link, stranger, collide, inject, redirect, clamp)


def run_case(case, untouched):
    """`untouched`: the snapshot of each machine before the first case."""
    began = time.monotonic()
    machines = sorted({machine for machine, _ in case.scripts()})
    before = {machine: untouched[machine] for machine in machines}
    plainly = case.mode in ("plain", "transport")
    if plainly:
        forward_plainly(True)
    daemons = Strongswan(machines, case.out) if case.to == "strongswan" else None
    try:
        if case.clamp:
            begin_in_vain(case, before)
            end_halfway(case, before)
        case.call("up")
        refuse_again(case)
        if daemons:
            negotiate(case)
            note_keys(case, machines)
        for stage in STAGES if not case.failures else ():
            stage(case)
        case.call("status")
        run_counters(case)
    finally:
        case.call("down")
        if daemons:
            daemons.stop()
        if plainly:
            forward_plainly(False)
    topology.forget_paths(case.v)
    after = {machine: snapshot(machine) for machine in machines}
    case.says(before == after, "`down` leaves everything as it was" + difference(before, after))
    with open(case.out + "/notes", "w") as f:
        f.write("\n".join(case.notes) + "\n")
    print("%s %-16s %3d checks, %4.1f s" % ("ok  " if not case.failures else "FAIL", case.name, len(case.notes),
                                           time.monotonic() - began), flush=True)


def run_counters(case):
    with open(case.out + "/xfrm_stat", "w") as f:
        for gw in GATEWAYS:
            f.write("".join("%s %s\n" % (gw, line) for line in run("cat /proc/net/xfrm_stat", ns=gw).splitlines()
                            if not line.endswith(" 0") and not line.endswith("\t0")))


def difference(before, after):
    a = [line for machine in after for line in before[machine].splitlines()]
    b = [line for machine in after for line in after[machine].splitlines()]
    return "".join("\n     - " + line for line in a if line not in b) + "".join("\n     + " + line for line in b if line not in a)


def main():
    topology.build()
    untouched = {machine: snapshot(machine) for machine in GATEWAYS + tuple(HOSTS)}
    failed = 0
    part, parts = map(int, re.search(r"lab\.part=(\d+)/(\d+)", open("/proc/cmdline").read()).groups())
    for name in sorted(os.listdir("/lab/cases"))[part - 1::parts]:
        case = Case("/lab/cases/" + name)
        try:
            run_case(case, untouched)
        except Exception:  # one broken case must not take the others' results with it
            case.failures += 1
            print("FAIL %s\n%s" % (case.name, traceback.format_exc()), flush=True)
        failed += case.failures
    print("guest %d of %d: up for %.1f s" % (part, parts, time.monotonic()), flush=True)
    return failed != 0


sys.exit(main())

#!/usr/bin/env python3
"""Random scenarios over every key's bounds: whatever `espsim check` allows must run and end.

    python3 tests/nightly/scenarios.py BUILD SECONDS SEED [--count N] [--jobs N] [--first N] [--keep DIR]

Scenario number i of a seed is the same each time. Keys, types, bounds, defaults and members come from `espsim check
--keys --json` and `espsim list --json`; only what a run costs in time and memory is known here. A scenario that `check`
refuses must be refused with a clean word; what was refused is then left out, until the rest is legal. Each run must
exit with 0, or 1 (a TCP flow stalled), within the time and memory that follow from the scenario, without a sanitizer's
word; its result must read back, compare equal to itself, and keep in = out + dropped; one of ten is made twice and must
be the same. A failure is shrunk: keys are left out while it still fails in the same way.
"""
import argparse
import concurrent.futures
import filecmp
import json
import math
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

NS = 1000000000
COST_MAX = 12000  # packets, all runs of a scenario
OCTETS_MAX = 150e6  # that may be in memory at a time
FACTOR = {"d": 86400 * NS, "h": 3600 * NS, "min": 60 * NS, "s": NS, "ms": 1000000, "us": 1000, "ns": 1,
          "Gbit/s": 10**9, "Mbit/s": 10**6, "kbit/s": 1000, "bit/s": 1,
          "GiB": 2**30, "GB": 10**9, "MiB": 2**20, "MB": 10**6, "KiB": 1024, "kB": 1000, "B": 1, "": 1, "dB": 1}
UNIT = {"a time": "ns", "a rate": "bit/s", "a size": "B", "a size or `auto`": "B", "a count": "", "a count or `auto`": "",
        "decibels": "dB"}
KINDS = {"a time": 10**9, "a rate": 10**7, "a size": 1000, "a size or `auto`": 1000, "a count": 10,
         "a count or `auto`": 10}  # what is usual where there is no default


def number(text):
    value, unit = re.fullmatch(r"([-0-9.]+) ?([A-Za-z/]*)", text.strip()).groups()
    value = float(value) if "." in value else int(value)
    return value * FACTOR[unit]


class Espsim:
    """The program under test."""

    def __init__(self, build):
        self.path = os.path.abspath(os.path.join(build, "espsim"))
        self.keys = json.loads(self.ask("check", "--keys", "--json"))
        self.members = {f["family"]: [m["name"] for m in f["members"]] for f in json.loads(self.ask("list", "--json"))}
        self.sections = {}
        for key in self.keys:
            self.sections.setdefault(key["section"], []).append(key)
        self.suites = {}

    def ask(self, *words):
        return subprocess.run([self.path, *words], check=True, capture_output=True, text=True).stdout

    def start(self, folder, words, seconds):
        """Runs it; gives exit status (None: too late), what it said, and the most memory that it or a child had (KiB)."""
        with open(os.path.join(folder, "said"), "w+", errors="replace") as said:
            p = subprocess.Popen([self.path, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                 start_new_session=True)
            end, status, used = time.monotonic() + seconds, None, None
            pause = 0.001
            while time.monotonic() < end:
                pid, code, used = os.wait4(p.pid, os.WNOHANG)
                if pid:
                    status = os.waitstatus_to_exitcode(code)
                    break
                time.sleep(pause)
                pause = min(pause * 1.5, 0.05)
            else:
                os.killpg(p.pid, 9)
                _, _, used = os.wait4(p.pid, 0)
            p.returncode = 0
            said.seek(0)
            return status, said.read(), used.ru_maxrss

    def has_suite(self, name):
        if name not in self.suites:
            p = subprocess.run([self.path, "overhead", "--algorithms", name, "--sizes", "100", "--rivals", "none"], capture_output=True)
            self.suites[name] = p.returncode == 0
        return self.suites[name]


# ---- values ----

def draw_number(r, key, low=None, high=None):
    """Everyday values near the default, and the bounds themselves."""
    low = low if low is not None else number(key["min"]) if key["min"] else 0
    high = high if high is not None else number(key["max"]) if key["max"] else 1000 * KINDS.get(key["type"], 10)
    usual = number(key["default"]) if key["default"] and key["default"] != "auto" else KINDS.get(key["type"], 10)
    how = r.random()
    if how < 0.08:
        return low
    if how < 0.16:
        return high
    if how < 0.20:
        return min(low + 1, high)
    if how < 0.24:
        return max(high - 1, low)
    if how < 0.40:
        return round(math.exp(r.uniform(math.log(max(low, 1)), math.log(max(high, 1)))))
    return max(low, min(high, round((usual or KINDS.get(key["type"], 10)) * 10 ** r.uniform(-1.5, 1.5))))


def draw_suite(r, espsim):
    while True:
        name = r.choice(espsim.members["encryption"])
        name += r.choice(["", "-128", "-192", "-256"])
        if not name.startswith(("aes-gcm", "aes-ccm", "chacha", "null-aes")) or r.random() < 0.05:
            name += "-" + r.choice(espsim.members["integrity"])
        if espsim.has_suite(name):
            return name


def draw_ratio(r):
    return "%.12g" % r.choice([0, 1, 0.5, 1e-9, 0.999999, 0.01, r.random(), r.random() ** 4])


def draw_spis(r, need):
    first = r.choice([1, 255, 256, 0x1000, 0xc0000000, 0xffffffff - 2 * need, r.randrange(1, 2**32 - 2 * need)])
    return r.choice(["0x%x-0x%x" % (first, first + need + r.randrange(need)), "0x%x" % first])


def draw_value(r, espsim, key, scenario):
    kind = key["type"]
    if kind in ("a count or `auto`", "a size or `auto`") and r.random() < 0.3:
        return "auto"
    if kind == "decibels":
        return "%.6g dB" % r.choice([number(key["min"]), number(key["max"]), r.uniform(0, 20)])
    if kind in UNIT:
        return f"{draw_number(r, key)} {UNIT[kind]}".strip()
    if kind == "a ratio":
        return draw_ratio(r)
    if kind == "yes or no":
        return r.choice(["yes", "no"])
    if kind == "a name" and key["family"]:
        return r.choice(espsim.members[key["family"]])
    if kind == "a list of names":
        return ", ".join(r.sample(espsim.members[key["family"]], r.choice([1, 1, 1, 2])))
    if kind == "a suite":
        return draw_suite(r, espsim)
    if kind == "0, or 32 to 4096":
        return str(r.choice([0, 32, 33, 64, 128, 1024, 4095, 4096]))
    if kind == "a list of SPIs":
        return draw_spis(r, 300)
    if kind == "a range of SPIs":
        first = r.randrange(256, 2**32 - 70000)
        return "0x%x-0x%x" % (first, first + r.choice([0, 1, 255, 65535]))
    if kind == "a pattern":
        first = r.randrange(40)
        return "%d,%d-%d/%d" % (first, first + 1, first + 1 + r.randrange(3), first + r.randrange(3, 60))
    if kind == "a list of times and decibels":
        at = sorted(r.sample(range(0, 3000), r.randrange(1, 5)))
        return ", ".join("%d ms: %.3g dB" % (ms, r.choice([0, r.uniform(0, 30), 100])) for ms in at)
    return None  # names, texts, addresses, prefixes, hosts: the caller's


# ---- scenarios ----

class Scenario:
    """Sections in order, each a dict of texts; and files beside it."""

    def __init__(self):
        self.sections = {}
        self.files = {}

    def get(self, section, key, default=None):
        return self.sections.get(section, {}).get(key, default)

    def text(self):
        return "\n".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
                         for name, keys in self.sections.items())

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        for name, octets in self.files.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(octets)
        path = os.path.join(folder, "random.ini")
        with open(path, "w") as f:
            f.write(self.text())
        return path

    def without(self, section, key=None):
        other = Scenario()
        other.files = self.files
        other.sections = {name: dict(keys) for name, keys in self.sections.items()}
        if key is None:
            del other.sections[section]
        else:
            del other.sections[section][key]
        return other

    def delay(self):
        """The longest that the link's may be, as far as it is written."""
        usual = {"rain-fade": "270 ms", "geo": "270 ms", "trace": "1 s"}.get(self.get("link", "path"), "100 ms")
        texts = [self.get("link", k) for k in ("delay", "delay_forward", "delay_return", "delay_max")]
        return max(number(text) for text in texts if text) if any(texts) else number(usual)

    def flows(self):
        return [name for name in self.sections if name.startswith("flow.")]


def v6(scenario):
    return scenario.get("scenario", "ip") == "6"


def host(scenario, lan, n):
    """Octets of the address of a host, in the default prefixes."""
    return (bytes([0xfd, 0, 0, lan]) + bytes(8) + n.to_bytes(4, "big") if v6(scenario)
            else bytes([10, lan, 0, n]))


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def draw_packet(r, scenario):
    """An IP packet between the LANs: mostly UDP, some fragments, some that lie."""
    side = r.choice([1, 2])
    src, dst = host(scenario, side, r.choice([1, 1, 1, 2, 200])), host(scenario, 3 - side, r.choice([1, 1, 1, 3]))
    protocol = r.choice([17, 17, 17, 6, 1 if not v6(scenario) else 58, 50, 132, 59])
    payload = r.randbytes(r.choice([0, 1, 8, 20, 100, 552, 1400, 1472, 1480, 3000]))
    if v6(scenario):
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + src + dst + payload
    flags = r.choice([0, 0, 0, 0x4000, 0x2000, 0x00b9, 0x20b9])
    if flags & 0x2000:
        payload = payload[:len(payload) // 8 * 8]
    head = struct.pack("!BBHHHBBH", 0x45, r.choice([0, 184]), 20 + len(payload), r.randrange(65536), flags,
                       r.choice([64, 64, 64, 1, 2]), protocol, 0) + src + dst
    packet = head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload
    if r.random() < 0.05:
        packet = bytes([packet[0] ^ r.choice([0x10, 0x0f])]) + packet[1:]
    return packet


def draw_capture(r, scenario):
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    at = r.randrange(10**9)
    first = True
    for _ in range(r.randrange(1, 40)):
        packet, cut_short = draw_packet(r, scenario), r.random() < 0.03
        if first:  # one at least can be replayed
            cut_short = False
            sound = struct.pack("!HHHH", 1000, 2000, 8, 0)
            src, dst = host(scenario, 1, 1), host(scenario, 2, 1)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0) + src + dst
            packet = (struct.pack("!IHBB", 6 << 28, 8, 17, 64) + src + dst + sound if v6(scenario)
                      else head[:10] + struct.pack("!H", checksum(head)) + head[12:] + sound)
            first = False
        cut = len(packet) // 2 if cut_short else len(packet)
        out += struct.pack("<IIII", at // 10**6, at % 10**6, cut, len(packet)) + packet[:cut]
        at += r.choice([0, 1, 1000, 50000, 200000])
    return out


def draw_trace(r, kind):
    n = r.randrange(1, 60)
    if kind == "leoreplayer":
        return "".join(f"{r.choice([0, 1, 20, 45, 200, 1000])}\n" for _ in range(n)).encode()
    if kind == "mahimahi":
        at = sorted(r.randrange(1, 2000) for _ in range(n))
        return "".join(f"{ms}\n" for ms in at).encode()
    rows, ms = ["t_ms,owd_ms,rate_kbps,loss"], 0
    for _ in range(n):
        rows.append("%d,%d,%d,%.3g" % (ms, r.choice([1, 20, 45, 300]), r.choice([0, 64, 1000, 10000]),
                                      r.choice([0, 0, 0.1, 1])))
        ms += r.choice([1, 15, 100, 700])
    return ("\n".join(rows) + "\n").encode()


def applies(espsim, scenario, section, key):
    if not key["only_for"]:
        return True
    chooser = next(k for k in espsim.sections[key["section"]] if k["key"] == key["chosen_by"])
    return scenario.get(section, key["chosen_by"], chooser["default"]) in key["only_for"]


def fill(r, espsim, scenario, section, share, leave=()):
    """Writes some of the section's keys; choosers first, since others hang on them."""
    keys = espsim.sections[section.split(".")[0]]
    choosers = {k["chosen_by"] for k in keys if k["chosen_by"]}
    here = scenario.sections.setdefault(section, {})
    for key in sorted(keys, key=lambda k: k["key"] not in choosers):
        if key["key"] in leave or key["key"] in here or not applies(espsim, scenario, section, key):
            continue
        needed = key["default"] is None and key["follows"] is None
        if needed or r.random() < share * (3 if key["key"] in choosers else 1):
            value = draw_value(r, espsim, key, scenario)
            if value is not None:
                here[key["key"]] = value


def draw_link(r, espsim, scenario, share):
    here = scenario.sections.setdefault("link", {})
    here["path"] = r.choice(espsim.members["path"])
    here["rate_forward"], here["rate_return"] = (
        f"{draw_number(r, k)} bit/s" for k in espsim.sections["link"] if k["key"].startswith("rate_"))
    if r.random() < 0.3:
        here["mtu"] = f"{r.choice([576, 577, 1280, 1281, 1400, 1499, 1500, 9000, 65534, 65535])} B"
    if r.random() < 0.5:
        here["delay"] = r.choice(["0 s", "1 ns", "1 ms", "20 ms", "270 ms", "600 ms", "10 s"])
    if here["path"] == "rain-fade":
        here["framing"] = "dvb-s2"
    trace = here["path"] == "trace" or r.random() < 0.03
    if trace and "delay" not in here and r.random() < 0.9:
        here["delay"] = "25 ms"
    if trace:
        kind = here["trace_format"] = r.choice(espsim.members["trace-format"])
        scenario.files["trace"] = draw_trace(r, kind)
        here["trace"] = "trace"
    fill(r, espsim, scenario, "link", share,
         ("trace", "trace_forward", "trace_return", "trace_format", "delay", "fade_start", "fade_time", "fade_depth")
         if r.random() < 0.5 else ("trace", "trace_forward", "trace_return", "trace_format", "delay", "fade"))
    mtu = number(here.get("mtu", "1500 B"))
    for key in ("queue", "queue_forward", "queue_return"):
        if key in here and number(here[key]) < mtu and r.random() < 0.9:
            here[key] = f"{mtu + r.choice([0, 1, mtu])} B"
    if here["path"] == "rain-fade":
        here.pop("modcod", None)
    if here.get("loss_model") == "trace" and here.get("trace_format") != "csv":
        del here["loss_model"]
    if v6(scenario) and mtu < 1280 and r.random() < 0.9:
        here["mtu"] = "1280 B"
    if "codel_target" in here and r.random() < 0.9:
        here["codel_interval"] = f"{max(number(here.get('codel_interval', '100 ms')), number(here['codel_target']) + 1)} ns"


def outlast(r, here, keys, link_delay):
    """Mostly longer than a packet takes over the link."""
    for key in keys:
        if key in here and number(here[key]) and r.random() < 0.9:
            here[key] = f"{max(number(here[key]), link_delay + r.choice([1, 10**6, 10**9]))} ns"


def draw_hosts(r):
    """How many pairs, and both ends."""
    n = r.choice([1, 1, 1, 2, 4, 4, 30, 300])
    first = r.choice([1, 1, 2])
    many = f"{first}-{first + n - 1}" if n > 1 else f"{first}"
    return r.choice([(many, many), ("1", many), (many, "1")]), first + n - 1


def draw_flow(r, espsim, scenario, name, share, duration):
    section = f"flow.{name}"
    here = scenario.sections.setdefault(section, {})
    here["kind"] = r.choice(espsim.members["traffic"])
    (a, b), most = draw_hosts(r)
    lans = r.choice([("lan1", "lan2"), ("lan2", "lan1")])
    here["from"], here["to"] = f"{lans[0]}:{a}", f"{lans[1]}:{b}"
    if here["kind"] == "replay":
        scenario.files["capture.pcap"] = draw_capture(r, scenario)
        here["file"] = "capture.pcap"
    if r.random() < 0.2:
        start, stop = sorted(r.sample(range(0, duration + 1), 2)) if duration > 1 else (0, 1)
        here["start"], here["stop"] = f"{start} ns", f"{stop} ns"
    fill(r, espsim, scenario, section, share, ("peer", "file", "start", "stop"))
    if here.get("ipsec", "none") == "none":
        for key in ("spi", "spi_range", "rekey_overlap", "rekey_jitter", "spi_allocator"):
            here.pop(key, None)
    elif here.get("spi_allocator") == "manual":
        here["spi"] = draw_spis(r, 300)
    outlast(r, here, ("rekey", "rekey_overlap"), scenario.delay())
    if here.get("ipsec") == "bypass" and here["kind"] != "voip" and r.random() < 0.3:
        here["peer"] = "2001:db8::9" if v6(scenario) else "198.51.100.9"
    if here["kind"] == "iot" and r.random() < 0.9:
        report = sum(number(here.get(k, d)) * n for k, d, n in
                     (("jitter", "1 s", 1), ("burst_gap", "20 ms", int(here.get("burst", "1")) - 1)))
        here["interval"] = f"{max(number(here.get('interval', '10 s')), report + 1)} ns"
    return most


def draw(r, espsim):
    s = Scenario()
    share = r.choice([0.02, 0.1, 0.1, 0.25, 0.6])
    duration = r.choice([10**6, 50 * 10**6, r.randrange(50 * 10**6, 3 * NS), r.randrange(50 * 10**6, 3 * NS), NS])
    modes = r.sample(espsim.members["mode"], r.choice([1, 1, 2, 5]))
    s.sections["scenario"] = {"modes": ", ".join(modes), "duration": f"{duration} ns"}
    if r.random() < 0.35:
        s.sections["scenario"]["ip"] = "6"
    if r.random() < 0.5:
        s.sections["scenario"]["seed"] = str(r.choice([0, 1, 2, 2**53 - 1, r.randrange(2**53)]))
    for lan in ("lan1", "lan2"):
        fill(r, espsim, s, lan, share, ("prefix", "hosts"))
    draw_link(r, espsim, s, share)
    fill(r, espsim, s, "ipsec", share)
    fill(r, espsim, s, "adversary", share)
    fill(r, espsim, s, "pep", share)
    ipsec = s.sections["ipsec"]
    if "rekey" in ipsec:
        ipsec.setdefault("rekey_overlap", "5 s")
    outlast(r, ipsec, ("rekey_overlap",), s.delay())
    if ipsec.get("spi_allocator") == "manual":
        ipsec["spi_gw1"], ipsec["spi_gw2"] = "0x1000-0x1fff", "0x2000-0x2fff"
    most = max(draw_flow(r, espsim, s, f"f{i}", share, duration) for i in range(r.choice([1, 1, 2, 3, 4])))
    room = 65534 if v6(s) or most > 254 else 254
    for lan in ("lan1", "lan2"):
        s.sections[lan]["hosts"] = str(r.choice([most, most, min(most + 1, room), room]))
        if room > 254 and not v6(s):
            s.sections[lan]["prefix"] = f"10.{lan[3]}.0.0/16"
    if not s.files.get("capture.pcap"):  # its packets have the addresses of the default
        draw_addresses(r, s, share, most)
    s.sections = {name: keys for name, keys in s.sections.items() if keys}
    return s


def draw_addresses(r, scenario, share, most):
    prefixes = {"lan1": ["2001:db8:1::/64", "fd00:a::/112"] if v6(scenario) else ["172.16.0.0/16", "100.64.0.0/10"],
                "lan2": ["2001:db8:2::/32", "fd00:b::/48"] if v6(scenario) else ["172.17.0.0/16", "192.168.128.0/17"]}
    gateways = {"gw1": ["2001:db9::1", "fd01::ffff"] if v6(scenario) else ["198.18.0.1", "223.255.255.254"],
                "gw2": ["2001:db9::2", "fe00::1"] if v6(scenario) else ["203.0.113.255", "9.9.9.9"]}
    for lan in prefixes:
        if r.random() < share:
            scenario.sections[lan]["prefix"] = r.choice(prefixes[lan])
            scenario.sections[lan]["hosts"] = str(most)
    for gw in gateways:
        if r.random() < share:
            scenario.sections[gw] = {"address": r.choice(gateways[gw])}
    for key in ("trace_forward", "trace_return"):
        if "trace" in scenario.sections["link"] and r.random() < 0.2:
            scenario.sections["link"][key] = "trace"
    for section, key, value in (("scenario", "name", "a-name_of.64"), ("scenario", "question", "Does it end?")):
        if r.random() < share:
            scenario.sections[section][key] = value


# ---- what a run costs ----

def pairs(flow):
    def n(hosts):
        ends = hosts.split(":")[1].split("-")
        return int(ends[-1]) - int(ends[0]) + 1
    return max(n(flow["from"]), n(flow["to"]))


class Cost:
    """Packets, and octets that may be in memory, of all runs of the settings in effect (`check --json`)."""

    def __init__(self, settings):
        def get(section, key, default="0"):
            return settings.get(section, {}).get(key, {}).get("value", default)

        seconds = number(get("scenario", "duration")) / NS
        rates = [number(get("link", f"rate_{d}")) for d in ("forward", "return")]
        mtu = number(get("link", "mtu"))
        self.packets = self.octets = 0
        link = max(rates) * seconds / 8 * 3 + 1e5  # octets of closed loops; traces may be faster than their mean
        n_tcp = 0
        for name, keys in settings.items():
            if not name.startswith("flow."):
                continue
            f = {k: v["value"] for k, v in keys.items()}
            n, kind = pairs(f), f["kind"]
            active = max(0, (number(f["stop"]) - number(f["start"])) / NS)
            lan = number(get(f["from"][:4], "rate"))
            if kind in ("tcp-bulk", "request-response"):
                n *= int(f.get("connections", "1"))
                mss = mtu - 100 if f["mss"] == "auto" else number(f["mss"])
                most = min(link + n * mss * (int(f["initial_cwnd"]) + 1), 3 * lan * seconds / 8 * n + 1e5)
                if get("pep", "place", "none") != "none":
                    most += min(n * (2 * number(f["buffer"]) + 2 * number(get("pep", "buffer"))), 3 * lan * seconds / 8 * n)
                    mss = min(mss, 1400)
                filled = n * number(f["buffer"])  # by the application, at once, in the engine's items of a segment
                self.packets += 3 * most / min(mss, mtu) + 26 * n + 0.05 * filled / mss
                self.octets += 2 * most + n * 600e3 + 500 * filled / mss
                n_tcp += n
                continue
            size = number(f.get("size", "340 B")) + 60
            rate = {"voip": lambda: 100 * int(f["calls"]) * 2, "replay": lambda: 40 / max(active, 1e-9),
                    "iot": lambda: n * int(f["burst"]) * max(NS / number(f["interval"]), 1 / max(active, 1e-9))}.get(
                        kind, lambda: n * number(f["rate"]) / 8 / max(size - 60, 1))()
            if kind not in ("voip", "replay"):
                rate = min(rate, n * lan / 8 / size)
            sent = rate * active + n
            if f.get("ipsec", "none") != "none":
                sent += n * seconds * NS / max(number(f["rekey"]) or 1e30, 1)
                sent += n * 20
            self.packets += sent * (1 + 2 * (size + 100) // mtu)
            self.octets += sent * (size + 400) + (int(f["calls"]) * 2 if kind == "voip" else n) * 50e3
        if get("adversary", "attack", "none") != "none":
            self.packets *= 2
        if number(get("ipsec", "rekey")):
            self.packets += 40 * seconds * NS / number(get("ipsec", "rekey"))
        self.packets += seconds * 2000 if get("link", "path") in ("trace", "rain-fade") else 0
        if get("link", "path") == "rain-fade":  # its reports go on while the queue empties
            wait = min(3600, max(self.octets, 1e5) * 10 * 8 / min(rates))
            self.packets += 0.05 * (seconds + wait) * NS / number(get("link", "acm_interval"))
        if get("link", "path") == "trace":
            wait = min(3600, max(self.octets, 1e5) * 10 * 8 / min(rates))
            self.packets += 0.05 * wait * 60
        esp = max(1, len(get("ipsec", "lookup").split(",")))
        self.runs = len(get("scenario", "modes").split(",")) * esp
        self.packets *= self.runs


# ---- judging ----

BAD_WORDS = re.compile(r"please report|Sanitizer|runtime error|Assertion|assert|was ended by signal|ended with status|"
                       r"ended without|ns-3 gave up|std::|terminate called")


class Failure(Exception):
    def __init__(self, kind, detail=""):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind + re.sub(r"[0-9]+", "#", detail.strip().split("\n")[-1])[:80]


def refused(status, said, path):
    """None, or what was refused: sections and keys."""
    if status == 0:
        return None
    if status != 2 or BAD_WORDS.search(said) or not said.strip():
        raise Failure("check", f"exit {status}: {said[-300:]}")
    for line in said.strip().split("\n"):
        if not re.match(r"^(espsim: )?(%s|--set)" % re.escape(os.path.basename(path)), line):
            raise Failure("check's words", line)
    return said


def drop_refused(scenario, said):
    """Leaves out the lines that were refused; False: none is named."""
    lines = scenario.text().split("\n")
    section, where = None, {}
    for i, line in enumerate(lines, 1):
        if line.startswith("["):
            section = line[1:-1]
        elif "=" in line:
            where[i] = (section, line.split(" =")[0])
    named = [where[int(n)] for n in re.findall(r"random\.ini:(\d+):", said) if int(n) in where]
    named = [(s, k) for s, k in named if k not in ("kind", "from", "to", "duration", "rate_forward", "rate_return")]
    for s, k in named:
        scenario.sections.get(s, {}).pop(k, None)
    scenario.sections = {name: keys for name, keys in scenario.sections.items() if keys}
    return bool(named)


def check_result(espsim, folder):
    with open(os.path.join(folder, "result", "result.json")) as f:
        result = json.load(f)
    for run in result["runs"]:
        c = run["conservation"]
        if c["in"] != c["out"] + c["dropped"]:
            raise Failure("conservation", f"{run['name']}: {c}")
        if c["dropped"] != sum(n for place in run["drops"].values() for n in place.values()):
            raise Failure("drops", f"{run['name']}: {c} {run['drops']}")
        if run["unexplained"]:
            raise Failure("unexplained", f"{run['unexplained']}")
        for flow in run["flows"]:
            if flow["packets_received"] > flow["packets_sent"]:
                raise Failure("more received than sent", f"{run['name']}: {flow['name']}")
    status, said, _ = espsim.start(folder, ["compare", "result/result.json", "result/result.json"], 60)
    if status != 0:
        raise Failure("compare with itself", f"exit {status}: {said[-300:]}")


def same_again(a, b):
    """Whether two result folders have the same octets; the manifest has dates."""
    cmp = filecmp.dircmp(a, b)
    if cmp.left_only or cmp.right_only:
        return False
    _, differ, odd = filecmp.cmpfiles(a, b, [f for f in cmp.common_files if f not in ("manifest.json", "README.md")], False)
    return not differ and not odd and all(same_again(os.path.join(a, d), os.path.join(b, d)) for d in cmp.common_dirs)


class Limits:
    def __init__(self, cost, slow):
        self.seconds = (20 + cost.packets * 0.0005 + cost.runs) * slow
        self.rss = (300e3 + 4 * cost.octets / 1000) * (3 if slow > 1 else 1) + (500e3 if slow > 1 else 0)


def run_once(espsim, folder, limits, captures, out="result"):
    words = ["run", "random.ini", "--out", out, "--jobs", "1"] + ([] if captures else ["--no-pcap", "--quiet"])
    status, said, rss = espsim.start(folder, words, limits.seconds)
    if status is None:
        raise Failure("too slow", f"more than {limits.seconds:.0f} s")
    if status not in (0, 1) or BAD_WORDS.search(said):
        raise Failure(f"exit {status}", said[-2000:])
    if rss > limits.rss:
        raise Failure("memory", f"{rss} KiB, more than {limits.rss:.0f}")


def settings_of(espsim, scenario, folder):
    """The settings in effect; None: refused, as the words beside say."""
    path = scenario.write(folder)
    status, said, _ = espsim.start(folder, ["check", os.path.basename(path), "--json"], 60)
    if refused(status, said, path):
        return None, said
    return json.loads(said)["settings"], ""


def judge(espsim, scenario, folder, slow, captures, twice):
    """Runs a scenario; raises Failure. False: it is not legal."""
    shutil.rmtree(folder, ignore_errors=True)
    settings, _ = settings_of(espsim, scenario, folder)
    if not settings:
        return False
    limits = Limits(Cost(settings), slow)
    run_once(espsim, folder, limits, captures)
    check_result(espsim, folder)
    if twice:
        run_once(espsim, folder, limits, captures, "again")
        if not same_again(os.path.join(folder, "result"), os.path.join(folder, "again")):
            raise Failure("not the same again")
    return True


def shrink(espsim, scenario, folder, slow, captures, twice, kind):
    """Leaves out sections and keys while it still fails in the same way."""
    end = time.monotonic() + 120
    again = True
    while again:
        again = False
        parts = [(name, None) for name in scenario.sections] + [(n, k) for n, keys in scenario.sections.items() for k in keys]
        for section, key in parts:
            if section not in scenario.sections or (key and key not in scenario.sections[section]):
                continue
            if time.monotonic() > end:
                return scenario
            smaller = scenario.without(section, key)
            try:
                judge(espsim, smaller, folder, slow, captures, twice)
            except Failure as f:
                if f.kind == kind:
                    scenario, again = smaller, True
    return scenario


class Campaign:
    def __init__(self, espsim, options):
        self.espsim, self.options = espsim, options
        self.cost_max = COST_MAX / 10 if options.light else COST_MAX
        self.slow = 12 if self.is_sanitized() else 1
        self.n = self.n_legal_at_once = self.n_refused = self.n_run = self.n_costly = self.n_failed = 0
        self.kinds = set()
        self.written = set()

    def is_sanitized(self):
        with open(self.espsim.path, "rb") as f:
            return b"__asan_init" in f.read()

    def prepare(self, r, folder):
        """A scenario that is legal and not too costly, with its settings."""
        for _ in range(50):
            scenario = draw(r, self.espsim)
            settings, said = settings_of(self.espsim, scenario, folder)
            if settings:
                self.n_legal_at_once += 1
            else:
                self.n_refused += 1
            for _ in range(8):
                if settings or not drop_refused(scenario, said):
                    break
                settings, said = settings_of(self.espsim, scenario, folder)
            if not settings:
                continue
            cost = Cost(settings)
            if cost.packets <= self.cost_max and cost.octets <= OCTETS_MAX:
                return scenario
            if self.spare(scenario, cost, folder):
                return scenario
            self.n_costly += 1
        return None

    def spare(self, scenario, cost, folder):
        """Shortens the run, then takes small TCP buffers, then leaves out what makes much of it; false: not enough, or
        not legal."""
        for buffer, much in ((None, ()), ("256 KiB", ()), ("64 KiB", ("rate", "calls", "connections", "initial_cwnd"))):
            share = min(self.cost_max / cost.packets, OCTETS_MAX / cost.octets)
            duration = max(int(number(scenario.get("scenario", "duration")) * share), 10**6)
            scenario.sections["scenario"]["duration"] = f"{duration} ns"
            for flow in scenario.flows():
                keys = scenario.sections[flow]
                keys.pop("start", None)
                keys.pop("stop", None)
                for key in much:
                    keys.pop(key, None)
                if buffer and keys["kind"] in ("tcp-bulk", "request-response") and "mss" not in keys:
                    keys["buffer"] = buffer
            settings, _ = settings_of(self.espsim, scenario, folder)
            cost = Cost(settings) if settings else cost
            if settings and cost.packets <= self.cost_max and cost.octets <= OCTETS_MAX:
                return True
        return False

    def one(self, i):
        r = random.Random(f"{self.options.seed}/{i}")
        folder = tempfile.mkdtemp(prefix="espsim-random-")
        captures, twice = r.random() < 0.3, r.random() < 0.1
        scenario = None
        try:
            scenario = self.prepare(r, folder)
            if scenario:
                judge(self.espsim, scenario, folder, self.slow, captures, twice)
                self.n_run += 1
                self.written |= {(s.split(".")[0], k) for s, keys in scenario.sections.items() for k in keys}
        except Failure as failure:
            self.tell(i, failure, scenario, folder, captures, twice)
        except Exception as e:  # a result that does not read back, above all
            self.tell(i, Failure("result", traceback.format_exc()), scenario, folder, captures, twice)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.n += 1

    def tell(self, i, failure, scenario, folder, captures, twice):
        self.n_failed += 1
        if failure.kind in self.kinds:
            print(f"scenario {i}: {failure.kind} (seen before)", flush=True)
            return
        self.kinds.add(failure.kind)
        if scenario and not failure.kind.startswith("check"):
            scenario = shrink(self.espsim, scenario, folder, self.slow, captures, twice, failure.kind)
        keep = os.path.join(self.options.keep, f"{self.options.seed}-{i}")
        if scenario:
            scenario.write(keep)
        print(f"\nscenario {i} of seed {self.options.seed}: {failure}\n{scenario.text() if scenario else ''}"
              f"to repeat: (cd {keep} && {self.espsim.path} run random.ini --out result"
              f"{'' if captures else ' --no-pcap'})\n", flush=True)

    def run(self):
        """SIGTERM ends it early, with what was found until then."""
        end = time.monotonic() + self.options.seconds
        asked = []
        signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
        o = self.options
        with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
            waiting, i = set(), o.first
            while (not o.count or i < o.first + o.count) and time.monotonic() < end and not asked:
                if len(waiting) >= o.jobs:
                    _, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                    continue
                waiting.add(pool.submit(self.one, i))
                i += 1
            for done in concurrent.futures.as_completed(waiting):
                done.result()
        n_drawn = self.n_legal_at_once + self.n_refused
        print(f"{self.n} random scenarios of seed {o.seed}: {self.n_run} run, {self.n_failed} failed; of {n_drawn} drawn "
              f"{100 * self.n_legal_at_once // max(n_drawn, 1)} % were legal at once, {self.n_refused} refused cleanly "
              f"and mended, {self.n_costly} too long to run")
        never = [f"{k['section']}.{k['key']}" for k in self.espsim.keys if (k["section"], k["key"]) not in self.written]
        print(f"{len(self.written)} of {len(self.espsim.keys)} keys were written"
              + (f"; never: {', '.join(never)}" if 0 < len(never) < 20 else ""))
        return self.n_failed == 0 and self.n_run > 0 and 2 * self.n_legal_at_once > n_drawn


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("--count", type=int, default=0, help="so many at most")
    parser.add_argument("--light", action="store_true", help="scenarios of a tenth of the cost")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", default="random-failures", help="folder for scenarios that fail")
    options = parser.parse_args()
    sys.exit(0 if Campaign(Espsim(options.build), options).run() else 1)


if __name__ == "__main__":
    main()

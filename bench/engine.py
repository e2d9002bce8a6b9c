#!/usr/bin/env python3
"""engine.py BUILD SOURCE [--json] [--growth] [--runs N] [--only A,B,C]

Measures espsim against plain_ns3 (bench/plain_ns3.cc) on the same network and traffic (bench/engine/*.ini): CPU seconds
of the process that simulates, from start to end, and its peak memory. espsim encrypts and decrypts each packet with
AES-128-GCM in wildcard mode and has right checksums; plain ns-3 does neither. The two take turns, and the medians count.
--growth instead measures how espsim's cost per packet grows with packets, flows and hosts.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile


def espsim(build, scenario, sets=()):
    """One run: {"cpu_s", "rss_kb", "packets"}."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "out")
        words = [str(build / "espsim"), "run", str(scenario), "--no-pcap", "--quiet", "--out", str(out)]
        for one in sets:
            words += ["--set", one]
        subprocess.run(words, check=True)
        cost = json.loads((out / "manifest.json").read_text())["runs"][0]
        link = json.loads((out / "result.json").read_text())["runs"][0]["link"]
        return {"cpu_s": cost["cpu_s"], "rss_kb": cost["max_rss_kb"], "packets": link["packets"]}


def plain(build, name):
    text = subprocess.run([str(build / "bench" / "plain_ns3"), name], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def against_plain(build, source, names, n_runs):
    runs = {name: ([], []) for name in names}
    for turn in range(n_runs):
        for name in names:
            runs[name][0].append(espsim(build, source / "bench" / "engine" / f"{name.lower()}.ini"))
            runs[name][1].append(plain(build, name))
            print(f"{name} {turn + 1}/{n_runs}: espsim {runs[name][0][-1]['cpu_s']:.2f} s, "
                  f"ns-3 {runs[name][1][-1]['cpu_s']:.2f} s", file=sys.stderr)
    figures = {}
    for name, (ours, peer) in runs.items():
        figures[name] = {"ratio": round(median(ours, "cpu_s") / median(peer, "cpu_s"), 4),
                         "espsim_cpu_s": round(median(ours, "cpu_s"), 4),
                         "peer_cpu_s": round(median(peer, "cpu_s"), 4),
                         "espsim_rss_kb": int(median(ours, "rss_kb")), "peer_rss_kb": int(median(peer, "rss_kb")),
                         "espsim_packets": int(median(ours, "packets")), "peer_packets": int(median(peer, "packets"))}
    return figures


WIDE = ["lan1.prefix=10.16.0.0/16", "lan2.prefix=10.32.0.0/16"]

# Rows of settings over bench/engine/b.ini, which sends 8,929 packets a second.
GROWTH = {
    "packets": [(f"1e{k}", [f"scenario.duration={10 ** k / 8928.6:.3f} s"]) for k in (5, 6, 7)],
    "flows": [(str(n), [f"lan1.hosts={n}", f"lan2.hosts={n}", f"flow.cbr.from=lan1:1-{n}", f"flow.cbr.to=lan2:1-{n}",
                        f"flow.cbr.rate={100000000 // n} bit/s", *WIDE, "scenario.duration=40 s"])
              for n in (2, 20, 200, 2000)],
    "hosts": [(str(n), [f"lan1.hosts={n}", f"lan2.hosts={n}", *WIDE, "scenario.duration=40 s"])
              for n in (1, 100, 10000)],
}


def growth(build, source, n_runs):
    figures = {}
    for what, rows in GROWTH.items():
        figures[what] = []
        for n, sets in rows:
            runs = [espsim(build, source / "bench" / "engine" / "b.ini", sets) for _ in range(n_runs)]
            figures[what].append({"n": n, "packets": runs[0]["packets"],
                                  "us_per_packet": round(1e6 * median(runs, "cpu_s") / runs[0]["packets"], 4),
                                  "rss_kb": int(median(runs, "rss_kb"))})
            print(f"{what} {n}: {figures[what][-1]['us_per_packet']:.2f} us a packet", file=sys.stderr)
    return figures


def print_table(figures):
    for name, row in figures.items():
        for line in row if isinstance(row, list) else [row]:
            print(name, "  ".join(f"{key} {value}" for key, value in line.items()))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("build", type=pathlib.Path)
    words.add_argument("source", type=pathlib.Path)
    words.add_argument("--json", action="store_true")
    words.add_argument("--growth", action="store_true")
    words.add_argument("--runs", type=int, default=None, help="turns; default 5, with --growth 3")
    words.add_argument("--only", default="A,B,C")
    given = words.parse_args()
    if given.growth:
        figures = growth(given.build, given.source, given.runs or 3)
    else:
        figures = against_plain(given.build, given.source, given.only.split(","), given.runs or 5)
    if given.json:
        print(json.dumps(figures))
    else:
        print_table(figures)


main()

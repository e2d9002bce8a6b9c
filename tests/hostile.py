"""hostile.py ESPSIM FIXTURE SCENARIO: hostile strings through every text field and every sink.

Each call refuses its input (exit 2 or 3, and says why) or gives clean output. A field is a string in a JSON file, or a
key of an object whose keys are names; of a list's elements one stands for all.
"""
import csv
import html.parser
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unicodedata
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor

ESPSIM, FIXTURE, SCENARIO = map(os.path.abspath, sys.argv[1:])
LINES = "x\nEOD\nsystem('touch PWNED1')\n$x << EOD\n"
HOSTILE = [
    "`touch PWNED2`",
    "$(touch PWNED3)\\",
    "'x'; system('touch PWNED4') #",
    '"; system("touch PWNED5") #',
    LINES,
    "]]></title><script>alert(1)</script>-->",
    "![](http://x/y) [a](http://x) <img src=x onerror=y> | www.x.y",
    "\x1b]0;x\x07\x1b[31m\x9b31m\u202e\x7f\r",
    "../../PWNED6",
    "=cmd|' /C calc'!A0",
    "%s%n%1$n{/Bold x}@x^y_z",
]
TAGS = {"html", "head", "meta", "link", "title", "style", "body", "h1", "h2", "p", "div", "table", "thead", "tbody", "tr",
        "th", "td", "ul", "li", "code", "figure", "figcaption", "svg", "desc", "defs", "circle", "path", "g", "text",
        "rect", "polygon", "use", "filter", "feflood", "fecomposite", "lineargradient", "stop", "tspan"}
MARKDOWN_TAGS = {"h1", "h2", "h3", "p", "ul", "li", "code", "strong", "table", "thead", "tbody", "tr", "th", "td", "img",
                 "pre", "input"}
NO_GNUPLOT = {**os.environ, "PATH": "/nowhere"}
work = tempfile.mkdtemp(prefix="espsim-hostile-")


def fail(what, why):
    sys.exit(f"hostile: {what}: {why}")


# ---- what is clean ----

def is_hidden(c, lines=True):
    if lines and c in "\n\t":
        return False
    return unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def check_text(what, octets):
    try:
        text = octets.decode()
    except UnicodeDecodeError as e:
        fail(what, f"no UTF-8: {e}")
    for c in text:
        if is_hidden(c):
            fail(what, f"{c!r} came through: {text[max(0, text.index(c) - 40):][:80]!r}")
    return text


class Page(html.parser.HTMLParser):
    def __init__(self, what, tags):
        super().__init__()
        self.what, self.tags = what, tags

    def handle_starttag(self, tag, attrs):
        if tag not in self.tags:
            fail(self.what, f"<{tag}> came through")
        for name, value in attrs:
            own = {"icon": "data:,"}.get(dict(attrs).get("rel"))
            is_figure = tag == "img" and re.fullmatch(r"figures/[a-z-]+\.svg", value or "")
            if name.startswith("on") or (name in ("src", "href") and value != own and not is_figure):
                fail(self.what, f'{name}="{value}" came through')

    def handle_comment(self, data):
        fail(self.what, f"the comment {data!r} came through")


def check_page(what, text, tags):
    page = Page(what, tags)
    # gnuplot's SVG links its own marks
    page.feed(re.sub(r"xlink:href='#[A-Za-z0-9_-]+'", "", text))
    page.close()


def check_markdown(what, text):
    if shutil.which("cmark-gfm"):
        made = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"],
                              input=text.encode(), capture_output=True, check=True).stdout.decode()
        check_page(what, made, MARKDOWN_TAGS)
    elif re.search(r"(?<!\\)<script|(?<!\\)!\[\]", text):
        fail(what, "markup came through")


def check_csv(what, text):
    rows = list(csv.reader(text.splitlines()))
    for row in rows:
        if len(row) != len(rows[0]):
            fail(what, f"{len(row)} cells, not {len(rows[0])}: {row}")
        for cell in row:
            first = cell.lstrip()[:1]
            if first and first in "=+-@" and not re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?\d+)?", cell.strip()):
                fail(what, f"the formula {cell!r} came through")


def check_xml(what, text):
    root = xml.etree.ElementTree.fromstring(text)
    for element in root.iter():
        if element.tag.endswith("script"):
            fail(what, "<script> came through")


CHECKS = {".html": lambda w, t: check_page(w, t, TAGS), ".md": check_markdown, ".csv": check_csv, ".xml": check_xml,
          ".svg": check_xml, ".json": lambda w, t: json.loads(t), ".gp": lambda w, t: None, ".tsv": lambda w, t: None}


def check_folder(what, folder):
    for top, _, names in os.walk(folder):
        for name in names:
            ending = os.path.splitext(name)[1]
            with open(os.path.join(top, name), "rb") as f:
                octets = f.read()
            if ending == ".png":
                if not octets.startswith(b"\x89PNG"):
                    fail(what, f"{name} is no PNG")
            elif ending not in CHECKS:
                fail(what, f"{name} was made")
            elif octets:
                CHECKS[ending](f"{what}: {name}", check_text(f"{what}: {name}", octets))


def check_nothing_made(what):
    for top, folders, names in os.walk(work):
        for name in folders + names:
            if name.startswith("PWNED"):
                fail(what, f"{os.path.join(top, name)} was made")
    for beside in (os.path.dirname(work), os.getcwd()):
        if any(name.startswith("PWNED") for name in os.listdir(beside)):
            fail(what, f"PWNED was made in {beside}")


def names_in(folder):
    return sorted(os.listdir(folder))


def espsim(what, *words, cwd=None, codes=(0, 1), env=None, json_out=False, files=("out",)):
    """Runs it in a folder `cwd`, of which it may make `files`; True where the input was taken."""
    global n_taken, n_refused
    cwd = cwd or work
    before = names_in(cwd)
    done = subprocess.run([ESPSIM, *words], cwd=cwd, env=env, capture_output=True, check=False, timeout=120)
    what = f"{what}: espsim {' '.join(map(repr, words))}"
    said = check_text(what, done.stderr)
    if json_out and done.stdout:
        json.loads(done.stdout)
    elif not json_out:
        check_text(what, done.stdout)
    if done.returncode not in (*codes, 2, 3):
        fail(what, f"exit {done.returncode}: {said}")
    if done.returncode in (2, 3) and done.returncode not in codes and not said.strip():
        fail(what, f"exit {done.returncode} without a word")
    made = [name for name in names_in(cwd) if name not in before and name not in files]
    if made:
        fail(what, f"{made} was made")
    taken = done.returncode in codes
    n_taken += taken
    n_refused += not taken
    return taken


# ---- fields ----

NAMED = {"settings", "drops", "counters", "fingerprints"}  # whose keys are names


def fields_of(value, path=(), names=False):
    """One path of each kind: to strings, and with None at its end to a key that is a name."""
    found = {}
    if isinstance(value, dict):
        for key, below in value.items():
            if names:
                found[tuple(0 if isinstance(p, int) else p for p in path), "key"] = (*path, key, None)
            for kind, field in fields_of(below, (*path, key), names or key in NAMED).items():
                found.setdefault(kind, field)
    elif isinstance(value, list):
        for i, below in enumerate(value):
            for kind, field in fields_of(below, (*path, i), names).items():
                found.setdefault(kind, field)
    elif isinstance(value, str):
        found[tuple(0 if isinstance(p, int) else p for p in path)] = path
    return found


def put(value, path, text):
    """A copy of `value` with `text` in a field; as a key's name, for None."""
    if not path:
        return text
    if isinstance(value, list):
        return [put(below, path[1:], text) if i == path[0] else below for i, below in enumerate(value)]
    if path[1:] == (None,):
        return {text if key == path[0] else key: below for key, below in value.items()}
    return {key: put(below, path[1:], text) if key == path[0] else below for key, below in value.items()}


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def store(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f)
        f.write("\n")


base = os.path.join(work, "base")
subprocess.run([FIXTURE, base], check=True, stdout=subprocess.DEVNULL)
result = load(f"{base}/result.json")
result["runs"][0]["unexplained"] = ["why"]
series = load(f"{base}/tunnel/series.json")
manifest = load(f"{base}/manifest.json")
store(f"{base}/result.json", result)
n_folders = n_taken = n_refused = 0
IN_FIGURES = [("runs", 0, "name"), ("runs", 0, "drops", "link", "queue", None)]


def case(changed_result=None, changed_series=None, changed_manifest=None):
    """A folder with a result folder `r` in it."""
    global n_folders
    n_folders += 1
    home = os.path.join(work, f"case{n_folders}")
    os.mkdir(home)
    shutil.copytree(base, f"{home}/r")
    if changed_result:
        store(f"{home}/r/result.json", changed_result)
    if changed_series:
        store(f"{home}/r/tunnel/series.json", changed_series)
    if changed_manifest:
        store(f"{home}/r/manifest.json", changed_manifest)
    return home


def report(what, home, env=None):
    if not espsim(what, "report", "r", "--out", "out", cwd=home, env=env):
        if os.path.exists(f"{home}/out"):
            fail(what, "half a report was left")
        return False
    check_folder(what, f"{home}/out")
    return True


def compare(what, home, pair):
    outs = ("o.md", "o.xml")
    espsim(what, "compare", *pair, "--all", "--markdown", outs[0], "--junit", outs[1], cwd=home, files=outs, codes=(0, 1, 3))
    espsim(what, "compare", *pair, "--json", cwd=home, json_out=True, codes=(0, 1, 3))
    for name in outs:
        if os.path.exists(f"{home}/{name}"):
            with open(f"{home}/{name}", "rb") as f:
                CHECKS[os.path.splitext(name)[1]](f"{what}: {name}", check_text(what, f.read()))


def try_field(i, path):
    """A field alone: pages and comparisons, without gnuplot. True where it is taken."""
    text = HOSTILE[i % len(HOSTILE)]
    what = f"{path}: {text!r}"
    home = case(put(result, path, text))
    taken = report(what, home, NO_GNUPLOT)
    compare(what, home, ("../base", "r"))
    shutil.rmtree(home)
    return taken


def hostile(paths, value, turn):
    for i, path in enumerate(paths):
        value = put(value, path, HOSTILE[(i + turn) % len(HOSTILE)])
    return value


def all_at_once(turn, paths):
    """Every field that takes hostile text has one, another in each turn; with figures."""
    what = f"turn {turn}"
    home = case(hostile(paths, result, turn), changed_manifest={**manifest, "command": HOSTILE, **{HOSTILE[turn]: HOSTILE[turn]}})
    taken = report(what, home)
    compare(what, home, ("../base", "r"))
    compare(what, home, ("r", "../base"))
    shutil.rmtree(home)
    return taken


def results():
    paths = sorted(fields_of(result).values(), key=lambda path: [str(p) for p in path])
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(try_field, range(len(paths)), paths))
        takers = [p for p, t in zip(paths, taken, strict=True) if t]
        drawn = list(pool.map(lambda turn: all_at_once(turn, takers), range(0, len(HOSTILE), 6)))
        list(pool.map(lambda p: report(str(p), case(put(result, p, LINES))), IN_FIGURES))
    print(f"{len(takers)} of {len(paths)} fields of a result take hostile text; {sum(drawn)} pages of all of them")


def try_series(i, path):
    text = HOSTILE[i % len(HOSTILE)]
    home = case(changed_series=put(series, path, text))
    report(f"series {path}: {text!r}", home, NO_GNUPLOT)
    shutil.rmtree(home)


def others():
    paths = [path for path in fields_of(series).values() for _ in range(3)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(try_series, range(len(paths)), paths))
    home = case(changed_manifest={**manifest, "command": HOSTILE, **{text: text for text in HOSTILE}})
    report("a manifest", home, NO_GNUPLOT)


# ---- scenarios, stores, captures, options ----

def scenario_lines(text):
    """`text` as an INI value can hold it."""
    return text.replace("\n", " ").replace("\r", " ")


def scenarios():
    with open(SCENARIO, encoding="utf-8") as f:
        plain = f.read()
    for i, text in enumerate(HOSTILE):
        value = scenario_lines(text)
        home = case()
        with open(f"{home}/s.ini", "w", encoding="utf-8") as f:
            f.write(plain.replace("[scenario]", f"[scenario]\nquestion = {value}"))
        what = f"question {text!r}"
        espsim(what, "check", "s.ini", cwd=home)
        espsim(what, "check", "s.ini", "--json", cwd=home, json_out=True)
        for bad in (f"question = x\nname = {value}", f"modes = {value}", f"{value} = 1"):
            with open(f"{home}/bad.ini", "w", encoding="utf-8") as f:
                f.write(plain.replace("[scenario]", f"[scenario]\n{bad}"))
            espsim(what, "check", "bad.ini", cwd=home)
        with open(f"{home}/bad.ini", "w", encoding="utf-8") as f:
            f.write(plain.replace("flow.calls", f"flow.{value}"))
        espsim(what, "check", "bad.ini", cwd=home)
        espsim(what, "check", "s.ini", "--set", f"scenario.question={text}", cwd=home)
        espsim(what, "check", "s.ini", "--set", text, cwd=home)
        espsim(what, "check", text, cwd=home)
        espsim(what, text, cwd=home)
        espsim(what, "overhead", f"--codec={text}", cwd=home)
        espsim(what, "mtu", f"--modes={text}", cwd=home)
        espsim(what, "collide", f"--sweep={text}", cwd=home)
        espsim(what, "export", "s.ini", "--to", "ip-xfrm", "--out", "out", "--set", f"scenario.question={text}", cwd=home)
        if i % 4 == 0 and espsim(what, "run", "s.ini", "--no-pcap", "--out", "ran", cwd=home, files=("ran",)):
            with open(f"{home}/ran/README.md", "rb") as f:
                check_markdown(what, check_text(what, f.read()))
        shutil.rmtree(home)


def sweeps():
    if not os.path.exists(os.path.join(os.path.dirname(ESPSIM), "espsim-engine.so")):
        print("built without ns-3: nothing is swept")
        return
    home = case()
    shutil.copy(SCENARIO, f"{home}/s.ini")
    names = ("st.jsonl", "o.csv", "plot")
    words = ("sweep", "s.ini", "--set", "scenario.duration=1s", "--csv", "o.csv", "--plot", "plot", "--out", "st.jsonl")
    for axis in ("scenario.question=a,`touch PWNED7`,$(touch PWNED8),=cmd|' /C calc'!A0,0.5%",
                 "scenario.question='x\nEOD\nsystem(\"touch PWNED9\")\n,\x1b[31m"):
        if espsim(axis, *words, "--vary", axis, cwd=home, files=names):
            check_folder(axis, f"{home}/plot")
            with open(f"{home}/o.csv", "rb") as f:
                check_csv(axis, check_text(axis, f.read()))
        for name in names[:2]:
            if os.path.exists(f"{home}/{name}"):
                os.remove(f"{home}/{name}")
    axis = "link.delay=10ms,20ms"
    if not espsim("a sweep", *words, "--vary", axis, cwd=home, files=names):
        fail("a sweep", "was refused")
    with open(f"{home}/st.jsonl", encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    some = [("run",), ("set", "link.delay"), ("result", "name"), ("result", "mode"), ("result", "flows", 0, "name"),
            ("result", "drops", "link", "queue", None)]
    for turn in range(0, len(HOSTILE), 2):
        for paths in (some, some[:1], [p for p in fields_of(lines[1]).values() if len(p) > 1]):
            with open(f"{home}/st.jsonl", "w", encoding="utf-8") as f:
                f.write("".join(json.dumps(v) + "\n" for v in [lines[0], *(hostile(paths, v, turn) for v in lines[1:])]))
            shutil.rmtree(f"{home}/plot", ignore_errors=True)
            what = f"a store, turn {turn}"
            if espsim(what, *words, "--vary", axis, cwd=home, files=names, env=None if paths is some[:1] else NO_GNUPLOT):
                check_folder(what, f"{home}/plot")
            if os.path.exists(f"{home}/o.csv"):
                with open(f"{home}/o.csv", "rb") as f:
                    check_csv(what, check_text(what, f.read()))
            with open(f"{home}/st.jsonl", "w", encoding="utf-8") as f:
                f.write("".join(json.dumps(v) + "\n" for v in [hostile(fields_of(lines[0]).values(), lines[0], turn), *lines[1:]]))
            espsim(what, *words, "--vary", axis, cwd=home, files=names, env=NO_GNUPLOT)
            espsim(what, "merge", "--out", "m.jsonl", "st.jsonl", cwd=home, files=("m.jsonl",))


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def option(code, text):
    octets = text.encode()
    return struct.pack("<HH", code, len(octets)) + octets + b"\0" * (-len(octets) % 4)


def captures():
    packet = bytes.fromhex("4500001c000000004011000a0a0100010a02000100010002000800 00".replace(" ", ""))
    for text in HOSTILE:
        home = case()
        opts = option(1, text) + option(2, text) + option(3, text) + option(4, text) + struct.pack("<HH", 0, 0)
        section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + opts)
        interface = block(1, struct.pack("<HHI", 101, 0, 0) + option(2, text) + option(11, text) + opts)
        one = block(6, struct.pack("<IIIII", 0, 0, 1, len(packet), len(packet)) + packet + option(1, text))
        names = block(4, struct.pack("<HH", 1, 4 + len(text.encode()) + 1) + b"\x0a\x01\0\x01" + text.encode() + b"\0")
        name = text.replace("/", "_") + ".pcapng"
        for octets in (section + interface + names + one, section + interface, text.encode(), section + one + b"\xff" * 9):
            with open(f"{home}/{name}", "wb") as f:
                f.write(octets)
            espsim(f"capture {text!r}", "overhead", "--pcap", name, cwd=home)
            espsim(f"capture {text!r}", "overhead", "--pcap", name, "--csv", cwd=home)
            espsim(f"capture {text!r}", "esp", "explain", "--in", name, cwd=home)
        shutil.rmtree(home)


def programs():
    """No program but gnuplot is started, nor tried: the names that the page and figures show are those of a shell."""
    if not shutil.which("strace") or not shutil.which("gnuplot"):
        print("no strace or gnuplot: programs are not counted")
        return
    home = case(put(result, ("runs", 0, "drops", "link", "queue", None), HOSTILE[0]))
    log = f"{work}/strace"
    done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=execve,execveat", ESPSIM, "report", "r"], cwd=home,
                          capture_output=True, check=False)
    with open(log, encoding="utf-8", errors="replace") as f:
        calls = [line for line in f if "exec" in line and "+++" not in line]
    if done.returncode == 1 and "ptrace" in done.stderr.decode():
        print("strace may not trace here: programs are not counted")
        return
    started = [line for line in calls if f'"{ESPSIM}"' not in line]
    if done.returncode == 0 and not started:
        fail("strace", "no program was seen")
    for line in started:
        if not re.search(r'execveat\(\d+, "", \["gnuplot", "-d"\].*AT_EMPTY_PATH\) = 0', line):
            fail("strace", line)
    print(f"{len(started)} programs were started, all gnuplot")


try:
    for part in (results, others, scenarios, sweeps, captures, programs):
        begun = time.monotonic()
        part()
        print(f"{part.__name__}: {n_taken} calls clean, {n_refused} refused, {time.monotonic() - begun:.1f} s")
        n_taken = n_refused = 0
        check_nothing_made(part.__name__)
finally:
    shutil.rmtree(work)

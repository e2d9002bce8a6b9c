#!/bin/sh
# espsim report: every file comes, the page stands alone, and without gnuplot the tables still come.
# Where Chromium is installed, the page is opened at 400, 800 and 1400 px, light and dark.
set -u
build=$1
root=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }

PATH=$build:$PATH
"$build/tests/test_report_fixture" "$work/result" >/dev/null || fail "no fixture"
espsim report "$work/result" >"$work/out" 2>"$work/err" || fail "espsim report: $(cat "$work/err")"
page=$work/result/report/report.html
[ "$(head -1 "$work/out")" = "$page" ] || fail "the page's name is not printed: $(cat "$work/out")"
for file in report.html report.md report.csv; do
    [ -s "$work/result/report/$file" ] || fail "$file is missing"
done

# One file, no network, no scripts.
grep -qiE '<script|src="?https?:|href="?https?:|@import|url\(' "$page" && fail "the page needs more than itself"
grep -q 'Choose tunnel' "$page" || fail "the page does not answer"
head -c 6000 "$page" | grep -q 'class="answer"' || fail "the answer is not at the top"
grep -q 'RFC 4301 allows it' "$page" || fail "the verdicts are missing"
grep -q 'espsim run scenarios/sat-link.ini' "$page" || fail "the command is missing"
python3 - "$page" "$work/result/report/report.csv" "$work/result/result.json" <<'PYTHON' || fail "the page or table is broken"
import csv, html.parser, json, sys
void = {"meta", "link", "br", "hr", "img"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []
    def handle_starttag(self, tag, attrs):
        self.ids += [v for k, v in attrs if k == "id"]
        if tag not in void:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.ids += [v for k, v in attrs if k == "id"]
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
page = Page()
page.feed(open(sys.argv[1]).read())
assert not page.open, page.open
twins = sorted({i for i in page.ids if page.ids.count(i) > 1})
assert not twins, twins
rows = list(csv.DictReader(open(sys.argv[2])))
result = json.load(open(sys.argv[3]))
for run in result["runs"]:
    octets = [r["value"] for r in rows if r["mode"] == run["mode"] and r["metric"] == "link.wire_octets"]
    assert octets == [str(run["link"]["wire_octets"])], octets
PYTHON

# Again over an old report, elsewhere, and never over something else.
espsim report "$work/result" >/dev/null || fail "an old report is not replaced"
espsim report "$work/result" --out "$work/elsewhere" >/dev/null && [ -s "$work/elsewhere/report.html" ] || fail "--out"
mkdir "$work/mine" && echo x >"$work/mine/x"
espsim report "$work/result" --out "$work/mine" 2>/dev/null && fail "a folder of the user was replaced"
[ -s "$work/mine/x" ] || fail "a file of the user is gone"
espsim report "$work/nowhere" 2>"$work/err"
[ $? -eq 3 ] || fail "a missing folder: not exit 3"
espsim report 2>/dev/null
[ $? -eq 2 ] || fail "no folder: not exit 2"
echo '{"schema":1' >"$work/result/tunnel/series.json"
espsim report "$work/result" --out "$work/broken" 2>"$work/err"
[ $? -eq 3 ] || fail "a broken series.json: not exit 3"
grep -q 'tunnel/series.json:[0-9]*:' "$work/err" || fail "a broken series.json is not named: $(cat "$work/err")"
ls "$work" | grep -q '^broken' && fail "half a report was left"
rm "$work/result/tunnel/series.json"

# Without gnuplot.
mkdir "$work/bin" && ln -s "$build/espsim" "$work/bin/espsim"
PATH=$work/bin "$build/espsim" report "$work/result" --out "$work/bare" >/dev/null 2>"$work/err" || fail "without gnuplot"
grep -q 'install gnuplot-nox' "$work/err" "$work/bare/report.html" || fail "nothing says that gnuplot is missing"
grep -q '<h2>What the hosts get</h2>' "$work/bare/report.html" || fail "without gnuplot the tables are missing"

command -v gnuplot >/dev/null || { echo "no gnuplot: figures are not tested"; exit 0; }
for figure in overhead goodput delay delay-cdf sizes drops spi; do
    for ending in svg png; do
        [ -s "$work/elsewhere/figures/$figure.$ending" ] || fail "figures/$figure.$ending is missing"
    done
    grep -q "<g id=\"$figure-canvas\">" "$work/elsewhere/report.html" || fail "$figure is not in the page"
    grep -qE "[\"']black[\"']|rgb\(  0,   0,   0\)" "$work/elsewhere/figures/$figure.svg" && fail "$figure: black on dark"
    python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$work/elsewhere/figures/$figure.svg" ||
        fail "$figure.svg is no XML"
done
ls "$work/elsewhere/figures" | grep -qvE '\.(svg|png)$' && fail "gnuplot's scripts or logs were left"

command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { echo "no Chromium: the page is not opened"; exit 0; }
sh "$root/tools/browser.sh" "$work/elsewhere/report.html"
case $? in
0) ;;
3) echo "Chromium does not run here: the page is not opened"; exit 0 ;;
*) fail "the page, as a browser shows it: see above" ;;
esac
# The check sees what it is there for.
sed 's/<\/body>/<p style="width:2000px">wide<\/p><script>console.error("loud")<\/script>&/' "$work/elsewhere/report.html" >"$work/bad.html"
sh "$root/tools/browser.sh" "$work/bad.html" >"$work/said" && fail "a page that is too wide and not silent passes"
grep -q 'px stand over the edge.*loud' "$work/said" || fail "what is wrong with a page is not said: $(cat "$work/said")"
exit 0

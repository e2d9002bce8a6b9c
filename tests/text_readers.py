"""text_readers.py TEST_TEXT: random texts through each sink of models/base/text.h and back through its reader."""
import csv
import html
import html.parser
import io
import random
import re
import shutil
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree

END = "\x1e"
PIECES = ["'", '"', "`", "\\", "$", "<", ">", "&", "|", "*", "_", "[", "]", "(", ")", "#", "-", "+", "=", "@", "!", "~", "%",
          ";", ",", ":", "/", ".", "{", "}", " ", "  ", "\n", "\r", "\t", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066",
          "\u2028", "\ufffe", "a", "b", "1", "2.", "0.5", "é", "www.", "http://", "//", "&lt;", "&#60;", "<b>", "]]>",
          "<!--", "-->", "```", "$(id)", "`id`", "EOD", "@all", "![x](y)", "a_b", "**", "\\|", "- ", "# "]


def texts():
    draw = random.Random(1)
    made = ["".join(draw.choice(PIECES) for _ in range(draw.randint(1, 9))) for _ in range(3000)]
    return PIECES + made


def through(sink, all_texts):
    out = subprocess.run([sys.argv[1], sink], input="".join(t + END for t in all_texts).encode(), capture_output=True,
                         check=True).stdout.decode()
    parts = out.split(END)
    assert len(parts) == len(all_texts) + 1
    return parts[:-1]


def is_hidden(c):
    return unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def visible(text, keep=""):
    return "".join("\ufffd" if is_hidden(c) and c not in keep else c for c in text)


def one_line(text):
    return visible(re.sub("[\n\r\t]", " ", text))


def expect(sink, text, got, want):
    if got != want:
        sys.exit(f"{sink}: {text!r} came back as {got!r}, not {want!r}")


def read_xml():
    all_texts = texts()
    page = "<r>" + "".join(f'<e a="{t}">{t}</e>' for t in through("xml", all_texts)) + "</r>"
    for text, element in zip(all_texts, xml.etree.ElementTree.fromstring(page)):
        want = visible(text, "\n\t").replace("\ufffe", "\ufffd")
        expect("xml", text, element.text, want)
        expect("xml", text, element.get("a"), re.sub("[\n\t]", " ", want))
        assert not len(element)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.attributes, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        assert tag == "p", tag
        self.attributes = attrs

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        assert False, data


def read_html():
    all_texts = texts()
    for text, out in zip(all_texts, through("html", all_texts)):
        page = Page()
        page.feed(f"<p title='{out}' lang=\"{out}\">{out}</p>")
        page.close()
        want = visible(text, "\n\t")
        expect("html", text, page.text, want)
        expect("html", text, page.attributes, [("title", want), ("lang", want)])


def is_number(text):
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text)


def read_csv():
    all_texts = texts()
    for text, out in zip(all_texts, through("csv", all_texts)):
        for delimiter in ",;":
            rows = list(csv.reader(io.StringIO(f"x{delimiter}{out}{delimiter}y\r\n"), delimiter=delimiter))
            assert len(rows) == 1 and len(rows[0]) == 3, (text, rows)
        bare = text.lstrip(" \n\r\t")
        guard = "'" if text[:1] in "\t\r" or (bare[:1] and bare[0] in "=+-@" and not is_number(bare)) else ""
        expect("csv", text, rows[0][1], guard + one_line(text))


def read_shell():
    all_texts = texts()
    script = "".join(f"printf '%s\\036' {out}\n" for out in through("shell", all_texts))
    said = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=True).stdout.decode()
    for text, got in zip(all_texts, said.split(END), strict=False):
        expect("shell", text, got, visible(text))


def read_gnuplot():
    if not shutil.which("gnuplot"):
        print("no gnuplot: its strings are not read back")
        return
    all_texts = texts()
    script = "set print '-'\n" + "".join(f"print '<'.{out}.'>'\n" for out in through("gnuplot", all_texts))
    said = subprocess.run(["gnuplot", "-d"], input=script.encode(), capture_output=True, check=True)
    assert not said.stderr, said.stderr
    for text, got in zip(all_texts, said.stdout.decode().split("\n"), strict=False):
        expect("gnuplot", text, got, "<" + one_line(text).replace("'", "\u2019").replace("]]>", "]\u200b]>") + ">")


def render(markdown):
    out = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist",
                          "-e", "footnotes"], input=markdown.encode(), capture_output=True, check=True)
    return out.stdout.decode()


def squeezed(text):
    return re.sub(" +", " ", text).strip(" ")


def read_markdown():
    if not shutil.which("cmark-gfm"):
        print("no cmark-gfm: Markdown is not rendered")
        return
    all_texts = [t for t in texts() if t.strip(" \n\r\t")]
    forms = (("markdown", "{}\n\n", "p"), ("markdown", "# {}\n\n", "h1"), ("markdown_code", "{}\n\n", "p"))
    for sink, form, tag in forms:
        page = render("".join(form.format(out) for out in through(sink, all_texts)))
        found = re.findall(f"<{tag}>(.*?)</{tag}>\n", page)
        assert "".join(f"<{tag}>{f}</{tag}>\n" for f in found) == page, (sink, form)
        for text, got in zip(all_texts, found, strict=True):
            if sink == "markdown_code":
                assert got.startswith("<code>") and got.endswith("</code>"), (text, got)
                got = got[6:-7]
            assert "<" not in got, (text, got)
            expect(sink, text, squeezed(html.unescape(got).replace("\u200b", "")), squeezed(one_line(text)))
    table = "| a | b |\n|---|---|\n" + "".join(f"| {out} | x |\n" for out in through("markdown_cell", all_texts))
    cells = re.findall("<tr>\n<td>(.*?)</td>\n<td>x</td>\n</tr>", render(table))
    for text, got in zip(all_texts, cells, strict=True):
        assert "<" not in got, (text, got)
        expect("cell", text, squeezed(html.unescape(got).replace("\u200b", "")), squeezed(one_line(text)))


for read in (read_xml, read_html, read_csv, read_shell, read_gnuplot, read_markdown):
    read()

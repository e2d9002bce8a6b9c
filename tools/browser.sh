#!/bin/sh
# sh tools/browser.sh [--shots DIR] PAGE...    opens pages of `espsim report` in headless Chromium (package chromium)
#
# At 400, 800 and 1400 px, in light and in dark: the console is silent, nothing stands over the edge, every figure is to
# be seen, letters are told from their ground, and the answer and the verdict (of six runs or fewer) are on the first
# screen, with all columns. What no program sees is to be looked at: --shots writes the first screen and the page to DIR.
# Exit status: 0 all so, 1 something is not, 3 there is no Chromium, or it does not run.
set -eu
shots=
if [ "${1-}" = --shots ]; then
    shots=$2
    mkdir -p "$shots"
    shift 2
fi
[ $# -gt 0 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
chromium=$(command -v chromium || command -v chromium-browser) || { echo "browser: install chromium" >&2; exit 3; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# browse SCHEME WORD...: a profile and a home of its own, nothing from the network
browse() {
    scheme=$1 # of blink: 0 is dark, 1 light
    shift
    HOME=$work timeout 120 "$chromium" --headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --allow-file-access-from-files \
        --user-data-dir="$work/profile" --blink-settings=preferredColorScheme="$scheme" --enable-logging=stderr \
        "$@" 2>"$work/console"
}

cat >"$work/look.js" <<'JS'
frame.onload = () => {
    const page = frame.contentDocument, root = page.documentElement, said = [], width = root.clientWidth;
    const box = e => e.getBoundingClientRect();
    const light = colour => {
        const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
        return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
    };
    const check = (good, what) => good || said.push(what);
    check(root.scrollWidth <= width, `${root.scrollWidth - width} px stand over the edge`);
    const figures = [...page.querySelectorAll("figure svg")];
    figures.forEach(f => check(box(f).width > 200 && box(f).height > 100 && box(f).right <= width,
        `${f.closest("figure").ariaLabel}: is not to be seen`));
    const style = frame.contentWindow.getComputedStyle(page.body);
    const dark = frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches;
    check(dark === (scheme === 0), "does not follow the scheme");
    check(dark === light(style.backgroundColor) < 0.5, "has the other scheme's ground");
    check(Math.abs(light(style.color) - light(style.backgroundColor)) > 0.6, "letters are too like their ground");
    figures.forEach(f => f.querySelectorAll("text").forEach(t => {
        const fill = frame.contentWindow.getComputedStyle(t).fill;
        check(Math.abs(light(fill) - light(style.backgroundColor)) > 0.6, `${f.closest("figure").ariaLabel}: letters are too like their ground`);
    }));
    check(box(page.querySelector(".answer")).bottom < frame.clientHeight, "the answer is not on the first screen");
    const verdict = page.querySelector(".verdict table");
    check(verdict.rows.length > 7 || box(verdict).bottom < frame.clientHeight, "the verdict is not on the first screen");
    check(box(verdict).right <= width, "the verdict's last columns are cut off");
    document.getElementById("said").textContent = `${figures.length} figures; ` + [...new Set(said)].join("; ");
};
JS

bad=0
for page; do
    [ -f "$page" ] || { echo "browser: $page: is no file" >&2; exit 3; }
    page=$(realpath "$page")
    for width in 400 800 1400; do
        for scheme in 1 0; do
            name=$([ $scheme = 1 ] && echo light || echo dark)
            cat >"$work/frame.html" <<HTML
<iframe id="f" style="width:${width}px;height:900px;border:0"></iframe><p id="said">nothing</p>
<script>const frame = document.getElementById("f"), scheme = $scheme;
$(cat "$work/look.js")
frame.src = "file://$page";</script>
HTML
            browse $scheme --virtual-time-budget=5000 --window-size=1500,1000 --dump-dom "file://$work/frame.html" >"$work/dom" ||
                { tail -n 3 "$work/console" >&2; exit 3; }
            said=$(sed -n 's/.*<p id="said">\(.*\)<\/p>.*/\1/p' "$work/dom")
            console=$(grep -o 'CONSOLE.*' "$work/console" | head -n 3 || true)
            echo "$page, $width px, $name: ${said:-nothing}$console"
            case $said in *"figures; ") ;; *) bad=1 ;; esac
            [ -z "$console" ] || bad=1
            [ -z "$shots" ] || for height in 900 6000; do
                browse $scheme --window-size=$width,$height --force-device-scale-factor=1 \
                    --screenshot="$shots/$(basename "$(dirname "$(dirname "$page")")")-$width-$name-$height.png" "file://$page" >/dev/null
            done
        done
    done
done
exit $bad

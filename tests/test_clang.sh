#!/bin/sh
# Every C file passes clang under the warnings that gcc has: read only, since the preset `dev` takes minutes to build.
set -eu
build=$1
command -v clang >/dev/null || { echo "skipped: no clang (Debian package clang)"; exit 77; }
[ -f "$build/compile_commands.json" ] || { echo "FAILED: no compile_commands.json in $build"; exit 1; }
python3 - "$build/compile_commands.json" <<'PY'
import json, multiprocessing.pool, os, shlex, subprocess, sys

GCC_ONLY = '-Wno-format-truncation', '-Wimplicit-fallthrough'


def check(entry):
    flags = shlex.split(entry['command'])[1:]
    at = flags.index('-o')
    flags = [f for f in flags[:at] + flags[at + 2:] if not f.startswith(GCC_ONLY) and not f.startswith('-fsanitize')]
    done = subprocess.run(['clang', '-fsyntax-only'] + flags, cwd=entry['directory'], capture_output=True, text=True)
    return done.stderr if done.returncode else ''


with open(sys.argv[1]) as f:
    files = {e['file']: e for e in json.load(f) if e['file'].endswith('.c')}
with multiprocessing.pool.ThreadPool(len(os.sched_getaffinity(0))) as pool:
    bad = [words for words in pool.map(check, files.values()) if words]
print('%d files, %d refused by clang' % (len(files), len(bad)))
print('\n'.join(bad)[:4000])
sys.exit(bool(bad) or not files)
PY

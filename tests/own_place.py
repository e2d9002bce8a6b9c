"""Every command that writes, into every place that is not quite its own: own_place.py ESPSIM SOURCE [PART...].

Afterwards everything foreign is there as it was, and the older result or the new one, whole. Parts: places (the table),
meanwhile (something appears while a command works), kill (the command is killed at each of its steps).
"""
import hashlib
import json
import os
import shutil
import signal as signals
import stat
import subprocess
import sys
import tempfile
import time

ESPSIM, SOURCE = map(os.path.abspath, sys.argv[1:3])
PARTS = sys.argv[3:] or ['places', 'meanwhile', 'kill']
SCENARIO = '''[scenario]
modes = plain, tunnel
duration = 200 ms
[link]
rate_forward = 2 Mbit/s
rate_return = 1 Mbit/s
[flow.f]
kind = cbr
from = lan1:1
to = lan2:1
rate = 100 kbit/s
size = 200 B
'''
SA = '''[sa]
mode = tunnel
spi = 0x1001
encr = null
integ = hmac-sha1-96
integ_key = 000102030405060708090a0b0c0d0e0f10111213
outer_src = 192.0.2.1
outer_dst = 192.0.2.2
'''
bad = []


# Draws at once what the real one takes a second for.
GNUPLOT = r'''
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    while (getenv("HANG"))
        pause();
    while (getchar() != EOF)
        ;
    puts("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>");
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae""B`\x82";
    return fwrite(png, 1, sizeof png - 1, stdout) != sizeof png - 1;
}
'''


def fail(*what):
    bad.append(' '.join(map(str, what)))
    print('FAILED:', bad[-1], flush=True)


def espsim(*words, cwd, code=None, prefix=()):
    p = subprocess.run([*prefix, ESPSIM, *words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                       timeout=120)
    if code is not None and p.returncode not in (code if isinstance(code, tuple) else (code,)):
        fail('espsim', *words, 'exit', p.returncode, 'expected', code, p.stderr.strip()[:300])
    return p


def state(path, follow=False):
    """All that is below a path: kinds, contents, links."""
    if os.path.islink(path) and not follow:
        return 'link to ' + os.readlink(path)
    if not os.path.lexists(path):
        return None
    if os.path.isdir(path):
        return {name: state(os.path.join(path, name)) for name in sorted(os.listdir(path))}
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        return 'kind %o' % stat.S_IFMT(mode)
    return hashlib.sha256(open(path, 'rb').read()).hexdigest()


class Folder:
    """A command that writes a folder: its words, the file that shows which time it was written."""

    def __init__(self, name, words, kind):
        self.name, self.words, self.kind = name, words, kind

    def run(self, base, out, cwd=None, **more):
        return espsim(*[w.replace('BASE', base) for w in self.words(out)], cwd=cwd or base, **more)

    def is_whole(self, path, what):
        p = espsim('verify', path, cwd='/')
        if p.returncode or 'note:' in p.stdout:
            fail(self.name, what, 'is not whole:', p.stdout[:300], p.stderr[:300])


class File(Folder):
    def is_whole(self, path, what):
        if not os.path.isfile(path) or os.path.islink(path):
            fail(self.name, what, 'is no file')
        elif not os.path.getsize(path):
            fail(self.name, what, 'is empty')


FOLDERS = [
    Folder('run', lambda out: ['run', 'BASE/s.ini', '--quiet', '--out', out], 'result'),
    Folder('report', lambda out: ['report', 'BASE/r', '--out', out], 'report'),
    Folder('export', lambda out: ['export', 'BASE/s.ini', '--to', 'ip-xfrm', '--mode', 'tunnel', '--out', out], 'export'),
    Folder('collide --plot', lambda out: ['collide', '--sweep', 'n=10,20', '--plot', out], 'figures'),
    Folder('sweep --plot', lambda out: ['sweep', 'BASE/s.ini', '--quiet', '--vary', 'link.delay=1ms,2ms', '--out',
                                        'BASE/store.jsonl', '--plot', out], 'figures'),
]
FILES = [
    File('sweep --out', lambda out: ['sweep', 'BASE/s.ini', '--quiet', '--modes', 'plain', '--out', out], None),
    File('sweep --csv', lambda out: ['sweep', 'BASE/s.ini', '--quiet', '--vary', 'link.delay=1ms,2ms', '--out',
                                     'BASE/store.jsonl', '--csv', out], None),
    File('merge --out', lambda out: ['merge', 'BASE/store.jsonl', '--out', out], None),
    File('compare --junit', lambda out: ['compare', 'BASE/r', 'BASE/r', '--junit', out], None),
    File('compare --markdown', lambda out: ['compare', 'BASE/r', 'BASE/r', '--markdown', out], None),
    File('compare --update', lambda out: ['compare', '--update', out if out.endswith('.json') else out + '.json', 'BASE/r'],
         None),
    File('encap --out', lambda out: ['esp', 'encap', '--sa', 'BASE/sa.ini', '--in', 'BASE/in.pcap', '--out', out], None),
    File('encap --report', lambda out: ['esp', 'encap', '--sa', 'BASE/sa.ini', '--in', 'BASE/in.pcap', '--out',
                                        'BASE/o.pcap', '--report', out], None),
    File('encap --esp-sa', lambda out: ['esp', 'encap', '--sa', 'BASE/sa.ini', '--in', 'BASE/in.pcap', '--out',
                                        'BASE/o.pcap', '--esp-sa', out], None),
]


def make_base(folder):
    os.mkdir(folder + '/bin')
    subprocess.run(['cc', '-x', 'c', '-o', folder + '/bin/gnuplot', '-'], input=GNUPLOT, text=True, check=True)
    os.environ['PATH'] = folder + '/bin:' + os.environ['PATH']
    open(folder + '/s.ini', 'w').write(SCENARIO)
    open(folder + '/sa.ini', 'w').write(SA)
    espsim('run', 's.ini', '--quiet', '--out', 'r', cwd=folder, code=0)
    espsim('sweep', 's.ini', '--quiet', '--vary', 'link.delay=1ms,2ms', '--out', 'store.jsonl', cwd=folder, code=0)
    shutil.copy(folder + '/r/plain/lan1.pcap', folder + '/in.pcap')


def temporaries(folder):
    return [name for _, names, files in os.walk(folder) for name in names + files if '.espsim' in name]


# ---- the table of places -------------------------------------------------------------------------------------------

def folder_places(c, base, old):
    """Each row: what, how to make it below `w`, the words of --out, where to be, whether it is to be refused, where the
    result is then."""
    web = {'manifest.json': '{"name": "web", "files": ["a"]}', 'index.html': '<p>', 'report.html': 'mine'}

    def copy(w):
        shutil.copytree(old, w + '/x', symlinks=True)

    def write(w, files):
        for name, text in files.items():
            os.makedirs(os.path.dirname(w + '/' + name), exist_ok=True)
            open(w + '/' + name, 'w').write(text)

    def edited(w):
        copy(w)
        name = next(n for n in sorted(os.listdir(w + '/x')) if n != 'manifest.json' and os.path.isfile(w + '/x/' + n))
        open(w + '/x/' + name, 'a').write(' ')

    def noted(w):
        copy(w)
        write(w, {'x/notes.txt': 'mine'})

    def in_it(w, path, text):
        copy(w)
        write(w, {path: text})

    def linked(w):
        copy(w)
        os.rename(w + '/x', w + '/y')
        os.symlink('y', w + '/x')

    def has_link(w):
        copy(w)
        os.symlink('/etc', w + '/x/etc')

    def is_dead(w):
        os.symlink('deep/er/y', w + '/x')

    def other_kind(w):
        shutil.copytree(base + '/r' if c.kind != 'result' else base + '/report', w + '/x')

    return [
        ('nothing', lambda w: None, 'x', '.', False, 'x'),
        ('deep', lambda w: None, 'a/b/x/', '.', False, 'a/b/x'),
        ('empty', lambda w: os.mkdir(w + '/x'), 'x', '.', False, 'x'),
        ('old', copy, 'x', '.', False, 'x'),
        ('x/', copy, 'x/', '.', False, 'x'),
        ('x/.', copy, 'x/.', '.', False, 'x'),
        ('./x/../x//', copy, './x/../x//', '.', False, 'x'),
        ('.', copy, '.', 'x', False, 'x'),
        ('. empty', lambda w: os.mkdir(w + '/x'), '.', 'x', False, 'x'),
        ('link', linked, 'x', '.', False, 'y'),
        ('link/', linked, 'x/', '.', False, 'y'),
        ('link/.', linked, 'x/.', '.', False, 'y'),
        ('dead link', is_dead, 'x', '.', False, 'deep/er/y'),
        ('file', lambda w: write(w, {'x': 'mine'}), 'x', '.', True, None),
        ('below a file', lambda w: write(w, {'x': 'mine'}), 'x/y', '.', True, None),
        ('FIFO', lambda w: os.mkfifo(w + '/x'), 'x', '.', True, None),
        ('device', lambda w: None, '/dev/null', '.', True, None),
        ('link to a device', lambda w: os.symlink('/dev/null', w + '/x'), 'x', '.', True, None),
        ('loop', lambda w: os.symlink('x', w + '/x'), 'x', '.', True, None),
        ('foreign', lambda w: write(w, {'x/thesis.txt': 'mine'}), 'x', '.', True, None),
        ('foreign .', lambda w: write(w, {'x/thesis.txt': 'mine'}), '.', 'x', True, None),
        ('web', lambda w: write(w, {'x/' + k: v for k, v in web.items()}), 'x', '.', True, None),
        ('claims', lambda w: write(w, {'x/manifest.json': json.dumps(
            {'espsim': '0.1.0', 'kind': c.kind, 'files': {'mine.txt': '0' * 64}}), 'x/mine.txt': 'mine'}), 'x', '.', True, None),
        ('other kind', other_kind, 'x', '.', True, None),
        ('noted', noted, 'x', '.', True, None),
        ('noted .', noted, '.', 'x', True, None),
        ('edited', edited, 'x', '.', True, None),
        ('folder in it', lambda w: in_it(w, 'x/mine/a.txt', 'mine'), 'x', '.', True, None),
        ('web in it', lambda w: in_it(w, 'x/web/manifest.json', web['manifest.json']), 'x', '.', True, None),
        ('link in it', has_link, 'x', '.', True, None),
        ('report begun in it', lambda w: (in_it(w, 'x/.report.espsim/figures/a.svg', '<svg'),
                                          write(w, {'x/.report.espsim/manifest.json': '{\n  "espsim": "0'})), 'x', '.', False, 'x'),
        ('hidden web in it', lambda w: in_it(w, 'x/.web.espsim/manifest.json', web['manifest.json']), 'x', '.', True, None),
        ('temporary is foreign', lambda w: write(w, {'.x.espsim/mine.txt': 'mine'}), 'x', '.', True, None),
        ('temporary is a file', lambda w: write(w, {'.x.espsim': 'mine'}), 'x', '.', True, None),
        ('temporary is a link', lambda w: os.symlink('/etc', w + '/.x.espsim'), 'x', '.', True, None),
    ]


def file_places(c, base, old):
    name = 'x.json' if c.name == 'compare --update' else 'x'

    def copy(w, to=name):
        shutil.copy(old, w + '/' + to)

    def write(w, path, text='precious'):
        open(w + '/' + path, 'w').write(text)

    def linked(w):
        copy(w, 'y.json')
        os.symlink('y.json', w + '/' + name)

    return [
        ('nothing', lambda w: None, name, '.', False, name),
        ('empty', lambda w: write(w, name, ''), name, '.', c.name == 'compare --update', name),
        ('old', copy, name, '.', False, name),
        ('./', copy, './' + name, '.', False, name),
        ('link', linked, name, '.', False, 'y.json'),
        ('dead link', lambda w: os.symlink('y.json', w + '/' + name), name, '.', False, 'y.json'),
        ('foreign', lambda w: write(w, name), name, '.', True, None),
        ('foreign with its line', lambda w: write(w, name, 'precious\nlines\n'), name, '.', True, None),
        ('link to a foreign', lambda w: (write(w, 'y.json'), os.symlink('y.json', w + '/' + name)), name, '.', True, None),
        ('FIFO', lambda w: os.mkfifo(w + '/' + name), name, '.', True, None),
        ('device', lambda w: os.symlink('/dev/null', w + '/' + name), name, '.', True, None),
        ('folder', lambda w: os.mkdir(w + '/' + name), name, '.', True, None),
        ('temporary is foreign', lambda w: write(w, '.%s.espsim' % name), name, '.', True, None),
        ('temporary is a folder', lambda w: os.mkdir(w + '/.%s.espsim' % name), name, '.', True, None),
    ]


def check_place(c, base, work, old, row):
    what, make, out, cwd, refused, result = row
    w = tempfile.mkdtemp(dir=work)
    make(w)
    before, outside = state(w), state(base + '/r')
    p = c.run(base, out, cwd=os.path.join(w, cwd))
    if p.returncode == 0 and refused:
        fail(c.name, what, 'is not refused')
    if p.returncode != 0 and not refused:
        fail(c.name, what, 'is refused:', p.stderr[:300])
    if refused and state(w) != before:
        fail(c.name, what, 'was touched: before', before, 'after', state(w))
    if refused and p.stderr.count('\n') != 1:
        fail(c.name, what, 'is not told in one line:', p.stderr[:300])
    if result and not refused:
        c.is_whole(w + '/' + result, what)
        after = state(w)
        for name, kind in before.items() if isinstance(before, dict) else ():
            if isinstance(kind, str) and kind.startswith('link') and after.get(name) != kind:
                fail(c.name, what, 'made something else of a link')
    if not refused and cwd == 'x' and isinstance(c, Folder) and not os.listdir(os.path.join(w, 'x')):
        fail(c.name, what, 'left the folder of the shell empty')
    if not refused and temporaries(w):
        fail(c.name, what, 'left', temporaries(w))
    if state(base + '/r') != outside:
        fail(c.name, what, 'changed its input')
    shutil.rmtree(w)


def places(base, work):
    for c in FOLDERS + FILES:
        old = work + '/old.' + c.name.replace(' ', '')
        if c.name == 'compare --update':
            old += '.json'
        c.run(base, old, code=(0, 1))
        c.is_whole(old, 'the older one')
        rows = file_places(c, base, old) if isinstance(c, File) else folder_places(c, base, old)
        for row in rows:
            check_place(c, base, work, old, row)
    mounted(base, work)
    asides(base, work)


def asides(base, work):
    """What one command alone can do wrong."""
    w = tempfile.mkdtemp(dir=work)
    espsim('run', base + '/s.ini', '--quiet', '--out', 'seeds/a', cwd=w, code=0)
    espsim('run', base + '/s.ini', '--quiet', '--seed', '2', '--out', 'seeds/b', cwd=w, code=0)
    espsim('compare', '--update', 'one.json', 'seeds', cwd=w, code=3)
    if os.path.exists(w + '/one.json'):
        fail('compare --update: two results for one file')
    espsim('compare', '--update', 'base', 'seeds', cwd=w, code=0)
    if len(os.listdir(w + '/base')) != 2:
        fail('compare --update: a folder of two seeds has', os.listdir(w + '/base'))
    shutil.copy(base + '/in.pcap', w + '/in.pcap')
    before = state(w)
    espsim('esp', 'encap', '--sa', base + '/sa.ini', '--in', 'in.pcap', '--out', 'in.pcap', cwd=w, code=3)
    # A store of the same sweep without the end of its last line loses no run; one of another sweep is left alone.
    text = open(base + '/store.jsonl').read()
    open(w + '/cut.jsonl', 'w').write(text[:-1])
    espsim('merge', 'cut.jsonl', '--out', 'merged.jsonl', cwd=w, code=0)
    if open(w + '/merged.jsonl').read() != text:
        fail('merge: a last line without its end is lost')
    espsim('sweep', base + '/s.ini', '--quiet', '--out', 'other.jsonl', cwd=w, code=0)
    other = state(w + '/other.jsonl')
    espsim('merge', 'cut.jsonl', '--out', 'other.jsonl', cwd=w, code=3)
    if state(w + '/other.jsonl') != other:
        fail('merge: a store of another sweep was overwritten')
    for name in ('in.pcap', 'seeds', 'base'):
        if state(w)[name] != before[name]:
            fail(name, 'was changed')
    two_at_once(base, w)
    descriptors(base, w)
    odd_places(base, w)


def descriptors(base, w):
    """A file behind a descriptor keeps what is in it; a path through a folder of descriptors is a path."""
    def markdown(out, redirect, code):
        open(w + '/log', 'w').write('mine\n')
        words = ' '.join([ESPSIM, 'compare', base + '/r', base + '/r', '--markdown', out, redirect])
        p = subprocess.run(['sh', '-c', words], cwd=w, capture_output=True, text=True)
        text = open(w + '/log').read()
        if p.returncode != code or not text.startswith('mine\n') or (code == 0) != ('### espsim compare' in text):
            fail('compare --markdown', out, redirect, 'exit', p.returncode, p.stderr, text[:200])

    markdown('/dev/stdout', '>>log', 0)
    markdown('/dev/fd/9', '9>>log', 0)
    markdown('/dev/fd/9', '9<log', 3)
    markdown('/dev/fd/9', '', 3)
    markdown('/dev/fd/../cwd/log', '', 3)
    espsim('sweep', base + '/s.ini', '--quiet', '--out', '/dev/stdout', cwd=w, code=3)


def odd_places(base, w):
    run = ['run', base + '/s.ini', '--quiet', '--out']
    # The folder of the shell was removed.
    os.mkdir(w + '/gone')
    for out in ('x', '.'):
        p = subprocess.run(['sh', '-c', 'rmdir ../gone; exec "$@"', 'sh', ESPSIM, *run, out], cwd=w + '/gone',
                           capture_output=True, text=True)
        if p.returncode != 3 or p.stderr.count('\n') != 1:
            fail('run --out', out, 'in a removed folder: exit', p.returncode, p.stderr)
        os.makedirs(w + '/gone', exist_ok=True)
    # A folder of somebody under the name that an older result has for a moment.
    os.mkdir(w + '/.z.espsim-old')
    open(w + '/.z.espsim-old/mine', 'w').write('mine')
    espsim(*run, 'z', cwd=w, code=3)
    if os.path.exists(w + '/z') or not os.path.exists(w + '/.z.espsim-old/mine'):
        fail('run: a foreign .z.espsim-old was moved')
    # What cannot be removed is said so, and no other espsim is blamed.
    other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] if os.getuid() == 0 else []
    os.chmod(os.path.dirname(w), 0o755)
    os.chmod(w, 0o777)
    if subprocess.run([*other, ESPSIM, 'run', base + '/s.ini', '--quiet', '--out', '.v.espsim.d'], cwd=w,
                      capture_output=True).returncode:
        print('not run: no other user')
        return
    os.rename(w + '/.v.espsim.d', w + '/.v.espsim')
    os.chmod(w + '/.v.espsim/plain', 0o555)
    p = espsim(*run, 'v', cwd=w, prefix=other, code=3)
    if 'cannot be removed' not in p.stderr:
        fail('run: a leftover that cannot be removed:', p.stderr)
    os.chmod(w + '/.v.espsim/plain', 0o755)
    espsim(*run, 'v', cwd=w, prefix=other, code=0)
    # What cannot be put in its place is not lost: somebody else's empty folder in a folder like /tmp.
    if other:
        os.chmod(w, 0o1777)
        os.mkdir(w + '/theirs')
        p = espsim(*run, 'theirs', cwd=w, prefix=other, code=3)
        if os.listdir(w + '/theirs') or not os.path.exists(w + '/theirs.1/result.json'):
            fail('run: not put aside:', p.stderr, os.listdir(w))


def two_at_once(base, w):
    words = ['sweep', base + '/s.ini', '--quiet', '--seeds', '60', '--set', 'scenario.duration=1s', '--jobs', '1', '--out', 'both.jsonl', '--shard']
    both = [subprocess.Popen([ESPSIM, *words, shard], cwd=w, stderr=subprocess.PIPE, text=True) for shard in ('1/2', '2/2')]
    errs = [p.communicate()[1] for p in both]
    codes = sorted(p.returncode for p in both)
    n = len(open(w + '/both.jsonl').read().splitlines())
    if codes != [0, 3] or 'another espsim' not in ''.join(errs) or n != 61:
        fail('two shards at once in one store:', codes, errs, n, 'lines')


def mounted(base, work):
    script = '''
set -u
mkdir -p vol && mount -t tmpfs none vol || exit 77
echo mine >vol/mine.txt
mkdir -p r2 && cp -a "$2/r/." r2 && mkdir -p r2/plain/vol2 2>/dev/null
"$1" run "$2/s.ini" --quiet --out vol 2>err.vol; echo $? >code.vol
rm vol/mine.txt
"$1" run "$2/s.ini" --quiet --out vol 2>err.empty; echo $? >code.empty
"$1" run "$2/s.ini" --quiet --out vol/x 2>err.x; echo $? >code.x
rmdir r2/plain/vol2; mount --bind vol r2/tunnel || exit 77
"$1" run "$2/s.ini" --quiet --out r2 2>err.in; echo $? >code.in
ls vol/x >left
'''
    w = tempfile.mkdtemp(dir=work)
    unshare = ['unshare', '-m'] if os.getuid() == 0 else ['unshare', '-rm']
    p = subprocess.run([*unshare, 'sh', '-c', script, 'sh', ESPSIM, base], cwd=w, capture_output=True, text=True)
    if p.returncode == 77 or 'unshare' in p.stderr:
        print('not run: no mount namespaces')
        return
    codes = {name: open(w + '/code.' + name).read().strip() for name in ('vol', 'empty', 'x', 'in')}
    if codes != {'vol': '3', 'empty': '3', 'x': '0', 'in': '3'}:
        fail('mount points:', codes, open(w + '/err.in').read(), open(w + '/err.x').read())
    if 'mount point' not in open(w + '/err.vol').read() or 'mount point' not in open(w + '/err.in').read():
        fail('mount points are not named:', open(w + '/err.vol').read(), open(w + '/err.in').read())
    if 'result.json' not in open(w + '/left').read():
        fail('a folder in a mount point:', open(w + '/left').read())


# ---- what appears meanwhile ----------------------------------------------------------------------------------------

def has_strace():
    os.environ.setdefault('ASAN_OPTIONS', 'detect_leaks=0')  # the sanitizer looks for leaks as a tracer, too
    return shutil.which('strace') and not subprocess.run(['strace', '-o', '/dev/null', 'true'], capture_output=True).returncode


def meanwhile(base, work):
    """The command stands still for a second before it gives the new folder its name."""
    if not has_strace():
        print('not run: no strace')
        return
    slow = ['strace', '-o', '/dev/null', '-e', 'inject=renameat2:delay_enter=700000:when=1']
    rows = [('nothing', lambda w: None, lambda w: (os.mkdir(w + '/x'), open(w + '/x/mine.txt', 'w').write('mine'))),
            ('nothing, then a file', lambda w: None, lambda w: open(w + '/x', 'w').write('mine')),
            ('old, noted', lambda w: shutil.copytree(base + '/r', w + '/x'),
             lambda w: open(w + '/x/mine.txt', 'w').write('mine')),
            ('old, exchanged', lambda w: shutil.copytree(base + '/r', w + '/x'),
             lambda w: (os.rename(w + '/x', w + '/y'), os.mkdir(w + '/x'), open(w + '/x/mine.txt', 'w').write('mine')))]
    c = FOLDERS[0]
    for what, make, disturb in rows:
        w = tempfile.mkdtemp(dir=work)
        make(w)
        p = subprocess.Popen([*slow, ESPSIM, 'run', base + '/s.ini', '--quiet', '--out', 'x'], cwd=w, stderr=subprocess.PIPE,
                             text=True)
        for _ in range(500):
            manifest = w + '/.x.espsim/manifest.json'
            if os.path.exists(manifest) and '"files"' in open(manifest).read():
                break
            time.sleep(0.01)
        time.sleep(0.15)
        disturb(w)
        err = p.communicate()[1]
        if p.returncode != 3:
            fail('meanwhile', what, 'exit', p.returncode, err)
        found = [os.path.join(at, n) for at, _, names in os.walk(w) for n in names
                 if open(os.path.join(at, n), 'rb').read() == b'mine']
        if not found:
            fail('meanwhile', what, 'somebody\'s file is gone:', err)
        results = [os.path.join(w, n) for n in os.listdir(w) if os.path.exists(os.path.join(w, n, 'result.json'))]
        if not results:
            fail('meanwhile', what, 'no result is left:', err)
        for r in results:
            if 'mine.txt' not in os.listdir(r):
                c.is_whole(r, 'meanwhile ' + what)


# ---- killed at each step -------------------------------------------------------------------------------------------

STEPS = 'mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,linkat,ftruncate,pwrite64,flock,fchmod'


def is_alive(pid):
    try:
        return open('/proc/%s/stat' % pid).read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def kill_while_drawing(base, work):
    """Nothing of a report is on the disk before it is drawn, and gnuplot ends with who started it."""
    for signal in ('KILL', 'TERM', 'INT'):
        w = tempfile.mkdtemp(dir=work)
        p = subprocess.Popen([ESPSIM, 'report', base + '/r', '--out', 'x'], cwd=w, env=dict(os.environ, HANG='1'))
        children = []
        for _ in range(500):
            children = open('/proc/%d/task/%d/children' % (p.pid, p.pid)).read().split()
            if children and open('/proc/%s/comm' % children[0]).read().strip() == 'gnuplot':
                break
            time.sleep(0.01)
        p.send_signal(getattr(signals, 'SIG' + signal))
        p.wait()
        time.sleep(0.2)
        if not children or is_alive(children[0]):
            fail('report: SIG%s leaves gnuplot running, or came before it:' % signal, children)
        if os.listdir(w):
            fail('report: SIG%s leaves' % signal, os.listdir(w))


def kill(base, work):
    kill_while_drawing(base, work)
    if not has_strace():
        print('not run: no strace')
        return
    for c, out, exchange in [(FOLDERS[0], 'x', True), (FOLDERS[0], '.', True), (FOLDERS[0], 'x', False), (FOLDERS[2], 'x', True),
                             (FOLDERS[1], 'x', True), (FILES[0], 'x', True), (FILES[2], 'x', True), (FILES[5], 'x.json', True),
                             (FILES[6], 'x', True)]:
        for there in (True, False):
            if there or (exchange and out != '.'):
                kill_each(c, out, exchange, there, base, work)


def kill_each(c, out, exchange, there, base, work):
    w = tempfile.mkdtemp(dir=work)
    place = w + '/' + ('x' if out == '.' else out)
    cwd = place if out == '.' else w
    if there:
        c.run(base, place, cwd=w, code=(0, 1))
        c.is_whole(place, 'the older one')
    failing = [] if exchange else ['-e', 'inject=renameat2:error=EINVAL']
    n_killed = 0
    step, n = 0, 0
    steps = (STEPS if exchange else STEPS.replace('renameat2,', '')).split(',')
    while step < len(steps):  # strace counts each call by itself
        n += 1
        p = c.run(base, out, cwd=cwd, prefix=['strace', '-o', '/dev/null', *failing, '-e',
                                              'inject=%s:signal=KILL:when=%d' % (steps[step], n)])
        what = 'killed at %s %d%s%s' % (steps[step], n, '' if exchange else ' without exchange',
                                        '' if there else ', from nothing')
        if os.path.lexists(place):
            if isinstance(c, File) or os.listdir(place):
                c.is_whole(place, what)
        elif there and exchange:
            fail(c.name, what, 'left nothing in its place:', os.listdir(w))
        if p.returncode != -9 and p.returncode != 137:
            if p.returncode not in (0, 1):
                fail(c.name, what, 'exit', p.returncode, p.stderr[:300])
            step, n = step + 1, 0
            if not there and os.path.lexists(place):
                shutil.rmtree(place) if os.path.isdir(place) else os.remove(place)
            continue
        n_killed += 1
        if not there or n % 3 == 0 or not exchange:
            c.run(base, out, cwd=cwd, code=(0, 1))
            c.is_whole(place, what + ', then whole')
            if temporaries(w):
                fail(c.name, what, 'left', temporaries(w), 'behind the next command')
            if not there:
                shutil.rmtree(place) if os.path.isdir(place) else os.remove(place)
    if n_killed < 3:
        fail(c.name, 'was killed at', n_killed, 'steps only')
    c.run(base, out, cwd=cwd, code=(0, 1))
    c.is_whole(place, 'after all')
    if temporaries(w):
        fail(c.name, 'left', temporaries(w), 'behind the last command')


def main():
    work = tempfile.mkdtemp()
    base = work + '/base'
    os.mkdir(base)
    try:
        make_base(base)
        espsim('report', 'r', '--out', 'report', cwd=base, code=0)
        for part in PARTS:
            globals()[part](base, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print('own_place: %d failed' % len(bad))
    sys.exit(bool(bad))


main()

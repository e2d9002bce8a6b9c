#!/usr/bin/env python3
"""What the system refuses: failed writes, renames, locks, forks and memory, low limits, clocks that jump, endless files.

    python3 tests/nightly/faults.py BUILD SECONDS SEED [trials|endless]

Each trial is a command with one fault (by strace, prlimit or a preloaded clock) over an older result of it. Afterwards
the older result or the new one is there, whole, nobody else's file was touched, the command ended in time and said why,
and the same command without the fault leaves nothing of the other behind. Trial number i of a seed is the same each time.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

BUILD, SECONDS, SEED = os.path.abspath(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
ESPSIM = BUILD + '/espsim'
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIME_MAX = 120
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS='detect_leaks=0:verify_asan_link_order=0:allocator_may_return_null=1')
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
CLOCK = r'''
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    static unsigned n;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, t);
    static const long jumps[] = {0, 86400, -86400, 3600, -4000000, 100000000};
    t->tv_sec += jumps[n++ % 6];
    if (t->tv_sec < 0)
        t->tv_sec = 0;
    return code;
}
time_t time(time_t *to)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (to)
        *to = t.tv_sec;
    return t.tv_sec;
}
'''
# name, words, what it writes ("/" at the end: a folder)
COMMANDS = [
    ('run', ['run', 's.ini', '--quiet', '--out', 'OUT'], 'run-out/'),
    ('report', ['report', 'r', '--out', 'OUT'], 'report-out/'),
    ('export', ['export', 's.ini', '--to', 'ip-xfrm', '--mode', 'tunnel', '--out', 'OUT'], 'export-out/'),
    ('collide', ['collide', '--sweep', 'n=10,20', '--plot', 'OUT'], 'collide-out/'),
    ('sweep', ['sweep', 's.ini', '--quiet', '--out', 'OUT'], 'sweep-out.jsonl'),
    ('merge', ['merge', 'store.jsonl', '--out', 'OUT'], 'merge-out.jsonl'),
    ('junit', ['compare', 'r', 'r', '--junit', 'OUT'], 'junit-out.xml'),
    ('update', ['compare', '--update', 'OUT', 'r'], 'update-out.json'),
    ('encap', ['esp', 'encap', '--sa', 'sa.ini', '--in', 'in.pcap', '--out', 'OUT'], 'encap-out.pcap'),
]
FAULTS = [
    ('write', 'ENOSPC'), ('write', 'EIO'), ('openat', 'EMFILE'), ('openat', 'EACCES'), ('rename', 'EIO'), ('renameat2', 'EIO'),
    ('renameat2', 'EINVAL'), ('mkdir', 'ENOSPC'), ('mkdirat', 'ENOSPC'), ('unlinkat', 'EIO'), ('rmdir', 'EIO'), ('flock', 'ENOLCK'),
    ('ftruncate', 'EIO'), ('pwrite64', 'ENOSPC'), ('fsync', 'EIO'), ('clone', 'EAGAIN'), ('clone3', 'EAGAIN'), ('vfork', 'EAGAIN'),
    ('pipe2', 'EMFILE'), ('mmap', 'ENOMEM'), ('brk', 'ENOMEM'), ('getdents64', 'EIO'), ('read', 'EIO'),
    ('newfstatat', 'EIO'), ('statx', 'EIO'), ('poll', 'EINTR'), ('wait4', 'EINTR'), ('lseek', 'EIO'),
]
LIMITS = ['--nofile=%d' % n for n in (4, 8, 12, 24)] + ['--fsize=%d' % n for n in (0, 100, 4096, 20000)] + \
    ['--stack=%d' % n for n in (262144, 1048576)] + ['--cpu=1', '--core=0', '--memlock=0', '--nproc=1']
failed = []


def fail(what, *words):
    failed.append(what)
    print('FAILED: %s: %s' % (what, ' '.join(str(w) for w in words)))


class Home:
    """A folder with inputs, a file of somebody else's, and commands run in it."""

    def __init__(self, work):
        self.at = work
        for name, text in (('s.ini', SCENARIO), ('sa.ini', SA), ('mine.txt', 'mine')):
            open(work + '/' + name, 'w').write(text)
        self.good('run', 's.ini', '--quiet', '--out', 'r')
        self.good('sweep', 's.ini', '--quiet', '--out', 'store.jsonl')
        shutil.copy(work + '/r/plain/lan1.pcap', work + '/in.pcap')

    def call(self, words, prefix=(), environment=ENVIRONMENT, longest=TIME_MAX):
        start = time.monotonic()
        try:
            p = subprocess.run([*prefix, ESPSIM, *words], cwd=self.at, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=longest)
        except subprocess.TimeoutExpired:
            return None, '', time.monotonic() - start
        return p.returncode, p.stderr.decode(errors='replace'), time.monotonic() - start

    def good(self, *words):
        code, err, _ = self.call(words)
        if code not in (0, 1):
            raise SystemExit('espsim %s: exit %s: %s' % (' '.join(words), code, err))

    def is_whole(self, out):
        path = os.path.join(self.at, out)
        if not out.endswith('/'):
            return os.path.isfile(path) and os.path.getsize(path) > 0
        return self.call(['verify', path])[0] == 0


def one_fault(rng, clock):
    kind = rng.choice(['strace'] * 8 + ['limit'] * 3 + ['clock'])
    if kind == 'limit':
        limit = rng.choice(LIMITS)
        return 'prlimit ' + limit, ['prlimit', limit, '--'], ENVIRONMENT
    if kind == 'clock':
        return 'a clock that jumps', (), dict(ENVIRONMENT, LD_PRELOAD=clock)
    call, error = rng.choice(FAULTS)
    more = rng.choice(['', '', '+']) if error != 'EINTR' else ''  # who is interrupted for ever waits for ever
    when = '%d%s' % (rng.choice([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50, 80, 120]), more)
    rule = 'inject=%s:error=%s:when=%s' % (call, error, when)
    return rule, ['strace', '-o', '/dev/null', *rng.choice([[], ['-f']]), '-e', rule], ENVIRONMENT


def trial(home, number, clock):
    rng = random.Random('%d/%d' % (SEED, number))
    name, words, out = rng.choice(COMMANDS)
    words = [w.replace('OUT', out) for w in words]
    path = os.path.join(home.at, out).rstrip('/')
    if rng.random() < 0.7 and not os.path.exists(path):
        home.good(*words)
    if rng.random() < 0.15 and os.path.exists(path):
        shutil.rmtree(path) if out.endswith('/') else os.remove(path)
    there = os.path.exists(path)
    said, prefix, environment = one_fault(rng, clock)
    what = 'trial %d, %s with %s' % (number, name, said)
    code, err, took = home.call(words, prefix, environment)
    if code is None:
        fail(what, 'did not end in %d s' % TIME_MAX)
    if code is not None and code > 1 and not err.strip() and 'write' not in said:
        fail(what, 'exit', code, 'without a word')
    if any(w in err for w in ('runtime error:', 'AddressSanitizer: heap', 'AddressSanitizer: SEGV', 'AddressSanitizer: stack',
                              'please report')):
        fail(what, err[:800])
    exists = os.path.exists(path)
    swaps = 'renameat2' in said and 'EINVAL' in said  # a disk that cannot exchange: for a moment there is neither
    if there and not exists and not swaps:
        fail(what, 'the older one is gone; there is', sorted(os.listdir(home.at)))
    if exists and not home.is_whole(out):
        fail(what, 'what is there is not whole; exit', code, err[:300])
    code, err, _ = home.call(words)
    if code not in (0, 1) or not home.is_whole(out):
        fail(what, 'the next command: exit', code, err[:300])
    left = [n for n in os.listdir(home.at) if '.espsim' in n]
    if left:
        fail(what, 'left', left, 'behind the next command')
        for n in left:
            full = os.path.join(home.at, n)
            shutil.rmtree(full) if os.path.isdir(full) else os.remove(full)
    if open(home.at + '/mine.txt').read() != 'mine':
        fail(what, "somebody else's file was changed")
    for extra in os.listdir(home.at):  # a result put aside
        if '-out.' in extra and extra.split('.')[-1].isdigit():
            if not home.is_whole(extra + '/'):
                fail(what, extra, 'was put aside and is not whole')
            shutil.rmtree(os.path.join(home.at, extra))


def endless(home):
    """Sparse files of 5 GiB with a good beginning."""
    def sparse(name, head):
        path = os.path.join(home.at, name)
        open(path, 'wb').write(head)
        os.truncate(path, 5 << 30)
        return name

    pcap = open(home.at + '/in.pcap', 'rb').read()
    rows = [
        ('a capture', ['overhead', '--pcap', sparse('big.pcap', pcap)]),
        ('a capture to be sealed', ['esp', 'encap', '--sa', 'sa.ini', '--in', 'big.pcap', '--out', 'big-out.pcap']),
        ('a result', ['compare', sparse('big.json', open(home.at + '/r/result.json', 'rb').read()), 'r']),
        ('a store', ['merge', sparse('big.jsonl', open(home.at + '/store.jsonl', 'rb').read()), '--out', 'big-merged.jsonl']),
        ('a scenario', ['check', sparse('big.ini', SCENARIO.encode())]),
        ('SAs', ['esp', 'encap', '--sa', sparse('big-sa.ini', SA.encode()), '--in', 'in.pcap', '--out', 'big-out.pcap']),
        ('a trace', ['run', 's.ini', '--quiet', '--out', 'big-run', '--set', 'link.path=trace', '--set',
                     'link.trace=' + sparse('big.csv', b't,owd_ms\n0,10\n')]),
        ('a recording', ['run', 's.ini', '--quiet', '--out', 'big-run', '--set', 'flow.f.kind=replay', '--set',
                         'flow.f.file=big.pcap']),
        ('tolerances', ['compare', 'r', 'r', '--tolerance', sparse('big.tol', b'')]),
    ]
    for what, words in rows:
        code, err, took = home.call(words, longest=600)
        if code is None:
            fail('%s of 5 GiB' % what, 'takes', took, 's')
        if code not in (0, 1, 2, 3) or 'Sanitizer' in err or 'runtime error' in err:
            fail('%s of 5 GiB' % what, 'exit', code, err[:500])
    for name in os.listdir(home.at):
        if name.startswith('big'):
            full = os.path.join(home.at, name)
            shutil.rmtree(full) if os.path.isdir(full) else os.remove(full)


def main():
    if not shutil.which('strace') or subprocess.run(['strace', '-o', '/dev/null', 'true'], capture_output=True).returncode:
        print('faults: no strace that may trace')
        sys.exit(77)
    work = tempfile.mkdtemp()
    end, number = time.monotonic() + SECONDS, 0
    try:
        clock = work + '/clock.so'
        open(work + '/clock.c', 'w').write(CLOCK)
        subprocess.run(['cc', '-shared', '-fPIC', '-o', clock, work + '/clock.c', '-ldl'], check=True)
        os.mkdir(work + '/home')
        home = Home(work + '/home')
        if 'trials' not in sys.argv[4:]:
            endless(home)
        while time.monotonic() < end and 'endless' not in sys.argv[4:]:
            trial(home, number, clock)
            number += 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print('faults: %d trials, %d failed' % (number, len(failed)))
    sys.exit(bool(failed))


main()

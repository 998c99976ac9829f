#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What whole programs cost: by themselves, under a filter in the kernel, under flagstop, and under its peers.

Writes JSON. Programs and peers that are not installed are left out, and named.
"""
import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

OPENS = 'open openat openat2'
POLICIES = {
    'kernel': 'default allow\ndeny EPERM mount umount2 reboot swapon swapoff\n',
    'trace': 'default allow\ntrace %s\n' % OPENS,
    'path': 'default allow\ndeny EACCES open openat when path under "/nowhere"\n',
}
LIMIT_S = 120


# ---- workloads: what is prepared once in a folder, and what is timed -------------------------------------------------

def shell(command, folder):
    subprocess.run(command, shell=True, cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare_tree(folder, scale, kilobytes=8):
    for i in range(int(250 * scale)):
        inner = '%s/d%d/e%d' % (folder, i % 25, i)
        os.makedirs(inner)
        for k in range(20):
            with open('%s/f%d.c' % (inner, k), 'w', encoding='ascii') as file:
                file.write('int f%05d_%02d(int a) { return a + %03d; } //\n' % (i, k, k) * 25 * kilobytes)


def prepare_git(folder, scale):
    prepare_tree(folder, 4 * scale, kilobytes=1)
    shell('git init -q && git config user.email a@b && git config user.name a && git add -A && git commit -qm first',
          folder)
    for i in range(20):
        shell('echo "/* %d */" >> d0/e0/f%d.c && git commit -qam "change %d"' % (i, i, i), folder)


FUNCTION = ('int f%d_%d(const char *s, int n) { int r = %d; for (int i = 0; s[i] && i < n; i++) switch (s[i] & 7) '
            '{ case 1: r += printf("%%d", i); break; case 2: r ^= (int)strlen(s + i); break; case 5: r *= abs(n); '
            'break; default: r += (int)sqrt(i * %d.0); } return r; }\n')


def prepare_make(folder, scale):
    count = max(4, int(8 * scale))
    os.mkdir(folder + '/src')
    for i in range(count):
        with open('%s/src/m%d.c' % (folder, i), 'w', encoding='ascii') as file:
            file.writelines('#include <%s.h>\n' % name for name in (
                'stdio', 'stdlib', 'string', 'math', 'unistd', 'errno', 'fcntl', 'signal', 'time', 'pthread',
                'sys/stat', 'sys/socket', 'netinet/in', 'arpa/inet', 'locale', 'wchar'))
            file.writelines(FUNCTION % (i, k, k, k) for k in range(100))
    with open(folder + '/src/Makefile', 'w', encoding='ascii') as file:
        objects = ' '.join('m%d.o' % i for i in range(count))
        file.write('CFLAGS = -O2\nall: %s\n' % objects)
    shell('tar cf src.tar src', folder)


def prepare_sqlite(folder, scale):
    count = int(100000 * scale)
    with open(folder + '/speed.sql', 'w', encoding='ascii') as file:
        file.write('CREATE TABLE t(a INTEGER, b TEXT);\n')
        for start in range(0, count, 1000):
            file.write('BEGIN;\n')
            file.writelines("INSERT INTO t VALUES(%d, 'row %d');\n" % (i * 7919 % count, i)
                            for i in range(start, start + 1000))
            file.write('COMMIT;\n')
        file.write('CREATE INDEX i ON t(a);\nSELECT count(*), sum(a) FROM t WHERE a BETWEEN 10 AND 9000;\n')


def prepare_nothing(_folder, _scale):
    pass


IMPORTS = 'asyncio, email.mime.multipart, http.client, json, logging, multiprocessing, sqlite3, unittest, xml.dom'
REDIS = ('redis-server --port 0 --unixsocket ./s --save "" --appendonly no >/dev/null & '
         'until redis-cli -s ./s ping >/dev/null 2>&1; do :; done; '
         'redis-benchmark -s ./s -q -n %d -c 10 -t set,get >/dev/null; redis-cli -s ./s shutdown nosave; wait')
WORKLOADS = {  # name: (programs that it needs, preparation, command)
    'git-status': (('git',), prepare_git, ['git', 'status']),
    'git-log': (('git',), prepare_git, ['git', '--no-pager', 'log', '--stat']),
    'python-start': (('/usr/bin/python3',), prepare_nothing, ['/usr/bin/python3', '-c', 'import ' + IMPORTS]),
    'tar': (('tar',), prepare_tree, ['sh', '-c', 'tar cf - . | cat >/dev/null']),
    'untar-make': (('make', 'gcc'), prepare_make,
                   ['sh', '-c', 'rm -rf src && tar xf src.tar && make -s -j2 -C src']),
    'sqlite3': (('sqlite3',), prepare_sqlite, ['sh', '-c', 'rm -f db; sqlite3 db <speed.sql']),
    'redis': (('redis-server', 'redis-benchmark', 'redis-cli'), prepare_nothing, None),
}


# ---- variants: what is put before the command ------------------------------------------------------------------------

def variants(flagstop, folder):
    def run(name, *options):
        path = '%s/%s.fs' % (folder, name)
        with open(path, 'w', encoding='ascii') as file:
            file.write(POLICIES[name])
        return [flagstop, 'run', *options, '-p', path, '--']

    reported = ('--json=%s/report.json' % folder, '--quiet')
    return {
        'native': [],
        'kernel': run('kernel', '--report=none', '--quiet'),
        'flagstop-trace': run('trace', *reported),
        'flagstop-path': run('path', *reported),
        'flagstop-ptrace': run('trace', '--backend=ptrace', *reported),
        'strace-seccomp-bpf': ['strace', '-f', '--seccomp-bpf', '-o', '/dev/null', '-e',
                               'trace=' + OPENS.replace(' ', ',')],
        'strace': ['strace', '-f', '-o', '/dev/null', '-e', 'trace=' + OPENS.replace(' ', ',')],
        'proot': ['proot'],
    }


def works(prefix):
    if prefix and not shutil.which(prefix[0]):
        return False
    return not subprocess.run([*prefix, 'cat', '/etc/passwd'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode


def time_once(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, check=False, timeout=LIMIT_S)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        raise RuntimeError('%s: status %d: %s' % (command, result.returncode, result.stderr.decode()[-300:]))
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def count_calls(command, folder):
    """All system calls of the command; None where nobody can count them."""
    if not shutil.which('strace'):
        return None
    path = folder + '.calls'
    subprocess.run(['strace', '-f', '-c', '-o', path, *command], cwd=folder, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=LIMIT_S)
    with open(path, encoding='ascii', errors='replace') as file:
        total = re.search(r'^100\.00 +\S+ +\S* +(\d+) .*total$', file.read(), re.M)
    return int(total.group(1)) if total else None


def read_stops(folder):
    path = folder + '/report.json'
    if not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as file:
        report = json.load(file)
    os.unlink(path)
    summary = report.get('summary', report)
    return {name: summary[name] for name in ('stops', 'calls_flagged') if name in summary}


# ---- all of it -------------------------------------------------------------------------------------------------------

def measure(name, prefixes, rounds, scale, tell):
    _, prepare, command = WORKLOADS[name]
    command = command or ['sh', '-c', REDIS % int(5000 * scale)]
    with tempfile.TemporaryDirectory(prefix='flagstop-macro-') as top:
        folder = top + '/work'
        os.mkdir(folder)
        prepare(folder, scale)
        times = {variant: [] for variant in prefixes}
        stops = {variant: {} for variant in prefixes}
        for turn in range(rounds + 1):  # the first warms up
            for variant, prefix in prefixes.items():
                tell('%s: round %d of %d, %s' % (name, turn, rounds, variant))
                sample = time_once([*prefix, *command], folder)
                stops[variant] = read_stops(prefixes.top) or stops[variant]
                if turn:
                    times[variant].append(sample)
        calls = count_calls(command, folder)
    for variant in prefixes:
        walls, cpus = zip(*times[variant])
        ratios = [wall / native for wall, (native, _) in zip(walls, times['native'])]
        row = {'workload': name, 'variant': variant, 'wall_s': statistics.median(walls), 'min_s': min(walls),
               'cpu_s': statistics.median(cpus), 'vs_native': statistics.median(ratios), 'walls_s': walls,
               'calls': calls, **stops[variant]}
        if 'calls_flagged' in row:
            row['flagged_per_s'] = row['calls_flagged'] / row['wall_s']
            row['flagged_share'] = row['calls_flagged'] / calls if calls else None
        yield row


class Prefixes(dict):
    """Variants by name, and the folder that their reports are in."""
    top = ''


def text_of(options, rows, left_out):
    return json.dumps({'policies': POLICIES, 'rounds': options.rounds, 'scale': options.scale, 'left_out': left_out,
                       'load': os.getloadavg(), 'macro': rows}, indent=1)


def write_text(path, text):
    with open(path + '.part', 'w', encoding='utf-8') as file:
        file.write(text + '\n')
    os.replace(path + '.part', path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--flagstop', default='build/flagstop', type=os.path.abspath)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--scale', type=float, default=1.0, help='how much work each workload has')
    parser.add_argument('--only', help='workloads, separated by commas')
    parser.add_argument('--output', default='-')
    options = parser.parse_args()
    tell = (lambda text: sys.stderr.write('\r\033[K' + text)) if sys.stderr.isatty() else lambda text: None
    rows, left_out = [], []
    with tempfile.TemporaryDirectory(prefix='flagstop-macro-') as folder:
        prefixes = Prefixes()
        prefixes.top = folder
        for name, prefix in variants(options.flagstop, folder).items():
            if works(prefix):
                prefixes[name] = prefix
            else:
                left_out.append(name)
            read_stops(folder)
        for name, (needs, _, _) in WORKLOADS.items():
            if options.only and name not in options.only.split(','):
                continue
            if not all(shutil.which(need) for need in needs):
                left_out.append(name)
                continue
            rows += measure(name, prefixes, options.rounds, options.scale, tell)
            if options.output != '-':  # what is measured stays, however the rest ends
                write_text(options.output, text_of(options, rows, left_out))
    tell('')
    if options.output == '-':
        print(text_of(options, rows, left_out))
    else:
        write_text(options.output, text_of(options, rows, left_out))


if __name__ == '__main__':
    main()

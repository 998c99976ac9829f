#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figures that flagstop aims at: what a run made of them, and where the time goes. Prints a table in Markdown."""
import argparse
import json
import statistics

ENTERS_LEAST = 0.05  # system calls a call; what is rarer is done now and then


class Run:
    """What `flagstop bench --json` and macro.py wrote. What it does not hold is None."""

    def __init__(self, bench, macro):
        self.rows = {(row['name'], row['where'], row['tracees']): row for row in bench['rows']}
        self.accounts = {row['name']: row for row in bench.get('account', [])}
        self.rss = bench.get('rss_bytes')
        self.macro = {(row['workload'], row['variant']): row for row in macro}

    def ratio(self, one, other):
        """The median of the ratios within the rounds, which a busy machine disturbs least."""
        rows = [self.rows.get(each if isinstance(each, tuple) else (each, 'same', 1)) for each in (one, other)]
        if None in rows:
            return None
        return statistics.median(a / b for a, b in zip(rows[0]['rounds_ns'], rows[1]['rounds_ns']))

    def memory(self):
        return self.rss and self.rss['tracer_of_many'] / (3 * 1024 ** 2 + 512 * self.rss['many'])

    def program(self, workload):
        row = self.macro.get((workload, 'flagstop-path'))
        return row and row['vs_native']

    # ---- where it goes -----------------------------------------------------------------------------------------------

    def counted(self, name, least=None):
        """What a call makes the tracer do; and what of it the hand-written loop does not."""
        ours, loop = self.accounts.get(name), self.accounts.get(least)
        if not ours:
            return ''
        text = 'enters the kernel %.1f ×, %.1f switches' % (
            ours['system_calls'], ours['tracer_switches'] + ours['worker_switches'])
        if not loop:
            return text
        more = {call: count - loop['calls'].get(call, 0) for call, count in ours['calls'].items()}
        less = {call: count - ours['calls'].get(call, 0) for call, count in loop['calls'].items()}
        names = ['%s %.3g ×' % pair for pair in more.items() if pair[1] > ENTERS_LEAST]
        missing = ['%s %.3g ×' % pair for pair in less.items() if pair[1] > ENTERS_LEAST]
        return '%s; the loop %.1f × and %.1f%s%s' % (
            text, loop['system_calls'], loop['tracer_switches'] + loop['worker_switches'],
            '; more: ' + ', '.join(names) if names else '', '; less: ' + ', '.join(missing) if missing else '')

    def stops(self, workload):
        """Of a whole program: what of the time that it takes longer is known, and what no tracer could do without."""
        ours, native, kernel = (self.macro.get((workload, variant))
                                for variant in ('flagstop-path', 'native', 'kernel'))
        stop, call = (self.rows.get((name, 'floating', 1)) or self.rows.get((name, 'same', 1))
                      for name in ('open-flagstop-path', 'open-native'))
        least, plain = (self.rows.get((name, 'same', 1)) for name in ('ret-trace', 'native'))
        if not (ours and native and kernel and stop and call and least and plain):
            return ''
        price_ns, least_ns = stop['p50_ns'] - call['p50_ns'], least['p50_ns'] - plain['p50_ns']
        added, start = ((row['wall_s'] - native['wall_s']) * 1e3 for row in (ours, kernel))
        flagged, others = ours['calls_flagged'], ours['stops'] - ours['calls_flagged']
        known = start + (flagged * price_ns + others * least_ns) / 1e6
        return ('native %.1f ms, added %.1f: start, end and filters %.1f, %d of %d calls × %.1f µs = %.1f, %d other '
                'stops × %.1f µs = %.1f, else %.1f; a loop that only continues would make it %.2f ×') % (
                    native['wall_s'] * 1e3, added, start, flagged, ours['calls'], price_ns / 1e3,
                    flagged * price_ns / 1e6, others, least_ns / 1e3, others * least_ns / 1e6, added - known,
                    1 + (start + ours['stops'] * least_ns / 1e6) / (native['wall_s'] * 1e3))


MOST, LEAST = 'at most', 'at least'


def figures(run):
    """(what, MOST or LEAST, limit, measured or None, where it goes)"""
    floating, many = ('flagstop-allow', 'floating', 1), run.rss and run.rss['many']
    return [
        ('flagged and allowed, one CPU, × the hand-written loop', MOST, 1.05, run.ratio('flagstop-allow', 'ret-trace'),
         run.counted('flagstop-allow', 'ret-trace')),
        ('the same, × the loop that asks what was called', MOST, 1.05, run.ratio('flagstop-allow', 'ret-trace-info'),
         run.counted('flagstop-allow', 'ret-trace-info')),
        ('nobody pinned, × one CPU', MOST, 1.3, run.ratio(floating, 'flagstop-allow'), ''),
        ('beside 1,000 tracees, × at one', MOST, 1.2, run.ratio(('flagstop-allow', 'same', 1000), 'flagstop-allow'),
         ''),
        ('beside 4,000 tracees, × at one', MOST, 1.5, run.ratio(('flagstop-allow', 'same', 4000), 'flagstop-allow'),
         ''),
        ('2 hot tracees, calls a second together, × one', LEAST, 1.8,
         run.ratio(floating, ('hot-flagstop-allow', 'floating', 2)), 'one tracer'),
        ('the same with `--workers=2`', LEAST, 1.8, run.ratio(floating, ('hot-flagstop-workers', 'floating', 2)), ''),
        ('not flagged, traced, × in-kernel filtering', MOST, 1.02, run.ratio('flagstop-unflagged', 'kernel-allow'), ''),
        ('strace --seccomp-bpf × ours, one CPU', LEAST, 2.2, run.ratio('strace-seccomp-bpf', 'flagstop-allow'),
         run.counted('strace-seccomp-bpf', 'flagstop-allow')),
        ('strace --seccomp-bpf × ours, nobody pinned', LEAST, 10,
         run.ratio(('strace-seccomp-bpf', 'floating', 1), floating), ''),
        ('tracer memory, × 3 MiB and 512 bytes for each of %s tracees' % many, MOST, 1, run.memory(), ''),
        ('git status, every open judged by its path, × native', MOST, 1.25, run.program('git-status'),
         run.stops('git-status')),
        ('python start, the same', MOST, 1.25, run.program('python-start'), run.stops('python-start')),
        ('untar and make, the same', MOST, 1.1, run.program('untar-make'), run.stops('untar-make')),
        ('an open pinned by its string, × the hand-written pin and stub', MOST, 1.15,
         run.ratio('open-flagstop-string', 'open-pin-stub'), run.counted('open-flagstop-string', 'open-pin-stub')),
        ('an open whose path is resolved, × the same', MOST, 2, run.ratio('open-flagstop-path', 'open-pin-stub'),
         run.counted('open-flagstop-path', 'open-pin-stub')),
        ('PRoot × ours, an open whose path is resolved', LEAST, 2.5, run.ratio('open-proot', 'open-flagstop-path'),
         run.counted('open-proot', 'open-flagstop-path')),
        ('`--backend ptrace`, allowed, × the PTRACE_SYSCALL loop', MOST, 1.1,
         run.ratio('flagstop-ptrace-allow', 'ptrace-syscall'),
         run.counted('flagstop-ptrace-allow', 'ptrace-syscall')),
        ('the same, denied', MOST, 0.6, run.ratio('flagstop-ptrace-deny', 'ptrace-syscall'),
         run.counted('flagstop-ptrace-deny', 'ptrace-sysemu')),
        ('strace × ours with `--backend ptrace`', LEAST, 1.5, run.ratio('strace', 'flagstop-ptrace-allow'), ''),
    ]


def verdict(how, limit, measured):
    if measured is None:
        return 'not measured'
    # As it is printed: nobody shall read 1.05 and "missed".
    return 'met' if (round(measured, 2) <= limit if how == MOST else round(measured, 2) >= limit) else 'missed'


def lines(run):
    for what, how, limit, measured, account in figures(run):
        yield (what, '%s %.4g' % (how, limit), '' if measured is None else '%.2f' % measured,
               verdict(how, limit, measured), account)


HEADER = ('what', 'aim', 'here', '', 'of each call, counted')


def read(bench, macro):
    """What both files hold; of whole programs nothing without the second."""
    with open(bench, encoding='utf-8') as file:
        bench = json.load(file)
    if not macro:
        return bench, []
    with open(macro, encoding='utf-8') as file:
        return bench, json.load(file)['macro']


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('bench', help='the JSON of `flagstop bench`')
    parser.add_argument('macro', nargs='?', help='the JSON of macro.py')
    options = parser.parse_args()
    bench, macro = read(options.bench, options.macro)
    print('| %s |\n|%s' % (' | '.join(HEADER), '---|' * len(HEADER)))
    for line in lines(Run(bench, macro)):
        print('| %s |' % ' | '.join(line))


if __name__ == '__main__':
    main()

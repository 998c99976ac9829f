#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs cmocka programs one after the other, shows what they print, and closes with one line of sums.

Decides what a run as a whole was: a program that dies, hangs, announces tests it never reports, or leaves a process
behind has failed a test of its own, whatever cmocka said. Knows nothing of what the tests are about.
"""

import argparse
import ctypes
import fnmatch
import os
import re
import selectors
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r'\[ *(OK|FAILED|SKIPPED|ERROR|=+) *\] (.*)')
RUNNING = re.compile(r'Running (\d+) test\(s\)')
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 2
ATTACKS_MAX = 50  # of one program


class Tally:
    """Reads one program's output; knows each group's plan and what was reported of it."""

    def __init__(self):
        self.passed, self.failed, self.skipped = [], [], []
        self.attacks = []  # what tests/attack/attack.h says of each
        self.planned = self.reported = 0
        self.listing = False  # between a group's tests; the summary repeats names

    def read(self, line):
        match = LINE.search(line)
        if not match:
            self.attacks += [line] if line.startswith('attack: ') else []
            return
        word, rest = match.groups()
        if word.startswith('='):
            plan = RUNNING.search(rest)
            self.listing = plan is not None
            self.planned += int(plan.group(1)) if plan else 0
        elif self.listing and not rest.startswith('--- '):  # details of an ERROR
            where = {'OK': self.passed, 'SKIPPED': self.skipped}.get(word, self.failed)
            where.append(rest.strip())
            self.reported += 1

    def close(self, name, status, timed_out, leftovers):
        for _ in range(self.planned - self.reported):
            self.failed.append('%s: a test that was announced and never reported' % name)
        if timed_out:
            self.failed.append('%s: ran out of time' % name)
        elif status < 0:
            self.failed.append('%s: died of %s' % (name, signal.Signals(-status).name))
        elif status > 0 and not self.failed:
            self.failed.append('%s: ended with %d' % (name, status))
        elif not self.planned:
            self.failed.append('%s: ran no test' % name)
        for left in leftovers:
            self.failed.append('%s: left %s behind' % (name, left))


def children():
    with open('/proc/self/task/%d/children' % os.getpid(), encoding='ascii') as listing:
        return [int(pid) for pid in listing.read().split()]


def reap():
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def describe(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as cmdline:
            return '%d (%s)' % (pid, cmdline.read().replace(b'\0', b' ').decode(errors='replace').strip())
    except OSError:
        return str(pid)


def kill_leftovers(grace_seconds=GRACE_SECONDS):
    """What a program left behind comes to us (we are its subreaper). It may be on its way out: wait a little."""
    deadline = time.monotonic() + grace_seconds
    reap()
    while children() and time.monotonic() < deadline:
        time.sleep(0.02)
        reap()
    names = [describe(pid) for pid in children()]
    while children():  # killing one hands us its children in turn
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
        reap()
    return names


def run(argv, seconds, env):
    tally = Tally()
    deadline = time.monotonic() + seconds
    timed_out = False
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=env, start_new_session=True)
    pending = b''
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            # A child that outlives the program may hold the pipe open: the program's end is the end.
            ready = selector.select(0.2)
            piece = os.read(process.stdout.fileno(), 65536) if ready else None
            if piece:
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
                *lines, pending = (pending + piece).split(b'\n')
                for line in lines:
                    tally.read(line.decode(errors='replace'))
            elif piece == b'' or process.poll() is not None:
                break
            if time.monotonic() > deadline:
                timed_out = True
                os.killpg(process.pid, signal.SIGKILL)
                break
    tally.read(pending.decode(errors='replace'))
    try:
        status = process.wait(max(1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        timed_out = True
        process.kill()
        status = process.wait()
    process.stdout.close()
    program = next(word for word in argv if os.path.isfile(word) and word != sys.executable)
    tally.close(os.path.basename(program), status, timed_out, kill_leftovers())
    return tally


def listed_skips(backend):
    """The patterns of skips.txt: those above all headings, and those under the backend's."""
    heading, patterns = '', []
    with open(os.path.join(HERE, 'skips.txt'), encoding='utf-8') as text:
        for line in text:
            line = line.split('#')[0].strip()
            if line.startswith('['):
                heading = line.strip('[]')
            elif line and heading in ('', backend):
                patterns.append(line)
    return patterns


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--skips', choices=('any', 'listed'), default='any',
                        help='listed: a test that skips and is not in skips.txt has failed')
    parser.add_argument('--lint', metavar='LIBRARY', help='run the lint tests, too, on the tree and this .so')
    parser.add_argument('--backend', default='', help='sessions and commands of the tests use this one')
    parser.add_argument('--attack', type=int, metavar='SECONDS',
                        help='how long each attack that is a race goes on; what each came to is shown again at the end')
    parser.add_argument('--tries', type=int, default=0, help='with --attack: after so many a race is over, too')
    parser.add_argument('--seconds', type=float, default=600, help='for one program (default %(default)s)')
    parser.add_argument('programs', nargs='*')
    arguments = parser.parse_args()

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    env = dict(os.environ, ASAN_OPTIONS='strict_string_checks=1:detect_stack_use_after_return=1',
               UBSAN_OPTIONS='print_stacktrace=1', FLAGSTOP_TEST_BACKEND=arguments.backend)
    if arguments.attack:
        env['FLAGSTOP_ATTACK_SECONDS'] = str(arguments.attack)
        env['FLAGSTOP_ATTACK_TRIES'] = str(arguments.tries)
        arguments.seconds += arguments.attack * ATTACKS_MAX
    commands = [[program] for program in arguments.programs]
    if arguments.lint:
        commands += [[sys.executable, '-B', os.path.join(HERE, 'lint', 'test_run.py')],
                     [sys.executable, '-B', os.path.join(HERE, 'lint', 'test_lint.py')],
                     [sys.executable, '-B', os.path.join(HERE, 'lint', 'lint.py'), '--library', arguments.lint]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        tallies = [run(command, arguments.seconds, env) for command in commands]
    finally:
        kill_leftovers(0)  # when we were interrupted, the program that ran is one

    passed = sum(len(tally.passed) for tally in tallies)
    failed = [name for tally in tallies for name in tally.failed]
    skipped = [name for tally in tallies for name in tally.skipped]
    if arguments.skips == 'listed':
        patterns = listed_skips(arguments.backend)
        failed += ['%s: skipped, and not in tests/skips.txt' % name for name in skipped
                   if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
    print('')
    if arguments.attack:
        print('\n'.join(line for tally in tallies for line in tally.attacks))
    for name in failed:
        print('failed: ' + name)
    for name in skipped:
        print('skipped: ' + name)
    print('%d passed, %d failed, %d skipped' % (passed, len(failed), len(skipped)), flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Boots guests, runs the live tests in each, and closes with a matrix and one line of sums.

Each guest is booted once for all tests. A test that skips and is not in skips.txt for that guest has failed. Packages
and kernels are kept in a cache outside of the tree.
"""

import argparse
import fnmatch
import glob
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import boot  # noqa: E402
import debian  # noqa: E402
import kernels  # noqa: E402
from image import Image  # noqa: E402
from machines import ARCHITECTURES, GUESTS  # noqa: E402
from run import Tally  # noqa: E402

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'flagstop-guests')
# What tests run beside tracees.
COMMANDS = ('cat', 'chmod', 'cp', 'echo', 'env', 'false', 'id', 'ln', 'ls', 'mkdir', 'mkfifo', 'mv', 'readlink', 'rm',
            'rmdir', 'seq', 'sleep', 'stat', 'touch', 'true', 'wc')
APPLETS = ('grep', 'head', 'ps', 'sed', 'tail')  # good enough where the shell asks for them
HOST = 'x86_64'  # its programs and libraries are this machine's own
# No matter of the kernel, made of this machine's programs and documents, or thousands of runs.
NOT_FOR_GUESTS = ('test_witness', 'test_docs', 'test_examples', 'test_convert*', 'test_compare_command',
                  'test_profile_oracle', 'test_cli_compile', 'test_cli_optimize', 'test_cli_hostile',
                  'test_run_confined', 'test_run_seccomp_profiles', 'test_run_faults', 'test_run_memory')
WINDOWED = ('x86_64', 'i386', 'aarch64', 'arm', 'ppc64le', 'riscv64', 's390x')  # where there are rules on paths
WIDE = ('x86_64', 'aarch64', 'ppc64le', 'riscv64', 's390x')  # where it lies above 4 GiB
OF_THE_WINDOW = ('paths', 'pin', 'addresses', 'holder')
# What .ci/run has time for: each group of laws, without the programs that repeat them thousands of times, and without
# stacks, which have a time limit.
QUICK = ('test_attack_[fst]*', 'test_child', 'test_holder', 'test_memory', 'test_pin', 'test_run_[abcloprv]*',
         'test_run_s[it]*', 'test_run_second', 'test_run_term*')
# Minutes where the kernel does not say which call it is; of others they are asked, and of 6.1 with parts refused.
NOT_QUICK = {'x86_64-like-3.16': ('test_run_paths',), 'x86_64-6.1': ('test_run_paths', 'test_run_backends')}
# What a kernel or an architecture could get wrong by itself.
CORE = ('test_memory', 'test_run_ca*', 'test_run_layers', 'test_run_order', 'test_run_refused', 'test_run_signals',
        'test_run_start', 'test_run_verdicts', 'test_attack_[ft]*')
# The same, where there are rules on paths; those of `test_run_paths` take minutes.
CORE_OF_THE_WINDOW = ('test_attack_maps', 'test_attack_secret', 'test_holder', 'test_run_addresses', 'test_run_on_exec')
NARROW = ('i386', 'arm')  # of these the laws of 32-bit programs, too
SECOND = ('test_run_second', 'test_pin')  # run programs of another ABI
OF_A_SECOND_ABI = ('attack_narrow', 'call', 'clone_registers', 'flip_plain', 'narrow_code', 'path_deed', 'pin_filtered',
                   'pin_loop', 'pin_shares', 'pin_signals', 'pin_storm', 'send_row')  # those
LINES_OF_A_LAW = 30  # are shown of one that failed, at most
building = threading.Lock()  # each build takes all processors, and fetches into the same cache


class Result:
    def __init__(self, guest, alone):
        self.prefix = '' if alone else guest.name + ': '  # of what is printed, when others print as well
        self.guest, self.reason, self.seconds = guest, None, 0
        self.passed, self.failed, self.skipped = [], [], []
        self.cells = {}  # program: how many of its laws held, in words


    def say(self, text):
        print(self.prefix + text, flush=True)


def listed(guest):
    """The patterns of skips.txt that hold for a guest: those under a heading that its name matches."""
    holds = False
    with open(os.path.join(HERE, 'skips.txt'), encoding='utf-8') as text:
        for line in text:
            line = line.split('#')[0].strip()
            if line.startswith('['):
                holds = any(fnmatch.fnmatchcase(guest.name, each) for each in line.strip('[]').split())
            elif line and holds:
                yield line


def choose(guest, patterns):
    """The test programs, as room/name; on the host's own architecture the pure ones ran already."""
    architecture = guest.programs
    left_out = set()
    for name, holders in (('x86_64.txt', (HOST,)), ('wide.txt', WIDE)):
        with open(os.path.join(TOP, 'tests', name), encoding='ascii') as text:
            left_out.update(() if architecture.name in holders else text.read().split())
    for room in ('system', 'attack') if architecture.name == HOST else ('unit', 'system', 'attack'):
        for path in sorted(glob.glob(os.path.join(TOP, 'tests', room, 'test_*.c'))):
            name = os.path.splitext(os.path.basename(path))[0]
            if any(fnmatch.fnmatchcase(name, each) for each in NOT_FOR_GUESTS):
                continue
            if '%s/%s.c' % (room, name) in left_out:
                continue
            if architecture.name not in WINDOWED and room != 'unit' and any(word in name for word in OF_THE_WINDOW):
                continue
            if not patterns or any(fnmatch.fnmatchcase(name, each) for each in patterns):
                yield room + '/' + name


def build(arguments, architecture, programs):
    """Builds these for a guest, the host's with its own compiler, others with clang. The folder that they are in."""
    folder = os.path.join('build', architecture.triplet + '-release')
    options = ['werror=%d' % arguments.werror]
    if architecture.name != HOST:
        # Not every suite has the static libraries.
        options += ['host=' + architecture.triplet, 'root=' + debian.root(arguments.cache, architecture), 'deps=shared']
    targets = [os.path.join(folder, each) for each in programs]
    if architecture.name == HOST and arguments.built:
        return os.path.join(TOP, folder)
    done = subprocess.run(['nice', 'scons', *options, *targets], cwd=TOP, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise debian.NotToBeHad('the build failed:\n' + '\n'.join(done.stdout.split('\n')[-30:]))
    return os.path.join(TOP, folder)


def fill(cache, guest, folder, programs, second):
    architecture = guest.programs
    root = '/' if architecture.name == HOST else debian.root(cache, architecture)
    image = Image()
    suite = 'trixie' if guest.machine.debian == 'riscv64' else 'bookworm'
    image.file(debian.busybox(cache, suite, guest.programs.debian), 'bin/busybox')
    for name in ('proc', 'sys', 'dev', 'tmp', 'root', 'etc'):
        image.folder(name)
    image.text('etc/passwd', 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n')
    image.text('etc/hostname', 'guest\n')
    image.text('etc/group', 'root:x:0:\nnogroup:x:65534:\n')
    for name in APPLETS:
        image.link('usr/bin/' + name, '/bin/busybox')
    for name in COMMANDS:
        image.program(os.path.join(root, 'usr/bin', name), root, architecture.libraries, 'usr/bin/' + name)
    image.program(os.path.join(root, 'usr/bin/dash'), root, architecture.libraries, 'usr/bin/sh')
    image.library('libgcc_s.so.1', root, architecture.libraries)  # what pthread_exit() loads
    image.program(os.path.join(folder, 'flagstop'), root, architecture.libraries, os.path.join(folder, 'flagstop'))
    tracees = [path for path in glob.glob(os.path.join(folder, 'tests/tracees/*')) if '.' not in os.path.basename(path)]
    for path in [*programs, *tracees]:
        image.program(path, root, architecture.libraries, path)
    if second:
        for name in OF_A_SECOND_ABI:
            path = os.path.join(second[1], 'tests/tracees', name)
            image.program(path, debian.root(cache, second[0]), second[0].libraries, path)
    return image


def test(arguments, guest, result):
    core = CORE + (CORE_OF_THE_WINDOW if guest.programs.name in WINDOWED else ())
    core += (SECOND[0],) if guest.programs.name in NARROW else ()
    programs = list(choose(guest, arguments.programs or
                           (core if arguments.core else QUICK if arguments.quick else ())))
    if arguments.quick:
        programs = [each for each in programs if os.path.basename(each) not in NOT_QUICK.get(guest.name, ())]
    if not shutil.which(guest.machine.qemu[0]):
        raise debian.NotToBeHad('apt-get install --no-install-recommends ' + guest.machine.package)
    with building:
        folder = build(arguments, guest.programs,
                       ['flagstop', 'tests/tracees', *('tests/' + program for program in programs)])
        second = guest.programs.second if any(os.path.basename(each) in SECOND for each in programs) else None
        second = second and (ARCHITECTURES[second],
                             build(arguments, ARCHITECTURES[second],
                                   ['tests/tracees/' + name for name in OF_A_SECOND_ABI]))
        kernel, words = kernels.find(arguments.cache, guest.machine, guest.kernel)
        programs = [os.path.join(folder, 'tests', program) for program in programs]
        image = fill(arguments.cache, guest, folder, programs, second)
        if any(path.endswith('_stalls') for path in programs):
            fuse = kernels.fuse(arguments.cache, guest.machine, guest.kernel)
            if fuse:
                image.file(fuse, 'fuse.ko')
    steps = [(os.path.basename(path), 'env FLAGSTOP_TEST_BACKEND=%s %s' % (guest.backend, path), arguments.seconds)
             for path in programs]
    tally, began, law = Tally(), time.monotonic(), []
    # Laws about several are not among those, and two are slower.
    cpus = '1' if arguments.quick or arguments.core else guest.machine.cpus
    log = os.path.join(arguments.cache, guest.name + '.log')
    for name, said in boot.run(guest.machine, cpus, kernel, words, image, steps, arguments.guest_seconds, log):
        if name is None:
            if said:
                tally.failed.append('the guest ' + said)
                result.say('\n'.join(law))
        elif isinstance(said, str):
            law = [said] if said.startswith('[ RUN') else [*law, said][-LINES_OF_A_LAW:]
            failed = len(tally.failed)
            tally.read(said)
            if arguments.verbose:
                result.say(said)
            elif len(tally.failed) > failed:
                result.say('\n'.join(law))
        else:
            failed = len(tally.failed)
            tally.close(name, -9 if said == 137 else said, False, [])
            result.cells[name] = cell(tally)
            result.say('%-32s %s, %d s' % (name, result.cells[name], time.monotonic() - began))
            if len(tally.failed) > failed and not arguments.verbose:  # it died, say, in the midst of a law
                result.say('\n'.join(law))
            merge(result, tally)
            tally, began, law = Tally(), time.monotonic(), []
    merge(result, tally)
    allowed = list(listed(guest))
    result.failed += ['%s: skipped, and not in tests/guest/skips.txt' % name for name in result.skipped
                      if not any(fnmatch.fnmatchcase(name, each) for each in allowed)]


def cell(tally):
    more = [(len(tally.failed), 'failed'), (len(tally.skipped), 'skipped')]
    return ', '.join(['%d passed' % len(tally.passed)] + ['%d %s' % each for each in more if each[0]])


def table(results):
    """Programs by guests, as docs/architectures.md has it."""
    print('\n| laws | %s |\n|---%s|' % (' | '.join(each.guest.name for each in results), '|---' * len(results)))
    for name in sorted({name for each in results for name in each.cells}):
        print('| `%s` | %s |' % (name, ' | '.join(each.cells.get(name, '-') for each in results)))


def merge(result, tally):
    result.passed += tally.passed
    result.failed += tally.failed
    result.skipped += tally.skipped


def run_guest(arguments, guest):
    result = Result(guest, arguments.jobs == 1)
    start = time.monotonic()
    print('\n== ' + guest.name if arguments.jobs == 1 else '== ' + guest.name, flush=True)
    try:
        test(arguments, guest, result)
    except debian.NotToBeHad as reason:
        result.reason = str(reason)
        if not guest.may_be_gone:
            result.failed.append('%s: %s' % (guest.name, reason))
        result.say(result.reason)
    result.seconds = time.monotonic() - start
    for name in result.failed:
        result.say('failed: %s: %s' % (guest.name, name))
    result.say('%d passed, %d failed, %d skipped in %s, %d s' % (len(result.passed), len(result.failed),
                                                                len(result.skipped), guest.name, result.seconds))
    return result


def report(results):
    print('\n%-28s %7s %7s %8s %8s' % ('guest', 'passed', 'failed', 'skipped', 'seconds'))
    for each in results:
        print('%-28s %7d %7d %8d %8d  %s' % (each.guest.name, len(each.passed), len(each.failed), len(each.skipped),
                                            each.seconds, 'not to be had' if each.reason else ''))
    failed = sum(len(each.failed) for each in results)
    print('\n%d passed, %d failed, %d skipped' % (sum(len(each.passed) for each in results), failed,
                                                 sum(len(each.skipped) for each in results)), flush=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--cache', default=CACHE, help='where packages and kernels are kept (%(default)s)')
    parser.add_argument('--guests', default='*', help='patterns of names, parted by commas')
    parser.add_argument('--list', action='store_true', help='print the names of all guests')
    parser.add_argument('--root', metavar='ARCH', choices=sorted(ARCHITECTURES),
                        help='fetch what programs of that architecture are built with, and print its folder')
    parser.add_argument('--seconds', type=int, default=900, help='for one test program (%(default)s)')
    parser.add_argument('--guest-seconds', type=int, default=1800, help='for one guest (%(default)s)')
    parser.add_argument('--table', action='store_true', help='close with a table of laws by guests, in Markdown')
    parser.add_argument('--verbose', action='store_true', help='show what the tests print')
    parser.add_argument('--built', action='store_true', help="this machine's own test programs are built already")
    parser.add_argument('--quick', action='store_true', help='only the programs that CI has time for')
    parser.add_argument('--core', action='store_true', help='only what a kernel or an architecture is most about')
    parser.add_argument('--jobs', type=int, default=1, help='so many guests at once (%(default)s)')
    parser.add_argument('--werror', action='store_true', help='build with werror=yes')
    parser.add_argument('programs', nargs='*', help='patterns of test programs (all)')
    arguments = parser.parse_args()
    os.makedirs(arguments.cache, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGINT):  # so that the guests end, too
        signal.signal(number, lambda number, _: (boot.end_all(), os._exit(128 + number)))
    patterns = arguments.guests.split(',')
    chosen = [guest for name, guest in GUESTS.items() if any(fnmatch.fnmatchcase(name, each) for each in patterns)]
    if arguments.root:
        print(debian.root(arguments.cache, ARCHITECTURES[arguments.root]))
        return 0
    if arguments.list:
        print('\n'.join(guest.name for guest in chosen))
        return 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda guest: run_guest(arguments, guest), chosen))
    if arguments.table:
        table(results)
    return report(results)


if __name__ == '__main__':
    sys.exit(main())

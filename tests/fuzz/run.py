#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs libFuzzer programs for a bounded time each, and closes with the line of sums that all test runs close with.

A program fuzz_NAME begins with what is in corpus/NAME here, and what it found before, which lies beside the program.
What makes it fail is kept there too; put into the corpus, under a name that says what it was, it is a test from then
on.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
POLICIES = os.path.join(HERE, '..', '..', 'share', 'policies')
POLICY_TARGETS = ('policy', 'compile', 'writers')
MAX_BYTES = {'program': 4096, 'policy': 4096, 'compile': 2048, 'readers': 4096, 'writers': 1024}
GRACE_SECONDS = 60  # for reading the corpus and the last input


def fuzz(program, seconds, seed):
    name = os.path.basename(program)[len('fuzz_'):]
    here = os.path.dirname(program)
    found, failures, empty = (os.path.join(here, *part) for part in (('found', name), ('failed',), ('empty',)))
    for folder in (found, failures, empty):
        os.makedirs(folder, exist_ok=True)
    seeds = [os.path.join(HERE, 'corpus', name)] + ([POLICIES] if name in POLICY_TARGETS else [])
    words = os.path.join(HERE, 'words.dict')
    argv = [program, '-max_total_time=%d' % seconds, '-timeout=25', '-rss_limit_mb=2048',
            '-max_len=%d' % MAX_BYTES.get(name, 512), '-print_final_stats=1', '-verbosity=0',
            '-artifact_prefix=%s' % os.path.join(failures, name + '-'), '-seed=%d' % seed, found, *seeds]
    if name != 'program':
        argv.insert(1, '-dict=' + words)
    started = time.monotonic()
    try:
        # In an empty folder: what an include names is not there.
        done = subprocess.run(argv, cwd=empty, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds + GRACE_SECONDS, check=False)
        output, failed = done.stdout.decode(errors='replace'), done.returncode != 0
    except subprocess.TimeoutExpired as late:
        output, failed = (late.stdout or b'').decode(errors='replace') + '\nran out of time', True
    runs = [line.split()[-1] for line in output.split('\n') if line.startswith('stat::number_of_executed_units')]
    print('%s%s fuzz__%s (%s inputs in %.0f s)' % (
        output if failed else '', '[  FAILED  ]' if failed else '[       OK ]', name, runs[0] if runs else '?',
        time.monotonic() - started), flush=True)
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seconds', type=int, default=30, help='for each program (default %(default)s)')
    parser.add_argument('--seed', type=int, default=int(time.time()), help='of libFuzzer; printed when something fails')
    parser.add_argument('programs', nargs='+')
    arguments = parser.parse_args()
    programs = [os.path.abspath(program) for program in arguments.programs]
    at_once = min(2, len(os.sched_getaffinity(0)))
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        results = list(pool.map(lambda program: fuzz(program, arguments.seconds, arguments.seed), programs))
    if not all(results):
        print('seed %d; what failed lies in %s/failed' % (arguments.seed, os.path.dirname(programs[0])))
    print('%d passed, %d failed, 0 skipped' % (sum(results), len(results) - sum(results)), flush=True)
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the runner makes of programs that do not behave: none of them may come out as a pass."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import lint

RUN = os.path.join(lint.HERE, '..', 'run.py')
PLAN = 'echo "[==========] Running %d test(s)."\n'
OK = 'echo "[       OK ] a__holds"\n'
END = 'echo "[==========] %d test(s) run."\n'

# law: (shell script, what the last line must be, words that must be said, options)
SCRIPTS = {
    'passes_and_skips_are_counted_once': (
        PLAN % 3 + OK + 'echo "[  SKIPPED ] b__skips"\n' + OK + END % 3 + 'echo "[  SKIPPED ] b__skips"',
        '2 passed, 0 failed, 1 skipped', 'skipped: b__skips', ()),
    'failures_are_counted_once': (
        PLAN % 2 + OK + 'echo "[  ERROR   ] --- 1 != 2"; echo "[  FAILED  ] b__fails"\n' + END % 2 +
        'echo "[  FAILED  ] b__fails"; exit 1', '1 passed, 1 failed, 0 skipped', 'failed: b__fails', ()),
    'an_error_in_setup_is_a_failure': (
        PLAN % 1 + 'echo "[  ERROR   ] b__setup"\n' + END % 1 + 'exit 1',
        '0 passed, 1 failed, 0 skipped', 'b__setup', ()),
    'dying_is_a_failure': (
        PLAN % 1 + OK + 'kill -SEGV $$', '1 passed, 1 failed, 0 skipped', 'died of SIGSEGV', ()),
    'a_bad_status_is_a_failure': (
        PLAN % 1 + OK + END % 1 + 'exit 3', '1 passed, 1 failed, 0 skipped', 'ended with 3', ()),
    'a_test_that_is_never_reported_is_a_failure': (
        PLAN % 2 + OK, '1 passed, 1 failed, 0 skipped', 'never reported', ()),
    'no_test_at_all_is_a_failure': ('exit 0', '0 passed, 1 failed, 0 skipped', 'ran no test', ()),
    'running_out_of_time_is_a_failure': (
        PLAN % 1 + OK + END % 1 + 'exec sleep 1000', '1 passed, 1 failed, 0 skipped', 'ran out of time',
        ('--seconds=0.5',)),
    'a_process_left_behind_is_a_failure': (
        PLAN % 1 + OK + END % 1 + 'setsid sleep 1000 &', '1 passed, 1 failed, 0 skipped', '(sleep 1000) behind', ()),
    'an_unlisted_skip_is_a_failure_where_skips_are_listed': (
        PLAN % 1 + 'echo "[  SKIPPED ] never__listed"\n' + END % 1, '0 passed, 1 failed, 1 skipped',
        'never__listed: skipped', ('--skips=listed',)),
    'a_skip_that_is_listed_for_another_backend_is_a_failure': (
        PLAN % 1 + 'echo "[  SKIPPED ] hot_thread__is_let_go_when_it_stops_no_more"\n' + END % 1,
        '0 passed, 1 failed, 1 skipped', 'no_more: skipped', ('--skips=listed',)),
    'a_skip_that_is_listed_for_its_backend_is_none': (
        PLAN % 1 + 'echo "[  SKIPPED ] hot_thread__is_let_go_when_it_stops_no_more"\n' + END % 1,
        '0 passed, 0 failed, 1 skipped', '', ('--skips=listed', '--backend=ptrace')),
}


def judged(script, last, words, options):
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, 'test_x')
        with open(program, 'w', encoding='utf-8') as out:
            out.write('#!/bin/sh\n' + script + '\n')
        os.chmod(program, 0o755)
        done = subprocess.run([sys.executable, '-B', RUN, *options, program], capture_output=True, text=True,
                              check=False)
        if done.stdout.splitlines()[-1:] != [last] or words not in done.stdout:
            yield 'wanted %r and %r; it said:\n%s%s' % (last, words, done.stdout, done.stderr)
        if (done.returncode != 0) != (' 0 failed' not in last):
            yield 'ended with %d' % done.returncode


def interruption_ends_what_ran():
    with tempfile.TemporaryDirectory() as folder:
        program, pid_file = os.path.join(folder, 'test_x'), os.path.join(folder, 'pid')
        with open(program, 'w', encoding='utf-8') as out:
            out.write('#!/bin/sh\necho $$ >%s.new; mv %s.new %s; exec sleep 1000\n' % ((pid_file,) * 3))
        os.chmod(program, 0o755)
        with subprocess.Popen([sys.executable, '-B', RUN, program], stdout=subprocess.DEVNULL) as runner:
            deadline = time.monotonic() + 20
            while not os.path.exists(pid_file) and time.monotonic() < deadline:
                time.sleep(0.01)
            runner.terminate()
            runner.wait()
        with open(pid_file, encoding='ascii') as text:
            pid = int(text.read())
        if os.path.exists('/proc/%d' % pid):
            os.kill(pid, signal.SIGKILL)
            yield 'the program went on'


if __name__ == '__main__':
    sys.exit(lint.report(
        [*(('run__%s' % name, lambda row=row: judged(*row)) for name, row in SCRIPTS.items()),
         ('run__interruption_ends_what_ran', interruption_ends_what_ran)]))

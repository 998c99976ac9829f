# SPDX-License-Identifier: MIT
"""One boot: the machine is started, its output read line by line, and it is ended at the latest when its time is over.

Always qemu's own translation: a /dev/kvm that opens and then hangs has been seen.
"""

import os
import re
import secrets
import selectors
import subprocess
import tempfile
import time

RUNNING = set()


def end_all():
    for process in list(RUNNING):
        process.kill()


INIT = '''#!/bin/busybox sh
b=/bin/busybox
export FLAGSTOP_TEST_SECONDS=600 PATH=/usr/bin:/usr/sbin HOME=/root LANG=C TERM=dumb
# There is no ld.so.cache. Without this s390x's loader tries a thousand folders for each library.
export LD_HWCAP_MASK=0
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev 2>/dev/null || { $b mount -t tmpfs dev /dev; $b mdev -s; }
$b mkdir -p /dev/pts /dev/shm; $b mount -t devpts pts /dev/pts; $b mount -t tmpfs shm /dev/shm
# A tree that lies there itself must not be covered.
[ "$($b ls -A /tmp)" ] && $b chmod 1777 /tmp || $b mount -t tmpfs -o mode=1777 tmp /tmp
$b ip link set lo up
[ ! -e /fuse.ko ] || $b insmod /fuse.ko
$b ln -sf /proc/self/fd /dev/fd; $b ln -sf fd/0 /dev/stdin; $b ln -sf fd/1 /dev/stdout; $b ln -sf fd/2 /dev/stderr
$b stty raw -echo </dev/console
cd /
%(commands)s
echo; echo "@%(token)s end"
$b reboot -f
'''
STEP = '''echo; echo "@%(token)s start %(name)s"
$b setsid $b timeout -s KILL %(seconds)d %(command)s </dev/null 2>&1
echo; echo "@%(token)s status %(name)s $?"
'''


def run(machine, cpus, kernel, words, image, steps, seconds, log):
    """Yields (name, line) of what each of `steps` (name, command, seconds) prints, then (name, its status); at last
    (None, None), unless the guest died or its time was over: that is (None, the reason)."""
    token = secrets.token_hex(8)
    commands = ''.join(STEP % {'token': token, 'name': name, 'command': command, 'seconds': limit}
                       for name, command, limit in steps)
    image.text('init', INIT % {'commands': commands, 'token': token}, 0o755)
    with tempfile.TemporaryDirectory() as folder:
        initrd = os.path.join(folder, 'initrd')
        image.write(initrd)
        argv = [*machine.qemu, '-accel', 'tcg', '-m', str(machine.memory), '-smp', cpus,
                '-nodefaults', '-display', 'none', '-no-reboot', '-monitor', 'none',
                '-chardev', 'stdio,id=c,signal=off', *machine.serial, '-kernel', kernel, '-initrd', initrd,
                '-append', 'console=%s panic=-1 loglevel=3 %s %s' % (machine.console, machine.words, words)]
        with subprocess.Popen(['nice', *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            RUNNING.add(process)
            try:
                yield from listen(lines(process, time.monotonic() + seconds, log), token)
            finally:
                process.kill()
                RUNNING.discard(process)


def lines(process, deadline, log):
    pending = b''
    with selectors.DefaultSelector() as selector, open(log, 'wb') as copy:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(0.5):
                continue
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return
            copy.write(piece)
            copy.flush()
            *whole, pending = (pending + piece).split(b'\n')
            for line in whole:
                yield line.decode(errors='replace').rstrip('\r')
    yield None


def listen(texts, token):
    name = None
    for text in texts:
        if text is None:
            yield None, 'ran out of time' + (' in ' + name if name else '')
            return
        mark = re.search('@%s (start|status|end) ?(\\S*) ?(\\d*)' % token, text)
        if mark and mark.group(1) == 'end':
            yield None, None
            return
        if mark and mark.group(1) == 'start':
            name = mark.group(2)
        elif mark:
            yield mark.group(2), int(mark.group(3))
            name = None
        elif name:
            yield name, text
    yield None, 'died' + (' in ' + name if name else '')

# SPDX-License-Identifier: MIT
"""Which guests there are: machines that qemu plays, kernels for them, and programs of what architecture run there."""

from collections import namedtuple

# debian: the architecture's name there. libraries: their folder. root: the suite that programs and libraries come from.
# second: what else its kernels run.
Architecture = namedtuple('Architecture', 'name debian triplet libraries root second', defaults=(None,))
Machine = namedtuple('Machine', 'name debian kernel qemu package serial console memory words cpus', defaults=('2',))
# kernel: a suite's name, or one of OWN. backend: the one that sessions of tests take, '' for what they choose by
# themselves. may_be_gone: its packages may leave the archive any day.
Guest = namedtuple('Guest', 'name machine programs kernel backend may_be_gone')

ARCHITECTURES = {each.name: each for each in (
    Architecture('x86_64', 'amd64', 'x86_64-linux-gnu', 'x86_64-linux-gnu', 'bookworm', 'i386'),
    Architecture('i386', 'i386', 'i686-linux-gnu', 'i386-linux-gnu', 'bookworm'),
    Architecture('aarch64', 'arm64', 'aarch64-linux-gnu', 'aarch64-linux-gnu', 'bookworm', 'arm'),
    Architecture('arm', 'armhf', 'arm-linux-gnueabihf', 'arm-linux-gnueabihf', 'bookworm'),
    Architecture('riscv64', 'riscv64', 'riscv64-linux-gnu', 'riscv64-linux-gnu', 'trixie'),
    Architecture('ppc64le', 'ppc64el', 'powerpc64le-linux-gnu', 'powerpc64le-linux-gnu', 'bookworm'),
    Architecture('s390x', 's390x', 's390x-linux-gnu', 's390x-linux-gnu', 'bookworm'),
)}

SERIAL = ('-serial', 'chardev:c')
MACHINES = {each.name: each for each in (
    Machine('x86_64', 'amd64', 'linux-image-cloud-amd64', ('qemu-system-x86_64', '-M', 'q35', '-cpu', 'max'),
            'qemu-system-x86', SERIAL, 'ttyS0', 512, 'reboot=t vsyscall=xonly', '2,sockets=2'),
    # cortex-a57: `max` spends most of its time on pointer authentication. kpti=0: 10 µs less a system call.
    Machine('aarch64', 'arm64', 'linux-image-cloud-arm64', ('qemu-system-aarch64', '-M', 'virt', '-cpu', 'cortex-a57'),
            'qemu-system-arm', SERIAL, 'ttyAMA0', 512, 'kpti=0'),
    Machine('arm', 'armhf', 'linux-image-armmp', ('qemu-system-arm', '-M', 'virt', '-cpu', 'cortex-a15'),
            'qemu-system-arm', SERIAL, 'ttyAMA0', 512, ''),
    Machine('riscv64', 'riscv64', 'linux-image-riscv64', ('qemu-system-riscv64', '-M', 'virt', '-cpu', 'rv64'),
            'qemu-system-misc', SERIAL, 'ttyS0', 512, ''),
    Machine('ppc64le', 'ppc64el', 'linux-image-powerpc64le', ('qemu-system-ppc64', '-M', 'pseries,x-vof=on'),
            'qemu-system-ppc', ('-device', 'spapr-vty,chardev=c'), 'hvc0', 1024, ''),
    Machine('s390x', 's390x', 'linux-image-s390x', ('qemu-system-s390x', '-M', 's390-ccw-virtio', '-cpu', 'max'),
            'qemu-system-misc', ('-device', 'sclpconsole,chardev=c'), 'ttysclp0', 512, ''),
)}

# Kernels that are built here (kernels.py), all from one build: it is 6.1 with parts refused, not old code.
OWN = {  # name: (boot words, the backend that is left)
    'like-3.16': ('vmpoor=order,call,action,notif,info', 'ptrace'),
    'like-4.4': ('vmpoor=order,action,notif,info', 'ptrace'),
    'like-4.19': ('vmpoor=notif,info', ''),
    'no-filter': ('vmpoor=filter', 'ptrace'),
    'no-seccomp': ('vmpoor=seccomp', 'ptrace'),
}
RELEASES = {'bullseye': '5.10', 'bookworm': '6.1', 'trixie': '6.12', 'sid': 'newest'}


def guest(machine, kernel, programs=None, may_be_gone=False):
    name = '-on-'.join(filter(None, (programs, machine))) + '-' + RELEASES.get(kernel, kernel)
    return Guest(name, MACHINES[machine], ARCHITECTURES[programs or machine], kernel, OWN.get(kernel, ('', ''))[1],
                 may_be_gone)


GUESTS = {each.name: each for each in (
    guest('x86_64', 'bookworm'),
    guest('x86_64', 'bullseye', may_be_gone=True),
    guest('x86_64', 'trixie'),
    guest('x86_64', 'sid', may_be_gone=True),
    guest('x86_64', 'bookworm', 'i386'),
    guest('aarch64', 'bookworm'),
    guest('aarch64', 'bookworm', 'arm'),
    guest('arm', 'bookworm'),
    guest('riscv64', 'trixie'),
    guest('ppc64le', 'bookworm'),
    guest('s390x', 'bookworm'),
    *(guest('x86_64', kernel) for kernel in OWN),
)}

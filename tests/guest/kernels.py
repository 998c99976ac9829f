# SPDX-License-Identifier: MIT
"""Kernels for guests: Debian's own, and one built here that lacks at boot what older ones lack (poor.patch)."""

import glob
import hashlib
import lzma
import os
import shutil
import subprocess
import sys

import debian
from machines import OWN

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = 'linux-source-6.1'
BUILDS = {  # Debian's architecture: (what make is told, target, the image, what the machine needs)
    'amd64': ((), 'bzImage', 'arch/x86/boot/bzImage',
              ('64BIT', 'IA32_EMULATION', 'X86_X32_ABI', 'X86_MPPARSE', 'SERIAL_8250', 'SERIAL_8250_CONSOLE')),
    # clang: gcc for arm64 and gcc-multilib exclude each other.
    'arm64': (('ARCH=arm64', 'LLVM=1'), 'Image', 'arch/arm64/boot/Image',
              ('COMPAT', 'SERIAL_AMBA_PL011', 'SERIAL_AMBA_PL011_CONSOLE')),
}
NEEDED = ('make', 'flex', 'bison', 'bc', 'gcc', 'patch')


def find(cache, machine, kernel):
    """The image's path and the boot words that make it this kernel."""
    if kernel in OWN:
        return own(cache, machine), OWN[kernel][0]
    path = os.path.join(cache, 'kernel-%s-%s' % (kernel, machine.debian))
    if not os.path.exists(path):
        package = package_of(cache, machine, kernel)
        # Newer packages keep the kernel in one of its own.
        package = debian.depends(cache, kernel, machine.debian, package, 'linux-binary-[0-9]') or package
        debian.take_member(cache, kernel, machine.debian, package, '*/vmlinu[xz]*', path)
    return path, ''


def package_of(cache, machine, kernel):
    package = debian.depends(cache, kernel, machine.debian, machine.kernel, 'linux-image-[0-9]')
    if not package:
        raise debian.NotToBeHad('no %s in %s' % (machine.kernel, kernel))
    return package


def fuse(cache, machine, kernel):
    """The path of that module, as the kernel unpacks it, or None: it has it, or never will."""
    if kernel in OWN:
        return None
    path = os.path.join(cache, 'fuse-%s-%s.ko' % (kernel, machine.debian))
    if not os.path.exists(path):
        package = package_of(cache, machine, kernel)
        package = debian.depends(cache, kernel, machine.debian, package, 'linux-modules-[0-9]') or package
        debian.take_member(cache, kernel, machine.debian, package, '*/fs/fuse/fuse.ko*', path)
        with open(path, 'rb') as module:
            head = module.read(6)
        if head == b'\xfd7zXZ\0':
            with lzma.open(path) as packed:
                content = packed.read()
            with open(path, 'wb') as module:
                module.write(content)
    return path


def config(machine):
    with open(os.path.join(HERE, 'lean.config'), encoding='ascii') as lean:
        wanted = ('SECCOMP', 'NET', 'UNIX', *BUILDS[machine.debian][3])
        return lean.read() + ''.join('CONFIG_%s=y\n' % word for word in wanted)


def own(cache, machine):
    with open(os.path.join(HERE, 'poor.patch'), 'rb') as patch:
        stamp = hashlib.sha256(patch.read() + config(machine).encode()).hexdigest()[:12]
    path = os.path.join(cache, 'kernel-poor-%s-%s' % (machine.debian, stamp))
    if not os.path.exists(path):
        missing = [tool for tool in NEEDED if not shutil.which(tool)]
        if missing:
            raise debian.NotToBeHad('to build a kernel: apt-get install %s libelf-dev' % ' '.join(missing))
        build(cache, machine, path)
    return path


def unpack_source(cache, folder):
    archive = os.path.join(cache, SOURCE + '.tar.xz')
    debian.take_member(cache, 'bookworm', 'amd64', SOURCE, '*/%s.tar.xz' % SOURCE, archive)
    os.makedirs(folder)
    subprocess.run(['tar', '-xJf', archive, '-C', folder, '--strip-components=1'], check=True)
    os.unlink(archive)
    subprocess.run(['patch', '-s', '-p1', '-d', folder, '-i', os.path.join(HERE, 'poor.patch')], check=True)


def build(cache, machine, path):
    told, target, image, _ = BUILDS[machine.debian]
    source, tree = os.path.join(cache, 'kernel-source'), os.path.join(cache, 'kernel-build')
    print('building a kernel for %s (two minutes or three)' % machine.name, file=sys.stderr, flush=True)
    for folder in (source, tree):
        shutil.rmtree(folder, ignore_errors=True)
    unpack_source(cache, source)
    os.makedirs(tree)
    fragment = os.path.join(tree, 'fragment')
    with open(fragment, 'w', encoding='ascii') as text:
        text.write(config(machine))
    make = ['nice', 'make', '-s', '-C', source, 'O=' + tree, *told]
    with open(os.path.join(cache, 'kernel-build.log'), 'w', encoding='utf-8') as log:
        for arguments in (['KCONFIG_ALLCONFIG=' + fragment, 'allnoconfig'], ['-j%d' % os.cpu_count(), target]):
            if subprocess.run(make + arguments, stdout=log, stderr=log, check=False).returncode:
                raise debian.NotToBeHad('the kernel does not build; %s says why' % log.name)
    shutil.copy(os.path.join(tree, image), path + '.new')
    for old in glob.glob(path.rsplit('-', 1)[0] + '-*[!w]'):
        os.unlink(old)
    os.rename(path + '.new', path)
    for folder in (source, tree):  # 2 GB, and the image is all that is wanted
        shutil.rmtree(folder)

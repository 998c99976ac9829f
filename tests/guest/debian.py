# SPDX-License-Identifier: MIT
"""Packages of any suite and architecture, without root and without the machine's own apt and dpkg state.

A private apt tree for each suite and architecture lives in the cache. Nothing is installed: packages are unpacked.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
# What the live tests need to be built and to run, beyond the compiler.
ROOT_PACKAGES = ('coreutils', 'dash', 'libc6-dev', 'libcmocka-dev', 'libelf-dev', 'libgcc-12-dev', 'libjansson-dev',
                 'liblzma-dev', 'libseccomp-dev', 'libtalloc-dev', 'libunwind-dev', 'uthash-dev')
MERGED = ('bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin')


class NotToBeHad(Exception):
    pass


def output(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=True, **more).stdout


def mirror():
    """The archive that this machine's own apt uses."""
    for uri in output('apt-get', 'indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages').split():
        if re.search(r'/debian/*$', uri):
            return uri
    raise NotToBeHad('no Debian archive is configured on this machine')


def apt(cache, suite, architecture):
    """The options that make apt work in the private tree; its index is fetched once."""
    tree = os.path.join(cache, 'apt', '%s-%s' % (suite, architecture))
    options = ['-q', '-o', 'Acquire::Languages=none', '-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root']
    for name, value in (('Dir::Etc', 'etc'), ('Dir::Etc::SourceList', 'etc/sources.list'), ('Dir::State', 'state'),
                        ('Dir::State::status', 'status'), ('Dir::Cache', 'cache')):
        options += ['-o', '%s=%s' % (name, os.path.join(tree, value))]
    options += ['-o', 'Dir::Etc::SourceParts=-', '-o', 'APT::Architecture=' + architecture,
                '-o', 'APT::Architectures=' + architecture]
    if not os.path.exists(os.path.join(tree, 'fetched')):
        for folder in ('etc/apt.conf.d', 'etc/preferences.d', 'state/lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(tree, folder), exist_ok=True)
        open(os.path.join(tree, 'status'), 'w', encoding='ascii').close()
        with open(os.path.join(tree, 'etc/sources.list'), 'w', encoding='ascii') as sources:
            sources.write('deb [arch=%s signed-by=%s] %s %s main\n' % (architecture, KEYRING, mirror(), suite))
        run_apt(['apt-get', *options, 'update'], 'the index of %s for %s' % (suite, architecture))
        open(os.path.join(tree, 'fetched'), 'w', encoding='ascii').close()
    return tree, options


def run_apt(argv, what, cwd=None):
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise NotToBeHad('%s cannot be fetched: %s' % (what, done.stdout.strip().split('\n')[-1]))


def depends(cache, suite, architecture, package, pattern):
    """The first dependency of the package that looks like that, or None."""
    _, options = apt(cache, suite, architecture)
    done = subprocess.run(['apt-cache', *options, 'show', package], capture_output=True, text=True, check=False)
    line = re.search(r'^Depends: (.*)$', done.stdout, re.MULTILINE)
    for each in line.group(1).split(',') if line else ():
        if re.match(pattern, each.strip()):
            return each.split()[0]
    return None


def take_member(cache, suite, architecture, package, pattern, target):
    """One file of a package."""
    _, options = apt(cache, suite, architecture)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        run_apt(['apt-get', *options, 'download', package], package, cwd=folder)
        deb = glob.glob(os.path.join(folder, '*.deb'))[0]
        with open(target + '.new', 'wb') as out:
            with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE) as files:
                subprocess.run(['tar', '-x', '-O', '--wildcards', pattern], stdin=files.stdout, stdout=out, check=True)
        if not os.path.getsize(target + '.new'):
            raise NotToBeHad('%s has no %s' % (package, pattern))
        os.rename(target + '.new', target)
    return target


def busybox(cache, suite, architecture):
    path = os.path.join(cache, 'busybox-' + architecture)
    if not os.path.exists(path):
        take_member(cache, suite, architecture, 'busybox-static', '*/busybox', path)
        os.chmod(path, 0o755)
    return path


def root(cache, architecture):
    """A folder with headers, libraries and a few programs of another architecture, to build with and to run from."""
    packages = [package.replace('-12-', '-14-') if architecture.root == 'trixie' else package
                for package in ROOT_PACKAGES]
    stamp = hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]
    path = os.path.join(cache, 'root-%s-%s' % (architecture.debian, stamp))
    if os.path.exists(path):
        return path
    tree, options = apt(cache, architecture.root, architecture.debian)
    run_apt(['apt-get', *options, 'install', '-y', '--download-only', '--no-install-recommends', *packages],
            'libraries for ' + architecture.name)
    shutil.rmtree(path + '.new', ignore_errors=True)
    for folder in MERGED:
        os.makedirs(os.path.join(path + '.new', 'usr', folder), exist_ok=True)
        os.symlink('usr/' + folder, os.path.join(path + '.new', folder))
    for deb in sorted(glob.glob(os.path.join(tree, 'cache/archives/*.deb'))):
        with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE) as files:
            subprocess.run(['tar', '-x', '--keep-directory-symlink', '--no-same-owner', '-C', path + '.new',
                            '--exclude=./usr/share/*', '--exclude=./var/*', '--exclude=./etc/*', '--exclude=./dev/*'],
                           stdin=files.stdout, check=True)
        os.unlink(deb)
    keep_links_inside(path + '.new')
    os.rename(path + '.new', path)
    return path


def keep_links_inside(folder):
    for where, folders, files in os.walk(folder):
        for path in (os.path.join(where, name) for name in folders + files):
            target = os.readlink(path) if os.path.islink(path) else ''
            if target.startswith('/'):
                os.unlink(path)
                os.symlink(os.path.relpath(folder + target, where), path)

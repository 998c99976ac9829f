# SPDX-License-Identifier: MIT
"""A guest's file system, as the initramfs that its kernel unpacks: what is put in, and the libraries that it needs."""

import gzip
import os
import re
import stat
import subprocess

LIBRARIES = ('usr/lib/%(folder)s', 'usr/lib', 'usr/lib64')
MERGED = ('bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32')


class Image:
    """Paths are the guest's, without a first slash; everything belongs to root."""

    def __init__(self):
        self.entries = {}  # path: (mode, content or the file that has it)
        for name in MERGED:
            self.link(name, 'usr/' + name)
            self.folder('usr/' + name)

    def merged(self, path):
        path = os.path.normpath(path).lstrip('/')
        return 'usr/' + path if path.split('/')[0] in MERGED and '/' in path else path

    def folder(self, path, mode=0o755):
        while path and path not in self.entries:
            self.entries[path] = (stat.S_IFDIR | mode, b'')
            path, mode = os.path.dirname(path), 0o755

    def add(self, path, content, mode):
        path = self.merged(path)
        self.folder(os.path.dirname(path))
        self.entries[path] = (mode, content)

    def link(self, path, target):
        self.add(path, target.encode(), stat.S_IFLNK | 0o777)

    def text(self, path, text, mode=0o644):
        self.add(path, text.encode(), stat.S_IFREG | mode)

    def file(self, source, path=None):
        """A file of this machine; what is a link here is the file there."""
        mode = os.stat(source).st_mode
        self.add(path or source, source, stat.S_IFREG | (mode & 0o755))

    def program(self, source, root, libraries, path=None):
        """A program or library, and all libraries that it needs, from `root`."""
        self.file(source, path or (source[len(root):] if root != '/' and source.startswith(root) else source))
        interpreter, names = needs(source)
        if interpreter:
            self.library(interpreter, root, libraries, interpreter)
        for name in names:
            if not any(self.merged(os.path.join(folder % {'folder': libraries}, name)) in self.entries
                       for folder in LIBRARIES):
                self.library(name, root, libraries)

    def library(self, name, root, libraries, path=None):
        if path and self.merged(path) in self.entries:
            return
        places = [path] if path else [os.path.join(folder % {'folder': libraries}, name) for folder in LIBRARIES]
        for place in places:
            found = os.path.join(root, place.lstrip('/'))
            if os.path.exists(found):
                self.program(found, root, libraries, place)
                return
        raise FileNotFoundError('%s is nowhere in %s' % (name, root))

    def write(self, path):
        with gzip.open(path, 'wb', compresslevel=1) as out:
            for number, name in enumerate(sorted(self.entries), 1):
                mode, content = self.entries[name]
                if isinstance(content, str):
                    with open(content, 'rb') as source:
                        content = source.read()
                write_entry(out, number, name, mode, content)
            write_entry(out, 0, 'TRAILER!!!', 0, b'')


def write_entry(out, number, name, mode, content):
    """Documentation/driver-api/early-userspace/buffer-format.rst: newc."""
    encoded = name.encode() + b'\0'
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
    head = b'070701' + b''.join(b'%08X' % field for field in fields) + encoded
    out.write(head + b'\0' * (-len(head) % 4))
    out.write(content + b'\0' * (-len(content) % 4))


def needs(path):
    """The interpreter (or None) and the libraries that an ELF file names."""
    done = subprocess.run(['readelf', '-W', '-d', '-l', path], capture_output=True, text=True, check=False)
    interpreter = re.search(r'program interpreter: (.*)\]', done.stdout)
    return interpreter and interpreter.group(1), re.findall(r'\(NEEDED\).*\[(.*)\]', done.stdout)

# SPDX-License-Identifier: MIT
"""What the demo runs under share/policies/demo.fs: files, a child, a thread, sockets, and some things it may not do."""
import os
import socket
import subprocess
import sys
import threading


def attempt(what, action):
    try:
        print(f'  {what}: {action()}')
    except OSError as error:
        print(f'  {what}: refused, {error.strerror}')


def read_files():
    names = [os.path.join(folder, name) for folder in sys.path[1:3] if os.path.isdir(folder)
             for name in sorted(os.listdir(folder))[:20]]
    return sum(os.path.getsize(name) for name in names if os.path.isfile(name))


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.connect(address)
        return 'connected'


def in_thread():
    worker = threading.Thread(target=lambda: attempt('a thread asks who its parent is', os.getppid))
    worker.start()
    worker.join()
    return 'done'


attempt('reading files', lambda: f'{read_files()} bytes')
attempt('a child', lambda: subprocess.run(['/bin/echo', 'hello from a child'], check=True).returncode)
attempt('a thread', in_thread)
attempt('a local socket', lambda: connect(socket.AF_UNIX, '/nonexistent/socket'))
for _ in range(3):
    attempt('an internet socket', lambda: connect(socket.AF_INET, ('127.0.0.1', 9)))
attempt('the host name', lambda: os.getuid())
attempt('becoming root of somewhere else', lambda: os.chroot('/tmp'))

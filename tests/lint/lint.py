#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the compiler does not check: which room may do what. One rule, one test; each prints file:line.

Speaks as cmocka does, so that one runner counts everything. Reads text only: it is fooled by macros that hide a call,
and does not try to be anything but a tripwire for honest people.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

ROOMS = ('arch', 'filters', 'tracer', 'cli')  # from the bottom up
LIBRARY = ('include/', 'arch/', 'filters/', 'tracer/')
FOLDERS = ('include', *ROOMS, 'bench', 'tests')
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_COLUMNS, MAX_SCONSCRIPT_LINES = 800, 100, 120, 40
CLANG_FORMAT = 14  # releases differ in what they accept
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)', re.MULTILINE)


HERE = os.path.dirname(os.path.abspath(__file__))


class Skip(Exception):
    pass


class Tree:
    def __init__(self, root, library=None, cc='gcc', cxx='g++'):
        self.root, self.library, self.cc, self.cxx = root, library, cc, cxx
        self.text = {}
        for folder in FOLDERS:
            for path in glob.glob(os.path.join(root, folder, '**', '*'), recursive=True):
                if path.endswith(('.c', '.h', '.py')) or os.path.basename(path) == 'SConscript':
                    with open(path, encoding='utf-8', errors='replace') as text:
                        self.text[os.path.relpath(path, root)] = text.read()
        self.sources = {path: text for path, text in sorted(self.text.items()) if path.endswith(('.c', '.h'))}

    def within(self, *starts):
        return {path: text for path, text in self.sources.items() if path.startswith(starts)}


def blank(text, keep_strings=False):
    """The text without its comments (and strings), every line where it was."""
    def emptied(match):
        if keep_strings and match.group()[0] in '"\'':
            return match.group()
        return re.sub(r'[^\n]', ' ', match.group())
    return TOKEN.sub(emptied, text)


def hits(texts, pattern, why, allowed=(), keep_strings=False):
    pattern = re.compile(pattern)
    for path, text in texts.items():
        if re.fullmatch('|'.join(allowed) or '(?!)', path):
            continue
        for number, line in enumerate(blank(text, keep_strings).split('\n'), 1):
            if pattern.search(line):
                yield '%s:%d: %s: %s' % (path, number, why, line.strip())


def includes(texts):
    """(path, line, what is included as seen from the root, whether it is quoted)"""
    for path, text in texts.items():
        for match in INCLUDE.finditer(blank(text, keep_strings=True)):
            quoted = match.group(1) == '"'
            name = match.group(2)
            if quoted:
                name = os.path.normpath(os.path.join(os.path.dirname(path), name))
            yield path, text.count('\n', 0, match.start()) + 1, name, quoted


# ---- who may do what ------------------------------------------------------------------------------------------------

def ptrace__is_called_in_one_file(tree):
    return hits(tree.within(*LIBRARY, 'cli/'), r'\bptrace\s*\(|\bSYS_ptrace\b', 'only tracer/ptrace.c calls ptrace',
                [r'tracer/ptrace\.[ch]', r'arch/.*'])


def tracee_memory__is_read_in_one_file(tree):
    yield from hits(tree.within(*LIBRARY, 'cli/'), r'\bprocess_vm_(readv|writev)\s*\(',
                    'only tracer/memory.c touches tracee memory', [r'tracer/memory\.c'])
    yield from hits(tree.within(*LIBRARY, 'cli/'), r'/proc/[^" ]*/mem\b',
                    'only tracer/memory.c and stack.c open mem', [r'tracer/(memory|stack)\.c'], keep_strings=True)


def libunwind__is_used_in_one_file(tree):
    return hits(tree.within(*LIBRARY, 'cli/'), r'#\s*include\s*<libunwind|\bunw_\w+|\bUNW_\w+',
                'only tracer/unwind.c uses libunwind', [r'tracer/unwind\.c', r'tracer/unwind_\w+\.[ch]'])


def libelf__is_used_in_one_file(tree):
    return hits(tree.within(*LIBRARY, 'cli/'),
                r'#\s*include\s*<(libelf|gelf|elfutils/)|\bg?elf_(begin|end|memory|get\w+|next\w+|version)\s*\(',
                'only tracer/symbols.c uses libelf', [r'tracer/symbols\.c'])


def architecture_macros__stand_in_arch_native(tree):
    return hits(tree.within(*LIBRARY, 'cli/', 'bench/'),
                r'\b__(x86_64|amd64|i386|aarch64|arm|riscv\w*|powerpc\w*|PPC\w*|s390x?|loongarch\w*|ILP32|LP64)(__)?\b',
                'code is chosen by file, and the choice stands in arch/native*.c', [r'arch/native\w*\.[ch]'])


def library__never_prints(tree):
    return hits(tree.within(*LIBRARY),
                r'(?<!\w)(v?f?printf|v?dprintf|f?puts|putchar|f?putc|perror|fwrite)\s*\(', 'only cli/ prints')


def library__never_exits(tree):
    return hits(tree.within(*LIBRARY), r'(?<!\w)(exit|abort|assert|quick_exit|errx?|warnx?)\s*\(',
                'the library returns errors (a helper process of its own ends with _exit)')


def includes__never_go_up(tree):
    for at, room in enumerate(ROOMS):
        above = tuple(name + '/' for name in (*ROOMS[at + 1:], 'bench', 'tests'))
        for path, line, name, _ in includes(tree.within(room + '/')):
            if name.startswith(above):
                yield '%s:%d: %s includes %s, which is above it' % (path, line, room, name)


def cli_and_bench__see_public_headers_only(tree):
    inward = tuple(name + '/' for name in (*ROOMS, 'bench', 'tests'))
    for path, line, name, quoted in includes(tree.within('cli/', 'bench/')):
        own = path.split('/')[0] + '/'
        if (quoted and not name.startswith(own)) or (not quoted and name.startswith(inward)):
            yield '%s:%d: includes %s; only <flagstop/...> and its own headers are open to it' % (path, line, name)


# ---- the public face ------------------------------------------------------------------------------------------------

def exported__names_are_flagstop_only(tree):
    for name in exported(tree):
        if not name.startswith('flagstop_'):
            yield '%s:0: exports %s' % (tree.library, name)


def exported__holds_all_that_headers_declare(tree):
    names = exported(tree)
    for path, text in tree.within('include/flagstop/').items():
        text = re.sub(r'^[ \t]*#(?:.*\\\n)*.*', lambda found: '\n' * found.group().count('\n'), blank(text), flags=re.M)
        for match in re.finditer(r'\b(flagstop_\w+)\s*\((?!\*)', text):
            if match.group(1) not in names:
                yield '%s:%d: %s is not in the library' % (path, text.count('\n', 0, match.start()) + 1, match.group(1))


def exported(tree):
    if not tree.library:
        raise Skip('no library was given')
    listing = subprocess.run(['nm', '-D', '--defined-only', tree.library], capture_output=True, text=True, check=True)
    return {line.split()[-1].split('@')[0] for line in listing.stdout.splitlines()}


def compile_alone(tree, compiler, language, standard):
    if not shutil.which(compiler.split()[0]):
        raise Skip('no %s here' % compiler)
    for path in tree.within('include/flagstop/'):
        header = path[len('include/'):]
        done = subprocess.run([*compiler.split(), '-x', language, '-std=' + standard, '-Wall', '-Wextra', '-pedantic',
                               '-Werror', '-fsyntax-only', '-I', os.path.join(tree.root, 'include'), '-'],
                              input='#include <%s>\n' % header, capture_output=True, text=True, check=False)
        if done.returncode:
            yield '%s:1: does not compile alone as %s: %s' % (path, standard, done.stderr.strip().split('\n')[-1])
            yield from done.stderr.strip().split('\n')


def public_headers__compile_alone_as_c11(tree):
    return compile_alone(tree, tree.cc, 'c', 'c11')


def public_headers__compile_alone_as_cxx(tree):
    return compile_alone(tree, tree.cxx, 'c++', 'c++11')


# ---- form -----------------------------------------------------------------------------------------------------------

def files__are_short(tree):
    for path, text in tree.text.items():
        limit = MAX_SCONSCRIPT_LINES if path.endswith('SConscript') else MAX_FILE_LINES
        lines = text.count('\n')
        if lines > limit:
            yield '%s:%d: has %d lines, %d are enough' % (path, limit + 1, lines, limit)


def functions__are_short(tree):
    if not shutil.which('ctags') or 'Universal' not in run('ctags', '--version'):
        raise Skip('no universal-ctags here')
    paths = [path for path in tree.sources if path.endswith('.c')]
    if not paths:
        return
    listing = run('ctags', '--output-format=json', '--fields=+ne', '--c-kinds=f', '-f', '-',
                  *(os.path.join(tree.root, path) for path in paths))
    for tag in map(json.loads, filter(None, listing.split('\n'))):
        path = os.path.relpath(tag['path'], tree.root)
        lines = tag.get('end', tag['line']) - tag['line'] + 1
        before = '\n'.join(tree.text[path].split('\n')[max(0, tag['line'] - 9):tag['line']])
        if lines > MAX_FUNCTION_LINES and 'long because' not in before.lower():
            yield '%s:%d: %s has %d lines; more than %d want a comment "long because ..."' % (
                path, tag['line'], tag['name'], lines, MAX_FUNCTION_LINES)


def lines__fit(tree):
    for path, text in tree.text.items():
        for number, line in enumerate(text.split('\n'), 1):
            if len(line.expandtabs(8)) > MAX_COLUMNS:
                yield '%s:%d: has %d columns, %d are enough' % (path, number, len(line.expandtabs(8)), MAX_COLUMNS)


def files__name_their_license(tree):
    for path, text in tree.text.items():
        if 'SPDX-License-Identifier: MIT' not in ''.join(text.split('\n')[:2]):
            yield '%s:1: no SPDX line' % path


def sources__open_with_what_they_decide(tree):
    for path, text in tree.within('arch/', 'filters/', 'tracer/', 'cli/', 'bench/').items():
        if path.endswith('.c') and not re.match(r'/\* SPDX[^\n]*\n\n?/\*', text):
            yield '%s:2: opens with no comment' % path


def format__is_clang_formats(tree):
    if not shutil.which('clang-format'):
        raise Skip('no clang-format here')
    version = re.search(r'version (\d+)', run('clang-format', '--version'))
    if not version or int(version.group(1)) != CLANG_FORMAT:
        raise Skip('clang-format is not release %d' % CLANG_FORMAT)
    paths = [os.path.join(tree.root, path) for path in tree.sources]
    if not paths:
        return
    done = subprocess.run(['clang-format', '--dry-run', '--style=file', *paths], capture_output=True, text=True,
                          check=False)
    for line in done.stderr.split('\n'):
        match = re.match(r'(.*):(\d+):\d+: warning:', line)
        if match:
            path = os.path.relpath(match.group(1), tree.root)
            yield '%s:%s: clang-format differs (scons format)' % (path, match.group(2))


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


RULES = (
    ptrace__is_called_in_one_file, tracee_memory__is_read_in_one_file, libunwind__is_used_in_one_file,
    libelf__is_used_in_one_file, architecture_macros__stand_in_arch_native, library__never_prints, library__never_exits,
    includes__never_go_up, cli_and_bench__see_public_headers_only, exported__names_are_flagstop_only,
    exported__holds_all_that_headers_declare, public_headers__compile_alone_as_c11,
    public_headers__compile_alone_as_cxx, files__are_short, functions__are_short, lines__fit, files__name_their_license,
    sources__open_with_what_they_decide, format__is_clang_formats,
)


def report(tests):
    """Runs (name, function that yields what is wrong) pairs and prints them the way cmocka does."""
    failed, skipped = [], []
    print('[==========] Running %d test(s).' % len(tests))
    for name, test in tests:
        print('[ RUN      ] ' + name)
        try:
            wrong = list(test())
        except Skip as reason:
            print('%s\n[  SKIPPED ] %s' % (reason, name))
            skipped.append(name)
            continue
        print('\n'.join(wrong + ['%s %s' % ('[  FAILED  ]' if wrong else '[       OK ]', name)]))
        failed += [name] if wrong else []
    print('[==========] %d test(s) run.' % len(tests), flush=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--root', default=os.path.join(HERE, '..', '..'))
    parser.add_argument('--library', help='the shared library whose symbols are looked at')
    parser.add_argument('--cc', default='gcc')
    parser.add_argument('--cxx', default='g++')
    parser.add_argument('rules', nargs='*', help='names of rules (all)')
    arguments = parser.parse_args()
    tree = Tree(os.path.normpath(arguments.root), arguments.library, arguments.cc, arguments.cxx)
    chosen = [rule for rule in RULES if not arguments.rules or rule.__name__ in arguments.rules]
    return report([('lint_' + rule.__name__, lambda rule=rule: rule(tree)) for rule in chosen])


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every lint rule finds what it is there for, in a tree made for it, and is content with a clean one."""

import os
import subprocess
import sys
import tempfile

import lint

SPDX = '/* SPDX-License-Identifier: MIT */\n'
OPENING = SPDX + '/* Decides nothing. */\n'
LONG_FUNCTION = 'int f(void);\nint f(void)\n{\n' + '\tf();\n' * 100 + '\treturn 0;\n}\n'

# rule: files of which exactly the lines marked with @ break it (the mark itself is taken out)
PLANTED = {
    'ptrace__is_called_in_one_file': {
        'tracer/ptrace.c': OPENING + 'int f(void) { return ptrace(0); }\n',
        'tracer/other.c': OPENING + '/* ptrace() is elsewhere */\n@int f(void) { return ptrace (0); }\n',
        'cli/run.c': OPENING + 'const char *s = "ptrace(";\n@long g = SYS_ptrace;\n'},
    'tracee_memory__is_read_in_one_file': {
        'tracer/memory.c': OPENING + 'int f(void) { return process_vm_readv(0); }\n',
        'tracer/stack.c': OPENING + 'const char *s = "/proc/%d/mem";\n@int f(void) { return process_vm_readv(0); }\n',
        'tracer/loop.c': OPENING + '@const char *s = "/proc/%d/mem";\nconst char *t = "/proc/meminfo";\n'},
    'libunwind__is_used_in_one_file': {
        'tracer/unwind.c': OPENING + '#include <libunwind.h>\n',
        'tracer/unwind_x86_64.c': OPENING + 'int a = UNW_X86_64_RIP;\n',
        'tracer/stack.c': OPENING + '@#include <libunwind.h>\n@int f(void) { return unw_step(0); }\n'},
    'libelf__is_used_in_one_file': {
        'tracer/symbols.c': OPENING + '#include <gelf.h>\n',
        'tracer/stack.c': OPENING + '@#include <libelf.h>\n@int f(void) { return elf_begin(0); }\n'},
    'architecture_macros__stand_in_arch_native': {
        'arch/native.c': OPENING + '#if defined(__x86_64__)\n#endif\n',
        'filters/bpf/check.c': OPENING + '@#ifdef __aarch64__\n#endif\n'},
    'library__never_prints': {
        'cli/run.c': OPENING + 'int f(void) { return printf("x"); }\n',
        'arch/a.c': OPENING + '@int f(void) { return printf("x"); }\n@int g(void) { return fputs("x", stderr); }\n'
                    'int h(void) { return snprintf(0, 0, "printf("); }\n'},
    'library__never_exits': {
        'cli/run.c': OPENING + 'void f(void) { exit(1); }\n',
        'tracer/a.c': OPENING + '@void f(void) { exit(1); }\n@void g(void) { abort(); }\nvoid h(void) { _exit(1); }\n'},
    'includes__never_go_up': {
        'arch/a.c': OPENING + '#include <arch/b.h>\n@#include <filters/error.h>\n@#include "../tracer/stack.h"\n',
        'filters/a.c': OPENING + '#include <arch/b.h>\n@#include <tracer/stack.h>\n',
        'tracer/a.c': OPENING + '#include <filters/error.h>\n@#include "../cli/cli.h"\n'},
    'cli_and_bench__see_public_headers_only': {
        'cli/a.c': OPENING + '#include <flagstop/arch.h>\n#include <stdio.h>\n#include "cli.h"\n'
                   '@#include <arch/callset.h>\n',
        'bench/a.c': OPENING + '@#include "../filters/error.h"\n'},
    'exported__names_are_flagstop_only': {
        'library.c': 'int flagstop_good(void) { return 0; }\n', 'library.c+': 'int fst_bad(void) { return 0; }\n'},
    'exported__holds_all_that_headers_declare': {
        'include/flagstop/a.h': SPDX + '#define flagstop_macro(x) (x)\nint flagstop_good(void);\n'
                                'struct flagstop_s { struct flagstop_t (*ask)(int); };\n'
                                '/* flagstop_never() */\n@int flagstop_lost(int a);\n',
        'library.c': 'int flagstop_good(void) { return 0; }\n'},
    'public_headers__compile_alone_as_c11': {
        'include/flagstop/a.h': '@' + SPDX + 'size_t flagstop_a(void);\n',
        'include/flagstop/b.h': SPDX + 'int flagstop_b(void);\n'},
    'public_headers__compile_alone_as_cxx': {
        'include/flagstop/a.h': '@' + SPDX + 'int flagstop_a(int class);\n',
        'include/flagstop/b.h': SPDX + 'int flagstop_b(void);\n'},
    'files__are_short': {
        'arch/a.c': OPENING + '\n' * 798 + '@\n', 'arch/b.c': OPENING + '\n' * 798,
        'arch/SConscript': '\n' * 40 + '@\n'},
    'functions__are_short': {
        'arch/a.c': OPENING + LONG_FUNCTION.replace('int f(void)\n', '@int f(void)\n'),
        'arch/b.c': OPENING + '/* Long because it is a table. */\n' + LONG_FUNCTION},
    'lines__fit': {'arch/a.c': OPENING + '@/* ' + '\t' * 15 + '*/\n/* ' + 'x' * 110 + ' */\n'},
    'files__name_their_license': {
        'arch/a.c': '@int a;\n', 'arch/b.c': OPENING, 'arch/c.py': '#!/bin/x\n# SPDX-License-Identifier: MIT\n'},
    'sources__open_with_what_they_decide': {
        'arch/a.c': SPDX + '@#include <a.h>\n', 'arch/b.c': OPENING, 'arch/c.h': SPDX},
    'format__is_clang_formats': {'arch/a.c': OPENING + '@int a( void );\n', 'arch/b.c': OPENING + 'int a(void);\n'},
}


def plant(root, files):
    """Writes the files without their marks; what the rule should say, as path:line."""
    marked = set()
    for name, text in files.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for number, line in enumerate(text.split('\n'), 1):
            if line.startswith('@'):
                marked.add('%s:%d' % (name, number))
        with open(path, 'w', encoding='utf-8') as out:
            out.write('\n'.join(line.removeprefix('@') for line in text.split('\n')))
    return marked


def build(root, files):
    sources = [name for name in files if name.startswith('library.c')]
    if not sources:
        return None
    library = os.path.join(root, 'library.so')
    subprocess.run(['gcc', '-shared', '-fPIC', '-x', 'c', '-o', library,
                    *(os.path.join(root, name) for name in sources)], check=True)
    return library


def finds(rule, files):
    with tempfile.TemporaryDirectory() as root:
        marked = plant(root, files)
        with open(os.path.join(root, '.clang-format'), 'w', encoding='utf-8') as out, \
                open(os.path.join(lint.HERE, '..', '..', '.clang-format'), encoding='utf-8') as ours:
            out.write(ours.read())
        library = build(root, files)
        if 'library.c+' in files:
            marked = {library + ':0'}
        said = list(rule(lint.Tree(root, library)))
        places = {':'.join(text.split(':')[:2]) for text in said}
        # A compiler's own words follow some; they are of no interest here.
        places = {place for place in places if place in marked or place.split(':')[0] in files}
        yield from sorted('not found: ' + place for place in marked - places)
        yield from sorted('found where nothing is: ' + place for place in places - marked)


def every_rule_is_tested():
    yield from sorted({rule.__name__ for rule in lint.RULES} ^ set(PLANTED))


if __name__ == '__main__':
    sys.exit(lint.report(
        [('lint__every_rule_has_a_violation_planted_for_it', every_rule_is_tested),
         *(('lint__%s__is_found_when_broken' % rule.__name__,
            lambda rule=rule: finds(rule, PLANTED.get(rule.__name__, {}))) for rule in lint.RULES)]))

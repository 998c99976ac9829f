#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts groups.fs and promises.fs into pieces and writes them as C: generate.py OUTPUT.c DIRECTORY.

Knows where a piece begins and ends, and no more of the language: the parser reads the pieces when they are used.
Exits 1 with file:line for what it cannot cut.
"""

import os
import re
import sys

PROMISES_MAX = 64  # FST_PROMISES_MAX of groups.h
LINE_MAX = 4096  # FLAGSTOP_POLICY_MAX_LINE_BYTES


def fail(path, line, message):
    sys.exit(f"{path}:{line}: {message}")


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        if len(line.encode()) > LINE_MAX:
            fail(path, number, "the line is too long")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line):
            fail(path, number, "a control byte")
    return lines


def cut_groups(path):
    """`group @name = …` on one line, or `… (` up to the line that begins with `)`; a comment of one line above."""
    pieces, lines, number = [], read(path), 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line or line.startswith("#"):
            continue
        match = re.match(r"group @([a-z0-9_]+(?:-[a-z0-9_]+)*) =(.*)$", line)
        if not match:
            fail(path, number, "neither a comment nor a group")
        above = lines[number - 2]
        if not re.match(r"# [^-]", above):
            fail(path, number, "the group has no description above it")
        first, text = number, [line]
        while match.group(2).strip() == "(" and not text[-1].startswith(")"):
            if number == len(lines):
                fail(path, first, "the group does not end")
            text.append(lines[number])
            number += 1
        pieces.append((match.group(1), "<groups>", above[2:], text, first))
    return pieces


def cut_promises(path):
    """`## name: description`, then rules up to the next one."""
    pieces = []
    for number, line in enumerate(read(path), 1):
        if line.startswith("##"):
            match = re.match(r"## ([a-z_]+(?:\+[a-z_]+)*): (\S.*)$", line)
            if not match:
                fail(path, number, "expected '## name: description'")
            name = "+".join(sorted(match.group(1).split("+")))
            if name != match.group(1):
                fail(path, number, f"write '{name}'")
            pieces.append((name, f"<promise {name}>", match.group(2), [], number + 1))
        elif pieces:
            pieces[-1][3].append(line)
        elif line and not line.startswith("#"):
            fail(path, number, "a rule before the first promise")
    if len(pieces) > PROMISES_MAX:
        fail(path, 1, f"more than {PROMISES_MAX} promises")
    return pieces


def check(path, pieces):
    seen = {}
    for name, _, _, _, line in pieces:
        if name in seen:
            fail(path, line, f"'{name}' was defined at line {seen[name]}")
        seen[name] = line
        for part in name.split("+"):
            if "+" in name and part not in [piece[0] for piece in pieces]:
                fail(path, line, f"there is no promise '{part}'")


def quote(text):
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\t":
            out.append("\\t")
        elif 0x20 <= byte < 0x7F and char != "?":
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def strip_comments(text):
    """What comments say is for who reads the files; line numbers stay."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def write(out, table, pieces):
    out.append(f"const struct fst_piece fst_{table}_table[] = {{")
    for name, file, description, text, line in sorted(pieces):
        lines = [entry + "\n" for entry in strip_comments(text)]
        size = sum(len(entry.encode()) for entry in lines)
        out.append(f"\t{{ {quote(name)}, {quote(file)}, {quote(description)},")
        for entry in lines or [""]:
            body = quote(entry[:-1])
            out.append("\t  " + (body[:-1] + '\\n"' if entry else '""'))
        out.append(f"\t  , {size}, {line} }},")
    out.append("};")
    out.append(f"const unsigned fst_{table}_count = {len(pieces)};")
    out.append("")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: generate.py OUTPUT.c DIRECTORY")
    out = [
        "/* SPDX-License-Identifier: MIT */",
        "/* Written by generate.py from groups.fs and promises.fs. */",
        "",
        "#include <filters/groups/groups.h>",
        "",
    ]
    for table, cut in (("groups", cut_groups), ("promises", cut_promises)):
        path = os.path.join(sys.argv[2], table + ".fs")
        pieces = cut(path)
        check(path, pieces)
        write(out, table, pieces)
    with open(sys.argv[1], "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the tables into one C file: generate.py OUTPUT.c TABLES_DIR

The same tables give the same file, byte for byte. A mistake in a table is reported as file:line and exits 1.
"""

import os
import re
import sys

sys.dont_write_bytecode = True  # the tree stays as it is
from paths import emit_paths, read_paths

ABIS = ["x86_64", "i386", "x32", "aarch64", "arm", "riscv64", "ppc64le", "s390x", "loongarch64"]
CALLS_MAX = 576  # FST_CALLS_MAX
PRIVATE_BASE = 0xF0000  # arm's own calls; everything below is dense
TYPES = ["s32", "u32", "sword", "uword", "u16"]
ROLES = {  # role: its type when none is given
    "number": None, "fd": None, "dirfd": "s32", "path": "uword", "string": "uword", "sockaddr": "uword",
    "pointer": "uword", "flags": None, "enum": None, "mode": "u32", "size": "uword", "offset": "sword",
    "address": "uword", "pid": "s32", "uid": "u32", "gid": "u32", "signal": "s32", "pad": "uword",
}
ROLE_SETS = {"dirfd": "dirfd", "mode": "mode", "signal": "signal"}
POINTERS = ("path", "string", "sockaddr", "pointer", "address")


class Mistake(Exception):
    pass


class Place:
    """Where in a table we are, for messages."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)
        self.line = 0

    def lines(self):
        with open(self.path) as f:
            for self.line, text in enumerate(f, 1):
                text = text.split("#")[0].strip()
                if text:
                    yield text

    def mistake(self, text):
        raise Mistake("%s:%d: %s" % (self.path, self.line, text))

    def number(self, text):
        try:
            return int(text, 0)
        except ValueError:
            self.mistake("'%s' is no number" % text)


def read_numbers(directory):
    place = Place(directory, "numbers.tbl")
    release, calls, taken = None, {}, {}
    for text in place.lines():
        words = text.split()
        if words[0] == "release" and len(words) == 2:
            release = words[1]
        elif words[0] == "name":
            if words != ["name", "since"] + ABIS:
                place.mistake("the columns must be: name since " + " ".join(ABIS))
        else:
            read_call_row(place, words, calls, taken)
    if not release:
        place.mistake("no line says which release this is")
    if len(calls) > CALLS_MAX:
        place.mistake("%d calls, but FST_CALLS_MAX is %d" % (len(calls), CALLS_MAX))
    return release, calls


def read_call_row(place, words, calls, taken):
    if len(words) != 2 + len(ABIS):
        place.mistake("%d columns, not %d" % (len(words), 2 + len(ABIS)))
    name, since = words[:2]
    if name in calls:
        place.mistake("%s is there twice" % name)
    if not re.match(r"[a-z_][a-z0-9_]*$", name):
        place.mistake("'%s' is no name" % name)
    if not re.match(r"(-|\d+(\.\d+)+)$", since):
        place.mistake("'%s' is no release" % since)
    numbers = {}
    for abi, text in zip(ABIS, words[2:]):
        if text == "-":
            continue
        number = numbers[abi] = place.number(text)
        if number > 4095 and number >> 4 != PRIVATE_BASE >> 4:
            place.mistake("%s: %d is outside the ranges that the lookup knows" % (abi, number))
        if (abi, number) in taken:
            place.mistake("%s: %d is %s already" % (abi, number, taken[abi, number]))
        taken[abi, number] = name
    if not numbers:
        place.mistake("%s is in no ABI" % name)
    calls[name] = ("" if since == "-" else since, numbers)


def read_constants(directory):
    """(constants {name: {abi: value}}, sets {name: [(constant, field, hidden)]}, fields {set: [(mask, other set)]})"""
    place = Place(directory, "constants.tbl")
    constants, sets, fields = {}, {}, {}
    current, field = None, -1
    for text in place.lines():
        words = text.split()
        if words[0] == "release":
            continue
        if words[0] == "set":
            current, field = words[1], -1
            if current in sets:
                place.mistake("set %s is there twice" % current)
            if len(words) < 3 or words[2] not in ("from", "fixed"):
                place.mistake("a set is `set NAME from HEADER…` or `set NAME fixed`")
            sets[current], fields[current] = [], []
        elif current is None:
            place.mistake("a constant outside of any set")
        elif words[0] == "field":
            field = len(fields[current])
            fields[current].append((place.number(words[1]), words[2] if len(words) > 2 else None, place.line))
        elif words == ["bits"]:
            field = -1
        else:
            values = read_constant(place, words, constants)
            if words[0] in [member[0] for member in sets[current]]:
                place.mistake("%s is in %s already" % (words[0], current))
            sets[current].append((words[0], field, "hidden" in words))
            check_field(place, words[0], values, fields[current], field)
    for name, found in fields.items():
        for mask, other, line in found:
            if other and other not in sets:
                place.line = line
                place.mistake("there is no set %s" % other)
    return constants, sets, fields


def read_constant(place, words, constants):
    values = {}
    if len(words) < 2:
        place.mistake("%s has no value" % words[0])
    for word in words[1:]:
        if word == "hidden":
            continue
        names, _, value = word.rpartition("=")
        for abi in names.split(",") if names else ABIS:
            if abi not in ABIS:
                place.mistake("there is no ABI %s" % abi)
            values[abi] = None if value == "-" else place.number(value)
    if not re.match(r"[A-Za-z_][A-Za-z0-9_]*$", words[0]):
        place.mistake("'%s' is no name" % words[0])
    if constants.setdefault(words[0], values) != values:
        place.mistake("%s has other values in another set" % words[0])
    return values


def check_field(place, name, values, fields, field):
    if field < 0:
        return
    mask = fields[field][0]
    for value in values.values():
        if value is not None and value & ~mask:
            place.mistake("%s is not within the field 0x%x" % (name, mask))


def read_signatures(directory, calls, sets):
    """({call: {abi: signature}}, {alias: call}); a signature is a tuple of argument tuples"""
    place = Place(directory, "calls.tbl")
    signatures, aliases, own = {}, {}, set()
    names, last = [], None
    for text in place.lines():
        words = text.split()
        if words[0] == "alias":
            if len(words) != 3 or words[2] not in calls or words[1] in calls:
                place.mistake("an alias is `alias NEW CALL`")
            aliases[words[1]] = words[2]
            continue
        head, bracket, tail = text.partition("(")
        names += re.findall(r"[\w.]+(?:\[[^]]*\])?", head)
        if not bracket:
            continue
        if not tail.endswith(")"):
            place.mistake("no ')' at the end")
        signature = read_signature(place, tail[:-1], sets)
        for name in names:
            add_signature(place, name, signature, calls, signatures, own)
        names = []
    missing = [name for name in calls for abi in calls[name][1] if abi not in signatures.get(name, {})]
    if missing:
        place.mistake("no signature for: " + " ".join(sorted(set(missing))))
    return signatures, aliases


def add_signature(place, text, signature, calls, signatures, own):
    name, bracket, abis = text.partition("[")
    abis = abis.rstrip("]").split()
    if name not in calls:
        place.mistake("there is no call %s" % name)
    for abi in abis or ABIS:
        if abi not in ABIS:
            place.mistake("there is no ABI %s" % abi)
        if not abis and ((name, None) in own):
            place.mistake("%s has a signature already" % name)
        if abis and (name, abi) in own:
            place.mistake("%s has a signature for %s already" % (name, abi))
        if abis or (name, abi) not in own:
            signatures.setdefault(name, {})[abi] = signature
        if abis:
            own.add((name, abi))
    if not abis:
        own.add((name, None))


def read_signature(place, text, sets):
    text = text.strip()
    arguments = [read_argument(place, part.strip(), sets) for part in text.split(",")] if text else []
    if len(arguments) > 6:
        place.mistake("%d arguments; the kernel takes 6" % len(arguments))
    names = [argument[0] for argument in arguments if argument[4] != "pad"]
    if len(set(names)) != len(names):
        place.mistake("two arguments have the same name")
    return tuple(arguments)


def read_argument(place, text, sets):
    """(name, set, pointee, type, role)"""
    name, colon, rest = text.partition(":")
    words = rest.split()
    if not colon or not words or not re.match(r"[a-z][a-z0-9_]*$", name):
        place.mistake("'%s' is not `name: [type] role`" % text)
    kind = words.pop(0) if words[0] in TYPES else None
    rest = " ".join(words)
    role, pointee, name_of_set = words[0] if words else "", None, None
    if role.startswith("*"):
        role, pointee = "pointer", rest[1:].strip()
    elif role in ("flags", "enum"):
        if len(words) != 2:
            place.mistake("%s: which set?" % name)
        name_of_set = words[1]
    elif len(words) != 1:
        place.mistake("%s: '%s' is no role" % (name, rest))
    if role not in ROLES:
        place.mistake("%s: '%s' is no role" % (name, role))
    kind = kind or ROLES[role]
    if not kind:
        place.mistake("%s: %s needs a type" % (name, role))
    name_of_set = name_of_set or ROLE_SETS.get(role) or ("pointer" if role in POINTERS else None)
    if name_of_set and name_of_set not in sets:
        place.mistake("%s: there is no set %s" % (name, name_of_set))
    return (name, name_of_set, pointee, kind, role)


def quote(text):
    return "NULL" if text is None else '"%s"' % text


def c_value(value):
    if value is None:
        return "0"
    if value == -1 << 63:
        return "INT64_MIN"
    return "%d" % value if -0x80000000 < value <= 0x7FFFFFFF else "INT64_C(%d)" % value


def emit_table(out, declaration, rows, comment=None):
    if comment:
        out.append("/* %s */" % comment)
    out.append("%s = {" % declaration)
    out.extend("\t" + row for row in rows)
    out.append("};")
    out.append("")


def emit_calls(out, calls, order, aliases):
    rows = ['{ "%s", "%s" },' % (name, calls[name][0]) for name in order]
    emit_table(out, "const struct fst_table_call fst_table_calls[]", rows)
    index = {name: i for i, name in enumerate(order)}
    rows = ['{ "%s", %d },' % (alias, index[aliases[alias]]) for alias in sorted(aliases)]
    emit_table(out, "const struct fst_table_alias fst_table_aliases[]", rows or ["{ NULL, 0 },"])
    rows = ["{ %s }," % ", ".join(str(calls[name][1].get(abi, -1)) for abi in ABIS) for name in order]
    emit_table(out, "const int32_t fst_table_numbers[][FLAGSTOP_ABI_COUNT]", rows)
    emit_reverse(out, calls, index)
    out.append("const unsigned fst_table_call_count = %d;" % len(order))
    out.append("const unsigned fst_table_alias_count = %d;" % len(aliases))
    out.append("")


def emit_reverse(out, calls, index):
    rows = []
    for abi in ABIS:
        numbers = {calls[name][1][abi]: index[name] for name in index if abi in calls[name][1]}
        low = {n: i for n, i in numbers.items() if n < PRIVATE_BASE}
        high = {n - PRIVATE_BASE: i for n, i in numbers.items() if n >= PRIVATE_BASE}
        parts = []
        for part, found in (("low", low), ("private", high)):
            if found:
                values = [str(found.get(n, -1)) for n in range(max(found) + 1)]
                lines = [", ".join(values[i:i + 16]) + "," for i in range(0, len(values), 16)]
                emit_table(out, "static const int16_t %s_%s[]" % (part, abi), lines)
                parts.append(".%s = %s_%s, .%s_count = %d" % (part, part, abi, part, len(values)))
        rows.append("[FLAGSTOP_ABI_%s] = { %s }," % (abi.upper(), ", ".join(parts)))
    emit_table(out, "const struct fst_table_reverse fst_table_reverse[FLAGSTOP_ABI_COUNT]", rows)


def emit_signatures(out, order, signatures):
    arguments, starts = [], {}
    for name in order:
        for abi in ABIS:
            signature = signatures[name].get(abi)
            if signature is not None and signature not in starts:
                starts[signature] = (len(starts), len(arguments))
                arguments.extend(signature)
    rows = []
    for name, name_of_set, pointee, kind, role in arguments:
        rows.append("{ %s, %s, %s, FLAGSTOP_ARG_%s, FLAGSTOP_ROLE_%s }," %
                    (quote(name), quote(name_of_set), quote(pointee), kind.upper(), role.upper()))
    emit_table(out, "const struct flagstop_arg fst_table_args[]", rows)
    rows = ["{ %d, %d }," % (start, len(signature)) for signature, (_, start) in starts.items()]
    emit_table(out, "const struct fst_table_signature fst_table_signatures[]", rows)
    rows = []
    for name in order:
        default = next(iter(signatures[name].values()))
        rows.append("{ %s }," % ", ".join(str(starts[signatures[name].get(abi, default)][0]) for abi in ABIS))
    emit_table(out, "const uint16_t fst_table_signature_of[][FLAGSTOP_ABI_COUNT]", rows)


def emit_constants(out, constants, order):
    rows, varying = [], []
    for name in order:
        values = constants[name]
        if len(set(values.values())) == 1 and None not in values.values():
            rows.append('{ "%s", %s, -1 },' % (name, c_value(values[ABIS[0]])))
            continue
        rows.append('{ "%s", 0, %d },' % (name, len(varying)))
        known = sum(1 << i for i, abi in enumerate(ABIS) if values.get(abi) is not None)
        varying.append("{ { %s }, 0x%x }," % (", ".join(c_value(values.get(abi)) for abi in ABIS), known))
    emit_table(out, "const struct fst_table_constant fst_table_constants[]", rows)
    emit_table(out, "const struct fst_table_varying fst_table_varying[]", varying)
    out.append("const unsigned fst_table_constant_count = %d;" % len(order))
    out.append("")


def emit_sets(out, constants, order, sets, fields, flag_sets):
    index = {name: i for i, name in enumerate(order)}
    set_index = {name: i for i, name in enumerate(sorted(sets))}
    members, masks, rows = [], [], []
    for name in sorted(sets):
        rows.append('{ "%s", %d, %d, %d, %d },' % (name, len(members), len(sets[name]), len(masks), len(fields[name])))
        # in other sets the order of the table decides which of two names for a value is shown
        listed = widest_first(constants, sets[name]) if name in flag_sets else sets[name]
        for constant, field, hidden in listed:
            members.append("{ %d, %d, %s }," % (index[constant], field, "true" if hidden else "false"))
        for mask, other, _ in fields[name]:
            masks.append("{ %s, %d }," % ("UINT64_C(0x%x)" % mask, set_index[other] if other else -1))
    emit_table(out, "const struct fst_table_member fst_table_members[]", members)
    emit_table(out, "const struct fst_table_field fst_table_fields[]", masks)
    emit_table(out, "const struct fst_table_set fst_table_sets[]", rows)
    out.append("const unsigned fst_table_set_count = %d;" % len(sets))


def widest_first(constants, members):
    """So that O_SYNC is found before O_DSYNC, which is a part of it."""
    def width(member):
        values = [0] + [v for v in constants[member[0]].values() if v]
        return max(bin(value & (1 << 64) - 1).count("1") for value in values)
    return sorted(members, key=lambda member: -width(member))


def main(output, directory):
    release, calls = read_numbers(directory)
    constants, sets, fields = read_constants(directory)
    signatures, aliases = read_signatures(directory, calls, sets)
    memory = read_paths(Place(directory, "paths.tbl"), calls, constants, signatures)
    order, names = sorted(calls), sorted(constants)
    flag_sets = {argument[1] for abis in signatures.values() for signature in abis.values() for argument in signature
                 if argument[4] == "flags"}
    out = ["/* SPDX-License-Identifier: MIT */",
           "/* Generated from numbers.tbl, calls.tbl, paths.tbl and constants.tbl. Do not edit: edit those. */", "",
           "#include <arch/tables.h>", "",
           '_Static_assert(FST_CALLS_MAX == %d, "generate.py checks the number of calls against this");' % CALLS_MAX,
           '_Static_assert(FLAGSTOP_ABI_COUNT == %d, "the tables have one column an ABI");' % len(ABIS), "",
           'const char fst_table_release[] = "%s";' % release, ""]
    emit_calls(out, calls, order, aliases)
    emit_signatures(out, order, signatures)
    emit_paths(out, emit_table, order, ABIS, memory)
    emit_constants(out, constants, names)
    emit_sets(out, constants, names, sets, fields, flag_sets)
    with open(output, "w") as f:
        f.write("\n".join(out) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: generate.py OUTPUT.c TABLES_DIR")
    try:
        main(*sys.argv[1:])
    except Mistake as mistake:
        sys.exit(str(mistake))

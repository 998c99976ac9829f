# SPDX-License-Identifier: MIT
"""paths.tbl: what calls do with the paths and structures that they are given in memory. A part of generate.py."""

TARGETS = ("object", "entry", "new", "open")
FOLLOWS = {"always": 0, "never": 0, "open": 0, "unless": 2, "if": 2}  # how many words belong to it
INTENTS = ("reads", "writes", "creates", "executes", "open")
STRUCTS = {"open_how": True, "clone_args": True, "msghdr": False, "mmsghdr": False}  # has its size in the next argument
PATHS_MAX, READS_MAX = 2, 3  # FST_CALL_PATHS_MAX, FST_CALL_READS_MAX


def read_paths(place, calls, constants, signatures):
    """{(call, abi): (paths, reads)}, each a list of C initialisers"""
    rows = {"path": {}, "read": {}}
    for text in place.lines():
        kind, *words = text.split()
        if kind not in rows:
            place.mistake("a line begins with `path` or `read`")
        names = []
        while words and words[0] in calls:
            names.append(words.pop(0))
        if not names or not words:
            place.mistake("which call, and which argument?")
        for name in names:
            if (name, words[0]) in rows[kind]:
                place.mistake("%s: %s is there twice" % (name, words[0]))
            rows[kind][name, words[0]] = (place.line, words[1:])
    found = {}
    for call, abis in signatures.items():
        for abi in calls[call][1]:
            found[call, abi] = (paths_of(place, rows["path"], constants, call, abi, abis[abi]),
                                reads_of(place, rows["read"], call, abis[abi]))
    check_use(place, rows, signatures)
    return found


def check_use(place, rows, signatures):
    for table in rows.values():
        for (call, argument), (line, _) in table.items():
            if not any(argument in [one[0] for one in signature] for signature in signatures[call].values()):
                place.line = line
                place.mistake("%s has no argument %s" % (call, argument))


def paths_of(place, rows, constants, call, abi, signature):
    paths = []
    for index, argument in enumerate(signature):
        if argument[4] != "path":
            continue
        if (call, argument[0]) not in rows:
            place.mistake("nothing says what %s does with its path %s" % (call, argument[0]))
        place.line, words = rows[call, argument[0]]
        paths.append(path_row(place, list(words), constants, abi, signature, index))
    if len(paths) > PATHS_MAX:
        place.mistake("%s has %d paths" % (call, len(paths)))
    return paths


def path_row(place, words, constants, abi, signature, index):
    row = {"argument": index, "flags": -1,
           "dirfd": index - 1 if index and signature[index - 1][4] == "dirfd" else -1}

    def take(allowed, what):
        if not words or words[0] not in allowed:
            place.mistake("%s is one of: %s" % (what, " ".join(allowed)))
        return words.pop(0)

    def bit(name):
        if constants.get(name, {}).get(abi) is None:
            place.mistake("there is no constant %s" % name)
        return constants[name][abi]

    row["target"] = "FST_TARGET_" + take(TARGETS, "a target").upper()
    follow = take(FOLLOWS, "whether links are followed")
    row["follow"] = "FST_FOLLOW_" + follow.upper()
    if FOLLOWS[follow]:
        row["flags"] = position(place, signature, words.pop(0))
        row["follow_bit"] = "%#x" % bit(words.pop(0))
    if words and words[0] == "empty":
        words.pop(0)
        empty = words.pop(0)
        row["empty"] = "FST_EMPTY_ALWAYS" if empty == "always" else "FST_EMPTY_BY_BIT"
        if empty != "always":
            row["empty_bit"] = "%#x" % bit(empty)
    if words and words[0] == "null":
        words.pop(0)
        row["null"] = "true"
    intents = [take(INTENTS, "an intent") for _ in range(len(words))]
    if not intents:
        place.mistake("what is it for?")
    row["intent"] = " | ".join("FST_INTENT_" + intent.upper() for intent in intents)
    if follow == "open":
        row["follow_bit"] = "%#x" % bit("O_NOFOLLOW")
        row["flags"] = next((i for i, argument in enumerate(signature) if argument[1] == "open_flags"), -1)
    return "{ %s }" % ", ".join(".%s = %s" % item for item in row.items())


def reads_of(place, rows, call, signature):
    reads = []
    for index, argument in enumerate(signature):
        if argument[4] == "string":
            reads.append((index, "STRING", -1))
        elif argument[4] == "sockaddr":
            reads.append((index, "SOCKADDR", index + 1))
        elif (call, argument[0]) in rows:
            place.line, words = rows[call, argument[0]]
            if len(words) != 1 or words[0] not in STRUCTS:
                place.mistake("a structure is one of: " + " ".join(STRUCTS))
            reads.append((index, words[0].upper(), index + 1 if STRUCTS[words[0]] else -1))
    if len(reads) > READS_MAX:
        place.mistake("%s reads %d things" % (call, len(reads)))
    return ["{ .argument = %d, .kind = FST_READ_%s, .size = %d }" % row for row in reads]


def position(place, signature, name):
    for index, argument in enumerate(signature):
        if argument[0] == name:
            return index
    return place.mistake("there is no argument %s" % name)


def emit_paths(out, emit_table, order, abis, found):
    rows, index = [], {}
    numbers = []
    for name in order:
        line = []
        for abi in abis:
            paths, reads = found.get((name, abi), ([], []))
            row = initialiser(paths, reads)
            if not row:
                line.append("0")
                continue
            if row not in index:
                index[row] = len(rows) + 1
                rows.append(row)
            line.append(str(index[row]))
        numbers.append("{ %s }," % ", ".join(line))
    emit_table(out, "const struct fst_call_memory fst_table_memory[]", ["{ 0 },"] + rows, "0: nothing in memory")
    emit_table(out, "const uint8_t fst_table_memory_of[][FLAGSTOP_ABI_COUNT]", numbers)
    if len(rows) > 255:
        raise ValueError("too many rows for fst_table_memory_of")


def initialiser(paths, reads):
    parts = []
    if paths:
        parts.append(".path_count = %d, .paths = { %s }" % (len(paths), ", ".join(paths)))
    if reads:
        parts.append(".read_count = %d, .reads = { %s }" % (len(reads), ", ".join(reads)))
    return "{ %s }," % ", ".join(parts) if parts else ""

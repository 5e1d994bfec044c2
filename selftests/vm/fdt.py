# SPDX-License-Identifier: GPL-2.0-only
"""Properties of /chosen of a flattened device tree in a guest's memory.

https://www.devicetree.org/specifications/ (chapter 5)
"""

import struct

MAGIC = b"\xd0\x0d\xfe\xed"
BEGIN_NODE, END_NODE, PROPERTY, NOP, END = 1, 2, 3, 4, 9
LONGEST_NAME = 64


def _text(memory, at):
    return bytes(memory[at:at + LONGEST_NAME]).partition(b"\0")[0].decode(errors="replace")


def _align(at):
    return (at + 3) & ~3


def chosen(memory, tree):
    """Where in memory the value of each property is, and how long."""
    structure, strings = (tree + offset for offset in struct.unpack_from(">II", memory, tree + 8))
    at, depth, inside, found = structure, 0, False, {}
    while (token := struct.unpack_from(">I", memory, at)[0]) != END:
        at += 4
        if token == BEGIN_NODE:
            name = _text(memory, at)
            at = _align(at + len(name) + 1)
            depth += 1
            inside = inside or (depth == 2 and name == "chosen")
        elif token == END_NODE:
            inside = inside and depth > 2
            depth -= 1
        elif token == PROPERTY:
            length, name = struct.unpack_from(">II", memory, at)
            if inside and depth == 2:
                found[_text(memory, strings + name)] = (at + 8, length)
            at = _align(at + 8 + length)
    return found


def shorten(memory, value):
    """Of a property of words of 64 bits only the first is left."""
    words = struct.unpack_from(">I", memory, value - 8)[0] // 4
    struct.pack_into(">I", memory, value - 8, 8)
    for at in range(2, words):
        struct.pack_into(">I", memory, value + 4 * at, NOP)


def trees(memory, start, end):
    """Where in a range of memory there is one, with a /chosen of more than nothing."""
    at = memory.find(MAGIC, start, end)
    while at >= 0:
        try:
            if at % 8 == 0 and (properties := chosen(memory, at)):
                yield at, properties
        except (struct.error, IndexError):
            pass
        at = memory.find(MAGIC, at + 1, end)

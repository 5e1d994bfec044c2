# SPDX-License-Identifier: GPL-2.0-only
"""The map of memory in which there is one place for a kernel."""

import struct
import unittest

import kaslr
from misplace import NODE, RANGE
from test_misplace import BUFFER, MIB, NODE_AT, PARAMS, boot_parameters


class Map(unittest.TestCase):
    """One place for a kernel, and the same memory as before."""

    INIT = 9 * MIB
    RAM = (MIB, 640 * MIB)

    def place(self, where):
        memory = bytearray(640 * MIB)
        low, reserved = (0, 0x9fc00, 1), (0x9fc00, 0x400, 2)
        boot_parameters(memory)
        memory[PARAMS + kaslr.E820_ENTRIES] = 3
        for i, entry in enumerate((low, reserved, (self.RAM[0], self.RAM[1] - self.RAM[0], 1))):
            kaslr.E820_ENTRY.pack_into(memory, PARAMS + kaslr.E820_TABLE + i * kaslr.E820_ENTRY.size, *entry)
        struct.pack_into("<I", memory, PARAMS + kaslr.INIT_SIZE, self.INIT)
        memory[BUFFER:BUFFER + 4] = b"keys"
        window = kaslr.place(memory, PARAMS, where)
        entries = [kaslr.E820_ENTRY.unpack_from(memory, PARAMS + kaslr.E820_TABLE + i * kaslr.E820_ENTRY.size)
                   for i in range(memory[PARAMS + kaslr.E820_ENTRIES])]
        self.assertEqual(entries[:2], [low, reserved])
        return memory, window, entries[2:]

    def test_map(self):
        _, window, entries = self.place("inside")
        at = self.RAM[0]
        for start, size, kind in entries:
            self.assertEqual((start, kind), (at, 1))
            at += size
        self.assertEqual(at, self.RAM[1])
        large = [(start, start + size) for start, size, _ in entries if start >= kaslr.LOWEST and size >= self.INIT]
        self.assertEqual(large, [window])
        self.assertLess(window[1] - window[0] - self.INIT, kaslr.SLOT)

    def test_buffer(self):
        for where, is_inside in (("inside", True), ("outside", False)):
            memory, window, _ = self.place(where)
            start, size = RANGE.unpack_from(memory, NODE_AT + NODE.size)
            self.assertEqual(window[0] <= start and start + size <= window[1], is_inside)
            self.assertTrue(is_inside or start + size <= window[0] or start >= window[1])
            self.assertEqual(memory[start:start + 4], b"keys")
            self.assertEqual(memory[BUFFER:BUFFER + 4], bytes(4))


if __name__ == "__main__":
    unittest.main()

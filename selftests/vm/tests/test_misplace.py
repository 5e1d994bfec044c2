# SPDX-License-Identifier: GPL-2.0-only
"""Where a kernel is told that the handover buffer is."""

import struct
import unittest
from unittest import mock

import misplace
from arch import ALL
from misplace import ALIGN, LEAST, MOST, NODE, RANGE

MIB = 1 << 20
SIZE = 2 * MIB
# Of what the guest has, in a memory of SIZE bytes that begins at ARCH.ram.
REGION = (MIB, 2 * MIB)
BUFFER = 0x1e0000
KERNEL = 0x100000
KERNEL_SIZE = 0x12345
INITRAMFS = (0x140100, 0x163000)
ELFCOREHDR = 0x170000
TREE = 0x180008
PARAMS = 0x180000
NODE_AT = 0x181000


class Stub:
    """A kernel that stands still, and has these words in its memory."""

    def __init__(self, words):
        self.words = words

    def read(self, address, length):
        if length == RANGE.size // 2:
            return struct.pack("<Q", self.words[address])
        return bytes(self.words["boot_params"][:length])


def boot_parameters(memory):
    """Those of x86, at PARAMS, with a node for the buffer and one for a seed."""
    struct.pack_into("<Q", memory, PARAMS + misplace.SETUP_DATA, NODE_AT)
    struct.pack_into("<II", memory, PARAMS + misplace.RAMDISK, INITRAMFS[0], INITRAMFS[1] - INITRAMFS[0])
    struct.pack_into("<I", memory, PARAMS + misplace.COMMAND_LINE, NODE_AT + 0x100)
    line = b"console=ttyS0 elfcorehdr=%#x quiet\0" % ELFCOREHDR
    memory[NODE_AT + 0x100:NODE_AT + 0x100 + len(line)] = line
    NODE.pack_into(memory, NODE_AT, NODE_AT + 0x40, misplace.SETUP_KEXEC_KEYS, RANGE.size)
    RANGE.pack_into(memory, NODE_AT + NODE.size, BUFFER, LEAST)
    NODE.pack_into(memory, NODE_AT + 0x40, 0, misplace.SETUP_RNG_SEED, 32)


def device_tree(properties):
    """A tree of nothing but /chosen."""
    strings = b"".join(name.encode() + b"\0" for name in properties)
    body = struct.pack(">I4s", 1, b"") + struct.pack(">I8s", 1, b"chosen")
    at = 0
    for name, value in properties.items():
        body += struct.pack(">III", 3, len(value), at) + value
        at += len(name) + 1
    body += struct.pack(">III", 2, 2, 9)
    header = struct.pack(">10I", 0xd00dfeed, 40 + len(body) + len(strings), 40, 40 + len(body), 40, 17, 16, 0,
                         len(strings), len(body))
    return header + body + strings


class Ranges(unittest.TestCase):
    """All kinds, on two architectures: the same places, said in two ways."""

    def told_by_setup_data(self, kind):
        memory = bytearray(SIZE)
        boot_parameters(memory)
        stub = Stub({0x10: KERNEL - 0x1000, "boot_params": memory[PARAMS:PARAMS + 1024]})
        symbols = {"boot_params": 0, "phys_base": 0x10, "_stext": 0xffffffff80001000,
                   "_end": 0xffffffff80001000 + KERNEL_SIZE}
        with mock.patch.object(misplace, "ARCH", ALL["x86_64"]):
            misplace.move_buffer(memory, stub, symbols, REGION, kind)
        return RANGE.unpack_from(memory, NODE_AT + NODE.size)

    def told_by_tree(self, kind):
        arch = ALL["arm64"]
        memory = bytearray(SIZE)
        tree = device_tree({misplace.PROPERTY: struct.pack(">QQ", BUFFER + arch.ram, LEAST),
                            "linux,initrd-start": struct.pack(">Q", INITRAMFS[0] + arch.ram),
                            "linux,initrd-end": struct.pack(">Q", INITRAMFS[1] + arch.ram),
                            "linux,elfcorehdr": struct.pack(">QQ", ELFCOREHDR + arch.ram, 0x1000)})
        memory[TREE:TREE + len(tree)] = tree
        start = 0xffff800080000000
        stub = Stub({0x10: start - KERNEL - arch.ram})
        with mock.patch.object(misplace, "ARCH", arch):
            line = misplace.move_buffer(memory, stub, {"kimage_voffset": 0x10, "_stext": start, "_end": start + KERNEL_SIZE},
                                        REGION, kind)
        self.assertIn(" 1 device trees", line)
        at = memory.find(struct.pack(">I", 16), TREE + 40) + 8
        return struct.unpack_from(">QQ", memory, at)

    def check(self, kind, start, size=LEAST, tree_start=None):
        """TREE_START, where it is not as far from where memory begins."""
        self.assertEqual(self.told_by_setup_data(kind), (start, size))
        ram = ALL["arm64"].ram
        self.assertEqual(self.told_by_tree(kind), (start + ram if tree_start is None else tree_start, size))

    def test_alignment(self):
        self.check("null", 0, tree_start=0)
        self.check("unaligned", BUFFER + 0x1000)
        self.check("unaligned-size", BUFFER, LEAST + 0x1000)

    def test_size(self):
        foreign = ALL["x86_64"].foreign_ram
        self.check("small", BUFFER, LEAST - ALIGN)
        self.check("large", BUFFER, 1 << 40)
        self.check("too-large", foreign, MOST + ALIGN)
        self.check("largest", foreign, MOST)
        self.check("foreign-ram", foreign, LEAST)

    def test_ends_of_addresses(self):
        self.check("wrapping", (1 << 64) - ALIGN, tree_start=(1 << 64) - ALIGN)
        self.check("topmost", (1 << 64) - LEAST, tree_start=(1 << 64) - LEAST)

    def test_ends_of_memory(self):
        self.check("start-of-ram", REGION[0] - ALIGN)
        self.check("end-of-ram", REGION[1] - ALIGN)

    def test_one_block_in_common(self):
        self.check("initramfs-start", 0x130000)
        self.check("initramfs-end", 0x160000)
        self.check("kernel-start", 0xf0000)
        self.check("kernel-end", 0x110000)
        self.check("elfcorehdr", 0x170000)

    def test_parameters(self):
        self.check("parameters", 0x180000)

    def test_duplicate(self):
        memory = bytearray(SIZE)
        boot_parameters(memory)
        stub = Stub({0x10: 0, "boot_params": memory[PARAMS:PARAMS + 1024]})
        with mock.patch.object(misplace, "ARCH", ALL["x86_64"]):
            misplace.move_buffer(memory, stub, {"boot_params": 0, "phys_base": 0x10, "_stext": 0, "_end": 1}, REGION, "duplicate")
        self.assertEqual(NODE.unpack_from(memory, NODE_AT + 0x40)[1], misplace.SETUP_KEXEC_KEYS)
        self.assertEqual(RANGE.unpack_from(memory, NODE_AT + 0x40 + NODE.size), (BUFFER, LEAST))


if __name__ == "__main__":
    unittest.main()

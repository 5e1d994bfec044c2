# SPDX-License-Identifier: GPL-2.0-only
"""Leave the decompressor of an x86 kernel one place where it can put the kernel, and
put the handover buffer there, or elsewhere.

The decompressor looks at each entry of the map of memory by itself. So RAM is described
in pieces that are smaller than the kernel, and one that just holds it: for the kernel,
which joins entries that are neighbours, the map stays what it was.

Offsets are those of Documentation/arch/x86/boot.rst and zero-page.rst.
"""

import struct

from machine import MachineError
from misplace import move_buffer_to

E820_ENTRIES, INIT_SIZE, E820_TABLE = 0x1e8, 0x260, 0x2d0
E820_ENTRY = struct.Struct("<QQI")
E820_MAX = 128
RAM = 1
MIB = 1 << 20
PIECE = 8 * MIB
SLOT = 2 * MIB
# The decompressor goes no lower.
LOWEST = 512 * MIB
# There are no images of the next kernel.
WINDOW = 576 * MIB


def _split(start, end):
    while start < end:
        piece = min(start // PIECE * PIECE + PIECE, end)
        yield start, piece
        start = piece


def _pieces(start, end, window):
    """A range of RAM, the window in it a piece of its own. What the decompressor does not look
    at may stay whole."""
    low, high = window
    if start < LOWEST:
        yield start, min(end, LOWEST)
        start = min(end, LOWEST)
    if start > low or end < high:
        yield from _split(start, end)
        return
    yield from _split(start, low)
    yield window
    yield from _split(high, end)


def _describe_in_pieces(memory, params, window):
    entries = [E820_ENTRY.unpack_from(memory, params + E820_TABLE + i * E820_ENTRY.size)
               for i in range(memory[params + E820_ENTRIES])]
    new = []
    for start, size, kind in entries:
        ranges = _pieces(start, start + size, window) if kind == RAM and start >= MIB else [(start, start + size)]
        new += [(low, high - low, kind) for low, high in ranges]
    if len(new) > E820_MAX or (window[0], window[1] - window[0], RAM) not in new:
        raise MachineError(f"no map of memory with one place for a kernel: {len(new)} entries")
    memory[params + E820_ENTRIES] = len(new)
    for i, entry in enumerate(new):
        E820_ENTRY.pack_into(memory, params + E820_TABLE + i * E820_ENTRY.size, *entry)


def place(memory, params, where):
    """At the decompressor's first instruction, PARAMS being the address of the boot
    parameters. The kernel, of which INIT_SIZE is the most that it takes, fits the window
    alone; the buffer is INSIDE it, in its middle, or below it. Returns the window."""
    size = struct.unpack_from("<I", memory, params + INIT_SIZE)[0]
    window = WINDOW, WINDOW + (size + SLOT - 1) // SLOT * SLOT
    _describe_in_pieces(memory, params, window)
    middle = (window[0] + window[1]) // 2 // SLOT * SLOT
    move_buffer_to(memory, params, middle if where == "inside" else window[0] - 2 * PIECE)
    return window

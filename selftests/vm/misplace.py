# SPDX-License-Identifier: GPL-2.0-only
"""Tell a kernel, in setup_data or in the device tree, that the handover buffer is where it
cannot be, or move it.

Offsets are those of Documentation/arch/x86/boot.rst and zero-page.rst.
"""

import re
import struct
from dataclasses import dataclass

import fdt
from arch import ARCH

# Of kernel/security/keys/kexec/format.h; a buffer is two slots.
ALIGN = 64 << 10
LEAST, MOST = 2 * ALIGN, 2 * (16 << 20)
ALL_OF_64_BITS = 1 << 64
# From where a bzImage is loaded to its first instruction, and the register that has the
# address of the boot parameters there, by the debugger's number.
ENTRY = 0x200
BOOT_PARAMETERS = 4
# As much of it as the debugger's protocol reads at once.
BOOT_PARAMS_HEAD = 1024
SETUP_DATA, RAMDISK, COMMAND_LINE = 0x250, 0x218, 0x228
LONGEST_LINE = 2048
NODE = struct.Struct("<QII")
RANGE = struct.Struct("<QQ")
SETUP_RNG_SEED, SETUP_KEXEC_KEYS = 9, 11
PROPERTY = "linux,kexec-keys-buffer"
POINTER = struct.Struct("<Q")


@dataclass
class Places:
    """Physical addresses in a capture kernel that has just started: first and last byte of
    what is where, and the start of what tells it of the buffer."""

    start: int
    size: int
    kernel: tuple
    initramfs: tuple
    elfcorehdr: int
    parameters: int
    ram: tuple


def _round(address):
    return address // ALIGN * ALIGN


def _first_block_of(place, size):
    """The last block of the range is the first of that place."""
    return _round(place[0]) + ALIGN - size, size


# What the capture kernel is told, as an address and a size.
RANGES = {
    "null": lambda p: (0, p.size),
    "unaligned": lambda p: (p.start + 0x1000, p.size),
    "unaligned-size": lambda p: (p.start, p.size + 0x1000),
    "small": lambda p: (p.start, LEAST - ALIGN),
    "large": lambda p: (p.start, 1 << 40),
    "too-large": lambda p: (ARCH.ram + ARCH.foreign_ram, MOST + ALIGN),
    # As large, and as small, as a buffer may be, but in RAM of the first kernel, or in a hole.
    "largest": lambda p: (ARCH.ram + ARCH.foreign_ram, MOST),
    "foreign-ram": lambda p: (ARCH.ram + ARCH.foreign_ram, LEAST),
    "hole": lambda p: (0x7f0000000, LEAST),
    "wrapping": lambda p: (ALL_OF_64_BITS - ALIGN, LEAST),
    "topmost": lambda p: (ALL_OF_64_BITS - LEAST, LEAST),
    # One block of it is in RAM of the capture kernel.
    "start-of-ram": lambda p: (p.ram[0] - ALIGN, LEAST),
    "end-of-ram": lambda p: (p.ram[1] - ALIGN, LEAST),
    # It has a block in common with what is there.
    "initramfs-start": lambda p: _first_block_of(p.initramfs, p.size),
    "initramfs-end": lambda p: (_round(p.initramfs[1]), p.size),
    "kernel-start": lambda p: _first_block_of(p.kernel, p.size),
    "kernel-end": lambda p: (_round(p.kernel[1]), p.size),
    "parameters": lambda p: (_round(p.parameters), p.size),
    "elfcorehdr": lambda p: (_round(p.elfcorehdr), p.size),
}


def _kernel(stub, symbols, region):
    """Its first and last byte, without KASLR."""
    def read(name, offset=0):
        return POINTER.unpack(stub.read(symbols[name] + offset, POINTER.size))[0]

    if ARCH.name == "x86_64":
        shift = read("phys_base") - 0xffffffff80000000
    elif ARCH.name == "arm64":
        shift = -read("kimage_voffset")
    elif ARCH.name == "riscv64":
        # struct kernel_mapping: the second and the fourth word
        shift = read("kernel_map", 24) - read("kernel_map", 8)
    else:
        shift = region[0] - 0xc000000000000000
    return symbols["_stext"] + shift, symbols["_end"] - 1 + shift


# --- setup_data ---

def nodes(memory, boot_params):
    """Address of the data of each setup_data node, by type."""
    at = struct.unpack_from("<Q", boot_params, SETUP_DATA)[0]
    found = {}
    while at:
        following, kind, _ = NODE.unpack_from(memory, at)
        found[kind] = at + NODE.size
        at = following
    return found


def _elfcorehdr(memory, boot_params):
    at, = struct.unpack_from("<I", boot_params, COMMAND_LINE)
    return int(re.search(rb"\belfcorehdr=0x([0-9a-f]+)", memory[at:at + LONGEST_LINE])[1], 16)


def _duplicate(memory, found):
    """The seed's node becomes a second one for the same buffer."""
    seed, keys = found[SETUP_RNG_SEED], found[SETUP_KEXEC_KEYS]
    memory[seed:seed + RANGE.size] = memory[keys:keys + RANGE.size]
    struct.pack_into("<I", memory, seed - NODE.size + 8, SETUP_KEXEC_KEYS)


def _move_in_setup_data(memory, stub, symbols, region, kind):
    boot_params = stub.read(symbols["boot_params"], BOOT_PARAMS_HEAD)
    found = nodes(memory, boot_params)
    if kind == "duplicate":
        _duplicate(memory, found)
        return
    node = found[SETUP_KEXEC_KEYS]
    initramfs, size = struct.unpack_from("<II", boot_params, RAMDISK)
    places = Places(*RANGE.unpack_from(memory, node), kernel=_kernel(stub, symbols, region),
                    initramfs=(initramfs, initramfs + size - 1), elfcorehdr=_elfcorehdr(memory, boot_params),
                    parameters=node, ram=region)
    RANGE.pack_into(memory, node, *RANGES[kind](places))


def move_buffer_to(memory, params, target):
    """The buffer itself, with what is in it, to another address; at the first instruction of
    a bzImage, whose boot parameters are at PARAMS."""
    node = nodes(memory, memory[params:params + BOOT_PARAMS_HEAD])[SETUP_KEXEC_KEYS]
    start, size = RANGE.unpack_from(memory, node)
    content = memory[start:start + size]
    memory[start:start + size] = bytes(size)
    memory[target:target + size] = content
    RANGE.pack_into(memory, node, target, size)


# --- device trees ---

def _move_in_tree(memory, tree, properties, kernel, ram, kind):
    at = properties[PROPERTY][0]
    if kind == "short":
        fdt.shorten(memory, at)
        return
    initramfs = [struct.unpack_from(">Q", memory, properties[f"linux,initrd-{end}"][0])[0] for end in ("start", "end")]
    places = Places(*struct.unpack_from(">QQ", memory, at), kernel=kernel, initramfs=(initramfs[0], initramfs[1] - 1),
                    elfcorehdr=struct.unpack_from(">Q", memory, properties["linux,elfcorehdr"][0])[0],
                    parameters=tree + ARCH.ram, ram=ram)
    struct.pack_into(">QQ", memory, at, *RANGES[kind](places))


def move_buffer(memory, stub, symbols, region, kind):
    """Change where the capture kernel is told that the buffer is, as it starts; a line on it.
    REGION is that of the capture kernel, counted from where memory begins."""
    if ARCH.handover == "setup-data":
        _move_in_setup_data(memory, stub, symbols, region, kind)
        return f"{kind}: setup_data is changed"
    kernel = _kernel(stub, symbols, region)
    ram = tuple(ARCH.ram + end for end in region)
    found = [(tree, properties) for tree, properties in fdt.trees(memory, *region) if PROPERTY in properties]
    for tree, properties in found:
        _move_in_tree(memory, tree, properties, kernel, ram, kind)
    return f"{kind}: {len(found)} device trees are changed"

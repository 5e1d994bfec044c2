# SPDX-License-Identifier: GPL-2.0-only
"""Make a handover buffer in a guest's memory something that no kernel wrote, or
say in setup_data, or in the device tree, that it is where it cannot be.

Offsets are those of kernel/security/keys/kexec/format.h, and of
Documentation/arch/x86/boot.rst.
"""

import hashlib
import struct

import fdt
from arch import ARCH

MAGIC = b".KXCKYS0"
ALIGN = 64 << 10
VERSION, TOTAL_LEN, COUNT = 8, 24, 28
RECORD = 104
RECORD_PAYLOAD_LEN = RECORD + 12


def _slots(memory, region):
    start, end = region
    return [at for at in range(start, end, ALIGN) if memory[at:at + len(MAGIC)] == MAGIC]


def _flip(memory, at):
    memory[at] ^= 0x40


def _put(memory, at, form, value):
    struct.pack_into(form, memory, at, value)


def _seal(memory, slot):
    """The digest is right again: only what the decoder reads is wrong."""
    length = struct.unpack_from("<I", memory, slot + TOTAL_LEN)[0]
    memory[slot + length:slot + length + 32] = hashlib.sha256(memory[slot:slot + length]).digest()


def _record(memory, slot):
    _put(memory, slot + RECORD_PAYLOAD_LEN, "<I", 0xffffffff)
    _seal(memory, slot)


def _count(memory, slot):
    _put(memory, slot + COUNT, "<I", 1000)
    _seal(memory, slot)


def _version(memory, slot):
    _put(memory, slot + VERSION, "<H", 2)
    _seal(memory, slot)


def _empty(memory, slot):
    length = struct.unpack_from("<I", memory, slot + TOTAL_LEN)[0]
    memory[slot:slot + length + 32] = bytes(length + 32)


KINDS = {
    "magic": lambda memory, slot: _flip(memory, slot),
    "digest": lambda memory, slot: _flip(memory, slot + RECORD + 60),
    "short": lambda memory, slot: _put(memory, slot + TOTAL_LEN, "<I", 0xfffffff0),
    "version": _version,
    "record": _record,
    "count": _count,
    "empty": _empty,
}


def corrupt(memory, region, kind):
    """Change every slot; how many there were."""
    slots = _slots(memory, region)
    for slot in slots:
        KINDS[kind](memory, slot)
    return len(slots)


# As much of it as the debugger's protocol reads at once.
BOOT_PARAMS_HEAD = 1024
SETUP_DATA, RAMDISK_IMAGE = 0x250, 0x218
NODE = struct.Struct("<QII")
RANGE = struct.Struct("<QQ")
SETUP_RNG_SEED, SETUP_KEXEC_KEYS = 9, 11


def _nodes(memory, boot_params):
    """Address of the data of each setup_data node, by type."""
    at = struct.unpack_from("<Q", boot_params, SETUP_DATA)[0]
    nodes = {}
    while at:
        following, kind, _ = NODE.unpack_from(memory, at)
        nodes[kind] = at + NODE.size
        at = following
    return nodes


def _duplicate(memory, nodes):
    """The seed's node becomes a second one for the same buffer."""
    seed, keys = nodes[SETUP_RNG_SEED], nodes[SETUP_KEXEC_KEYS]
    memory[seed:seed + RANGE.size] = memory[keys:keys + RANGE.size]
    _put(memory, seed - NODE.size + 8, "<I", SETUP_KEXEC_KEYS)


RANGES = {
    "unaligned": lambda start, size, _: (start + 0x1000, size),
    "small": lambda start, size, _: (start, ALIGN),
    "large": lambda start, size, _: (start, 1 << 40),
    "wrapping": lambda start, size, _: (2**64 - ALIGN, size),
    "initramfs": lambda start, size, initramfs: (initramfs // ALIGN * ALIGN, size),
    # RAM of the first kernel, and a hole
    "foreign-ram": lambda start, size, _: (ARCH.ram + ARCH.foreign_ram, size),
    "hole": lambda start, size, _: (0x7f0000000, size),
}
PROPERTY = "linux,kexec-keys-buffer"


def move_in_fdt(memory, region, kind):
    """Change where the device tree of the capture kernel says that the buffer is; how
    many trees there were."""
    found = [properties for _, properties in fdt.trees(memory, *region) if PROPERTY in properties]
    for properties in found:
        at = properties[PROPERTY][0]
        if kind == "short":
            fdt.shorten(memory, at)
            continue
        initramfs = struct.unpack_from(">Q", memory, properties["linux,initrd-start"][0])[0]
        struct.pack_into(">QQ", memory, at, *RANGES[kind](*struct.unpack_from(">QQ", memory, at), initramfs))
    return len(found)


def move(memory, boot_params, kind):
    """Change where setup_data says that the buffer is."""
    nodes = _nodes(memory, boot_params)
    if kind == "duplicate":
        _duplicate(memory, nodes)
        return
    initramfs = struct.unpack_from("<I", boot_params, RAMDISK_IMAGE)[0]
    node = nodes[SETUP_KEXEC_KEYS]
    RANGE.pack_into(memory, node, *RANGES[kind](*RANGE.unpack_from(memory, node), initramfs))


def move_buffer(memory, stub, symbols, region, kind):
    """Change where the capture kernel is told that the buffer is, as it starts; a line on it."""
    if ARCH.handover == "setup-data":
        move(memory, stub.read(symbols["boot_params"], BOOT_PARAMS_HEAD), kind)
        return f"{kind}: setup_data is changed"
    return f"{kind}: {move_in_fdt(memory, region, kind)} device trees are changed"

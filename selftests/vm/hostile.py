# SPDX-License-Identifier: GPL-2.0-only
"""Make a handover buffer in a guest's memory something that no kernel wrote.

Offsets are those of kernel/security/keys/kexec/format.h.
"""

import hashlib
import struct

MAGIC = b".KXCKYS0"
ALIGN = 64 << 10
VERSION, TOTAL_LEN, COUNT = 8, 24, 28
RECORD = 104
RECORD_TYPE_LEN = RECORD + 6
RECORD_PAYLOAD_LEN = RECORD + 12
RECORD_PERM = RECORD + 24
RECORD_NAMES = RECORD + 40


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


def _payload(memory, slot):
    """Of the first record: its names are padded to eight bytes each."""
    lengths = struct.unpack_from("<HH", memory, slot + RECORD_TYPE_LEN)
    _flip(memory, slot + RECORD_NAMES + sum(-(-length // 8) * 8 for length in lengths))
    _seal(memory, slot)


def _perm(memory, slot):
    _put(memory, slot + RECORD_PERM, "<I", 0xffffffff)
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
    "payload": _payload,
    "perm": _perm,
    "count": _count,
    "empty": _empty,
}


def corrupt(memory, region, kind):
    """Change every slot; how many there were."""
    slots = _slots(memory, region)
    for slot in slots:
        KINDS[kind](memory, slot)
    return len(slots)

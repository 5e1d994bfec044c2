# SPDX-License-Identifier: GPL-2.0-only
"""Unpack a vmcore as makedumpfile -c writes it: headers, bitmaps, descriptors, pages.

The format is that of diskdump (IMPLEMENTATION in makedumpfile's source), with the
headers of a 64-bit machine whose least byte comes first.
"""

import struct
import zlib

SIGNATURE = b"KDUMP   "
# Signature, version and names, time, status; then the sizes, of a block in bytes and
# of the rest in blocks.
HEADER = struct.Struct("<8s 394x 6x 16x 4x iiI")
# Place in the file, size, flags; flags of the page.
DESCRIPTOR = struct.Struct("<QIIQ")
ZLIB = 1


def _page(source, descriptor, block):
    offset, size, flags, _ = DESCRIPTOR.unpack(descriptor)
    source.seek(offset)
    data = source.read(size)
    if flags == ZLIB:
        data = zlib.decompress(data)
    elif flags:
        raise ValueError(f"a page with flags {flags:#x}")
    if len(data) != block:
        raise ValueError(f"a page of {len(data)} bytes, and not {block}")
    return data


def unpack(source, target):
    """Write what is before the descriptors, and then each page, from one open file to
    another; how many pages there were. What does not fit the format is a ValueError,
    zlib.error or struct.error."""
    signature, block, sub_header, bitmaps = HEADER.unpack(source.read(HEADER.size))
    if signature != SIGNATURE:
        raise ValueError(f"it begins with {signature!r}")
    source.seek(0)
    headers = source.read((1 + sub_header) * block)
    both = source.read(bitmaps * block)
    target.write(headers + both)
    # The first has the pages that there are, the second those that were dumped.
    count = int.from_bytes(both[len(both) // 2:], "little").bit_count()
    descriptors = source.read(count * DESCRIPTOR.size)
    for at in range(0, count * DESCRIPTOR.size, DESCRIPTOR.size):
        target.write(_page(source, descriptors[at:at + DESCRIPTOR.size], block))
    return count

# SPDX-License-Identifier: GPL-2.0-only
"""A vmcore is unpacked, and what is none is refused."""

import io
import random
import struct
import sys
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import kdump

BLOCK = 4096
PAGES = [bytes(BLOCK), random.Random(18).randbytes(BLOCK), b"page" * (BLOCK // 4)]


def vmcore(pages=PAGES, sub_header=2, flags=kdump.ZLIB, signature=kdump.SIGNATURE):
    """One whose second bitmap has every other bit, and whose pages are packed as flags say."""
    head = signature + bytes(4 + 390 + 6 + 16 + 4) + struct.pack("<iiI", BLOCK, sub_header, 2)
    bitmap = int("01" * len(pages), 2).to_bytes(BLOCK, "little")
    parts = [zlib.compress(page) if flags == kdump.ZLIB else page for page in pages]
    at = (1 + sub_header + 2) * BLOCK + len(parts) * kdump.DESCRIPTOR.size
    descriptors = b""
    for part in parts:
        descriptors += kdump.DESCRIPTOR.pack(at, len(part), flags, 0)
        at += len(part)
    headers = head.ljust((1 + sub_header) * BLOCK, b"h")
    return headers + b"\xff" * BLOCK + bitmap + descriptors + b"".join(parts)


def unpack(content):
    target = io.BytesIO()
    return kdump.unpack(io.BytesIO(content), target), target.getvalue()


class Unpack(unittest.TestCase):
    def test_headers_and_pages(self):
        for sub_header in 1, 2:
            count, unpacked = unpack(vmcore(sub_header=sub_header))
            self.assertEqual(count, len(PAGES))
            self.assertEqual(unpacked[:8], kdump.SIGNATURE)
            self.assertEqual(unpacked[(1 + sub_header + 2) * BLOCK:], b"".join(PAGES))

    def test_pages_that_are_not_compressed(self):
        self.assertTrue(unpack(vmcore(flags=0))[1].endswith(b"".join(PAGES)))

    def test_what_comes_after_it_on_a_disk(self):
        self.assertEqual(unpack(vmcore() + bytes(1 << 16))[0], len(PAGES))

    def assert_refused(self, content, error, text):
        with self.assertRaisesRegex(error, text):
            unpack(content)

    def test_another_format(self):
        self.assert_refused(vmcore(signature=b"makedump"), ValueError, "it begins with b'makedump'")
        self.assert_refused(b"", struct.error, "buffer of")

    def test_another_compression(self):
        self.assert_refused(vmcore(flags=2), ValueError, "flags 0x2")

    def test_a_page_of_another_size(self):
        self.assert_refused(vmcore([*PAGES, b"short"]), ValueError, "a page of 5 bytes, and not 4096")

    def test_its_end_is_missing(self):
        self.assert_refused(vmcore()[:-1], zlib.error, "incomplete")
        self.assert_refused(vmcore(flags=0)[:-1], ValueError, "a page of 4095 bytes")
        self.assert_refused(vmcore()[:5 * BLOCK + 2], struct.error, "buffer of")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-2.0-only
"""A key on a disk is found."""

import os
import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keyforms
from disk import Disk

RANDOM = random.Random(18)
KEY = RANDOM.randbytes(64)


class Leaks(unittest.TestCase):
    def leaks(self, *pieces):
        """Of a disk of 64 MiB that has these pieces, each behind a hole."""
        disk = Disk.__new__(Disk)
        disk.path, disk.key = Path(self.enterContext(tempfile.TemporaryDirectory())) / "disk.img", KEY
        with open(disk.path, "wb") as image:
            for place, piece in enumerate(pieces, 1):
                os.pwrite(image.fileno(), piece, (place << 20) + 5)
            image.truncate(64 << 20)
        return disk.leaks()

    def test_a_disk_of_random_bytes_shows_none(self):
        self.assertEqual(self.leaks(), [])
        self.assertEqual(self.leaks(RANDOM.randbytes(1 << 20), RANDOM.randbytes(4096).hex().encode()), [])

    def test_each_piece_is_found_with_its_place(self):
        forms = keyforms.forms(KEY)
        found = self.leaks(KEY[8:16], forms["rows of 16 by 1"], forms["base64 after 1 bytes"])
        self.assertEqual([leak.split(": ")[1] for leak in found], ["plain", "hex", "base64"])
        self.assertTrue(found[0].startswith("0x100005-0x10000d"))


if __name__ == "__main__":
    unittest.main()

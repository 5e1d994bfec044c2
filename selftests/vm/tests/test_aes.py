# SPDX-License-Identifier: GPL-2.0-only
"""Key schedules against the examples of FIPS 197."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aes


class Schedules(unittest.TestCase):
    def test_a_key_of_128_bits(self):
        schedule = aes.expand(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"), 11)
        self.assertEqual(schedule[16:32].hex(), "a0fafe1788542cb123a339392a6c7605")
        self.assertEqual(schedule[-16:].hex(), "d014f9a8c9ee2589e13f0cc8b6630ca6")

    def test_a_key_of_256_bits(self):
        key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
        schedule = aes.expand(key, 15)
        self.assertEqual(schedule[:32], key)
        self.assertEqual(schedule[-16:].hex(), "fe4890d1e6188d0b046df344706c631e")

    def test_inverse_mix_undoes_the_mixing_of_columns(self):
        mixed = bytes.fromhex("8e4da1bc9fdc589d01010101c6c6c6c6")
        self.assertEqual(aes.inverse_mix(mixed).hex(), "db135345f20a225c01010101c6c6c6c6")


if __name__ == "__main__":
    unittest.main()

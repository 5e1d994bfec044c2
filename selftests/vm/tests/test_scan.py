# SPDX-License-Identifier: GPL-2.0-only
"""What scan.py finds, whose it says that it is, and its verdicts."""

import base64
import mmap
import os
import random
import struct
import subprocess
import sys
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aes
import keyforms
import scan

RANDOM = random.Random(18)
# Without the byte that memory is filled with here.
KEY = bytes(RANDOM.randrange(1, 256) for _ in range(64))
PAGE = 4096


class Memory:
    """A file of zeroes with some content, as QEMU's memory is one."""

    def __init__(self, pieces, size=16 * PAGE):
        self.fd = os.memfd_create("memory")
        os.truncate(self.fd, size)
        for at, piece in pieces.items():
            os.pwrite(self.fd, piece, at)
        self.map = mmap.mmap(self.fd, size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.map.close()
        os.close(self.fd)

    def scan(self, key=KEY, ranges=None):
        return scan.scan(self.map, self.fd, key, ranges or {})


def scan_pieces(pieces, ranges=None):
    with Memory(pieces) as memory:
        return memory.scan(ranges=ranges)


def owners(pieces, ranges=None):
    return scan.count_by_owner(scan_pieces(pieces, ranges))


class TextForms(unittest.TestCase):
    def test_each_form_of_the_key_is_found(self):
        for name, text in keyforms.forms(KEY).items():
            with self.subTest(name):
                self.assertTrue(scan.text_leaks(b"before\nkey: " + text + b"\nafter\n", KEY))

    def test_eight_bytes_of_the_key_are_found_in_each_form_at_each_place(self):
        """Also where a row or a word begins in their midst."""
        for before in 0, 1, 2, 3, 5, 8, 11, 14:
            start = RANDOM.randrange(57)
            dumped = RANDOM.randbytes(before) + KEY[start:start + 8] + RANDOM.randbytes(24 - before)
            for name, text in keyforms.forms(dumped).items():
                with self.subTest(name, before=before):
                    self.assertTrue(scan.text_leaks(text, KEY))

    def test_each_window_is_found(self):
        for start in range(57):
            text = f"{KEY[start:start + 8].hex(' ')}\n".encode()
            self.assertEqual(scan.text_leaks(text, KEY), ["line 1: hex"], start)

    def test_seven_bytes_are_not_a_leak(self):
        self.assertEqual(scan.text_leaks(KEY[3:10].hex().encode(), KEY), [])

    def test_the_place_is_told_and_the_key_is_not(self):
        text = b"\n" * 41 + KEY.hex().encode()
        self.assertEqual(scan.text_leaks(text, KEY), ["line 42: hex"])

    def test_two_places_are_two_leaks(self):
        text = KEY.hex().encode() + b"\n" + b"." * 1000 + b"\n" + KEY.hex().encode()
        self.assertEqual(scan.text_leaks(text, KEY), ["line 1: hex", "line 3: hex"])

    def test_what_is_no_key_is_not_found(self):
        texts = {"nothing": b"", "binary": RANDOM.randbytes(1 << 20), "hex": RANDOM.randbytes(1 << 19).hex().encode(),
                 "UUIDs": "\n".join(str(uuid.UUID(bytes=RANDOM.randbytes(16))) for _ in range(5000)).encode(),
                 "numbers": " ".join(map(str, range(50000))).encode()}
        texts.update({f"another key, {name}": text for name, text in keyforms.forms(RANDOM.randbytes(64)).items()})
        for name, text in texts.items():
            with self.subTest(name):
                self.assertEqual(scan.text_leaks(text, KEY), [])


class Search(unittest.TestCase):
    def test_each_window_is_found_at_each_address(self):
        for start in range(57):
            at = PAGE + start % 8
            hits = scan_pieces({at: KEY[start:start + 8]})
            self.assertEqual([(h.start, h.end, h.first, h.form) for h in hits], [(at, at + 8, start, "plain")])

    def test_the_key_is_one_hit(self):
        hits = scan_pieces({PAGE + 5: KEY})
        self.assertEqual([(h.start, h.end, h.first) for h in hits], [(PAGE + 5, PAGE + 69, 0)])

    def test_two_copies_side_by_side_are_two_hits(self):
        hits = scan_pieces({PAGE: KEY + KEY})
        self.assertEqual([(h.start, h.end) for h in hits], [(PAGE, PAGE + 64), (PAGE + 64, PAGE + 128)])

    def test_first_and_last_bytes_of_the_file_are_searched(self):
        hits = scan_pieces({0: KEY[:8], 16 * PAGE - 8: KEY[8:16]})
        self.assertEqual([h.start for h in hits], [0, 16 * PAGE - 8])

    def test_a_copy_split_over_two_pages_is_found(self):
        hits = scan_pieces({2 * PAGE - 32: KEY[:32], 5 * PAGE: KEY[32:]})
        self.assertEqual([(h.start, h.first) for h in hits], [(2 * PAGE - 32, 0), (5 * PAGE, 32)])

    def test_bytes_reversed_in_groups_are_one_hit(self):
        for size in 2, 4, 8, 16, 64:
            copy = b"".join(KEY[i:i + size][::-1] for i in range(0, 64, size))
            with self.subTest(size):
                hits = [h for h in scan_pieces({PAGE + 3: copy}) if h.form == f"by-{min(size, 8)}"]
                self.assertEqual([(h.start, h.end) for h in hits], [(PAGE + 3, PAGE + 67)])

    def test_hex_and_base64_in_memory_are_text(self):
        for name, text in keyforms.forms(KEY).items():
            if name.startswith(("hex in UTF", "C string", "repr", "JSON", "xxd -c", "od", "dec", "sig", "raw")):
                continue
            with self.subTest(name):
                self.assertEqual(set(owners({3 * PAGE + 1: b"\xff" + text + b"\0"})), {"text"})

    def test_the_shortest_text_is_found_at_each_address(self):
        for at in range(24):
            text = base64.b64encode(KEY[at:at + 8])[:10]
            self.assertEqual(owners({at: text, PAGE + at: b"\xff" + text + b"\xff"}), {"text": 2}, at)

    def test_a_file_is_searched_without_being_mapped_here(self):
        with Memory({PAGE: KEY, 3 * PAGE: KEY.hex().encode()}) as memory:
            leaks = scan.file_leaks(f"/proc/self/fd/{memory.fd}", KEY)
            self.assertEqual([leak.split(": ")[1] for leak in leaks], ["plain", "hex"])
            self.assertEqual(scan.file_leaks(f"/proc/self/fd/{memory.fd}", RANDOM.randbytes(64)), [])

    def test_a_key_too_short_to_search_for_is_refused(self):
        with Memory({}) as memory, self.assertRaises(ValueError):
            scan.search(memory.fd, KEY[:7])
        for key in b"", KEY[:7], bytes(4097):
            program = subprocess.run([scan.build_program(), "0"], input=key, stderr=subprocess.PIPE, check=False)
            self.assertEqual(program.returncode, 1)


class WhoseCopyItIs(unittest.TestCase):
    LENGTH = struct.pack("<H6x", 64)

    def test_encryption_schedules_are_the_cipher_s(self):
        pieces = {PAGE: aes.expand(KEY[:32], 15), 2 * PAGE: aes.expand(KEY[32:], 15)}
        self.assertEqual(owners(pieces), {"cipher": 2})

    def test_a_schedule_may_go_on_as_the_other_half_begins(self):
        schedule = aes.expand(KEY[:32], 15)
        with Memory({PAGE: schedule}) as memory:
            hits = memory.scan(KEY[:32] + schedule[32:34] + KEY[34:])
        self.assertEqual([(h.owner, h.end) for h in hits], [("cipher", PAGE + 34)])

    def test_decryption_schedules_are_the_cipher_s(self):
        pieces = {}
        for at, half in (PAGE, KEY[:32]), (2 * PAGE, KEY[32:]):
            schedule = aes.expand(half, 15)
            keys = [schedule[i:i + 16] for i in range(0, 240, 16)][::-1]
            pieces[at] = b"".join([keys[0], *map(aes.inverse_mix, keys[1:-1]), keys[-1]])
        self.assertEqual(owners(pieces), {"cipher": 2})

    def test_a_decryption_schedule_may_be_followed_by_bytes_of_the_key(self):
        last = aes.inverse_mix(aes.expand(KEY[:32], 15)[16:32])
        self.assertEqual(owners({PAGE: last + KEY[:18]}), {"cipher": 1})

    def test_what_a_kexec_left_of_a_schedule_is_the_cipher_s(self):
        self.assertEqual(owners({PAGE: KEY[:16] + struct.pack("<I", 32)}), {"cipher": 1})

    def test_neighbours_that_happen_to_be_of_the_key_change_nothing(self):
        pieces = {PAGE - 2: KEY[30:32] + aes.expand(KEY[32:], 15), 2 * PAGE - 1: KEY[31:48] + struct.pack("<I", 32)}
        self.assertEqual(owners(pieces), {"cipher": 2})

    def test_half_a_key_without_its_schedule_is_stray(self):
        self.assertEqual(owners({PAGE: KEY[:32], 2 * PAGE: KEY[32:], 3 * PAGE: KEY[:16]}), {"stray": 3})

    def test_a_payload_has_its_length_before_it(self):
        self.assertEqual(owners({PAGE: self.LENGTH + KEY}), {"payload": 1})
        self.assertEqual(owners({PAGE: bytes(8) + KEY}), {"stray": 1})
        self.assertEqual(owners({PAGE: self.LENGTH + KEY[:63]}), {"stray": 1})

    def test_a_copy_at_either_end_of_memory_has_an_owner(self):
        self.assertEqual(owners({0: KEY, 16 * PAGE - 16: KEY[:16]}), {"stray": 2})

    def test_a_range_is_the_owner_of_what_is_in_it(self):
        pieces = {PAGE: KEY, 2 * PAGE: self.LENGTH + KEY, 3 * PAGE: KEY}
        self.assertEqual(owners(pieces, {"crash-region": (PAGE, 3 * PAGE)}), {"crash-region": 2, "stray": 1})

    def test_text_is_no_range_s(self):
        self.assertEqual(owners({PAGE: KEY.hex().encode()}, {"crash-region": (0, 16 * PAGE)}), {"text": 1})

    def test_round_keys_are_found_each_by_itself(self):
        schedule = aes.expand(KEY[:32], 15)
        with Memory({PAGE: schedule[32:48], 2 * PAGE: aes.inverse_mix(schedule[64:80])}) as memory:
            self.assertEqual(scan.round_keys(memory.map, memory.fd, KEY), {PAGE, 2 * PAGE})


class Verdicts(unittest.TestCase):
    ALLOWED = scan.parse_allowed("payload=1 cipher=0-4 crash-region=1".split())
    GOOD = {"payload": 1, "cipher": 4, "crash-region": 1}

    def having(self, **counts):
        return {**self.GOOD, **{owner.replace("_", "-"): count for owner, count in counts.items()}}

    def test_what_is_allowed_is_no_violation(self):
        for cipher in range(5):
            self.assertEqual(scan.violations(self.having(cipher=cipher), self.ALLOWED), [])

    def test_too_many_too_few_and_unnamed_owners_are_violations(self):
        for counts in ({"payload": 2}, {"payload": 0}, {"cipher": 5}, {"crash_region": 0}, {"crash_region": 2},
                       {"stray": 1}, {"text": 1}):
            with self.subTest(counts):
                self.assertEqual(len(scan.violations(self.having(**counts), self.ALLOWED)), 1)
        self.assertEqual(len(scan.violations({}, self.ALLOWED)), 2)

    def test_only_a_payload_too_many_may_pass_later(self):
        self.assertTrue(scan.may_pass_later(self.having(payload=2), self.ALLOWED))
        self.assertTrue(scan.may_pass_later({"payload": 1}, {}))
        for counts in ({}, {"payload": 0}, {"cipher": 5}, {"crash_region": 2}, {"crash_region": 0}, {"stray": 1},
                       {"text": 1}):
            with self.subTest(counts):
                self.assertFalse(scan.may_pass_later(self.having(**counts), self.ALLOWED))
                self.assertFalse(counts and "payload" not in counts
                                 and scan.may_pass_later(self.having(payload=2, **counts), self.ALLOWED))

    def test_excess_is_more_than_allowed_and_of_the_named_owner(self):
        self.assertTrue(scan.excess({"stray": 1}, self.ALLOWED, "stray"))
        self.assertTrue(scan.excess({"cipher": 5}, self.ALLOWED, "cipher"))
        for counts, owner in (({"cipher": 4}, "cipher"), ({"payload": 0}, "payload"), ({"stray": 1}, "payload")):
            self.assertFalse(scan.excess(counts, self.ALLOWED, owner))

    def test_a_red_scan_finds_more_of_each_named_owner_and_no_other_violation(self):
        def judge(owner, **counts):
            return scan.red_violations(self.having(**counts), self.ALLOWED, owner)

        self.assertEqual(judge({"crash-region"}, crash_region=2), [])
        self.assertEqual(judge({"crash-region", "stray"}, crash_region=2, stray=3), [])
        self.assertTrue(judge({"crash-region"}))
        self.assertTrue(judge({"crash-region"}, crash_region=0))
        self.assertTrue(judge({"crash-region"}, payload=0))
        self.assertTrue(judge({"crash-region"}, stray=1))
        self.assertTrue(judge({"crash-region"}, crash_region=2, payload=0))
        self.assertTrue(judge({"crash-region", "stray"}, crash_region=2))

    def test_settings_are_read(self):
        self.assertEqual(scan.parse_allowed([]), {})
        self.assertEqual(self.ALLOWED, {"payload": (1, 1), "cipher": (0, 4), "crash-region": (1, 1)})

    def test_settings_that_make_no_sense_are_refused(self):
        for word in "payload", "payload=", "payload=x", "payload=4-1", "=1", "payload=1-", "payload=-1", "payload==1":
            with self.subTest(word), self.assertRaises(ValueError):
                scan.parse_allowed([word])
        with self.assertRaises(ValueError):
            scan.parse_allowed(["payload=1", "payload=2"])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""When a check that has passed need not run again."""

import tempfile
import unittest
from pathlib import Path

from kept import Kept, key_of

PARTS = {"patch": b"a", "compiler": b"gcc 12"}


class TestKept(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "build/passed"

    def kept(self, **parts):
        return Kept(self.path, {**PARTS, **parts})

    def test_nothing_is_kept_at_first(self):
        self.assertIsNone(self.kept().find())

    def test_what_has_passed_is_kept(self):
        self.kept().keep(7)
        record = self.kept().find()
        self.assertEqual(record["checks"], 7)
        self.assertRegex(record["when"], r"^20\d\d-\d\d-\d\dT")

    def test_only_while_nothing_changes(self):
        self.kept().keep(7)
        for changed in ({"patch": b"b"}, {"compiler": b"gcc 14"}, {"more": b""}):
            with self.subTest(changed):
                self.assertIsNone(self.kept(**changed).find())
        self.assertIsNone(Kept(self.path, {"patch": b"a"}).find())

    def test_while_it_runs_there_is_no_record(self):
        self.kept().keep(7)
        self.kept().forget()
        self.assertIsNone(self.kept().find())
        self.kept().forget()

    def test_a_record_that_makes_no_sense(self):
        self.kept().keep(7)
        text = self.path.read_text()
        for bad in ("", "{}", "[]", "null", text[:20], text.replace('"checks": 7', '"checks": 0')):
            with self.subTest(bad):
                self.path.write_text(bad)
                self.assertIsNone(self.kept().find())

    def test_parts_do_not_run_into_each_other(self):
        keys = [key_of(parts) for parts in ({"a": b"bc"}, {"ab": b"c"}, {"a": b"b", "c": b""}, {"a": b"", "b": b"c"}, {})]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual(key_of({"a": b"1", "b": b"2"}), key_of({"b": b"2", "a": b"1"}))

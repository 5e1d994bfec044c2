# SPDX-License-Identifier: GPL-2.0-or-later
"""README's table against lists of programs."""

import unittest

from readme_table import missing_rows, parse_table, scenarios_run, wrong_cells

TEXT = """
# Title

## Where it was run

Some words, `make check`.

| | x86_64 | arm64 |
|---|---|---|
| the main job (`crash`) | check | all |
| two of them (`kunit`, `kselftest`) | check | check |
| of one only (`clock`) | check¹ | no² |
| with large pages (`pages`) | | always |

¹ a note

## Another

| | x86_64 | arm64 |
|---|---|---|
| not of it (`other`) | all | all |
"""
CHECK = {("crash", "x86_64"), ("kunit", "x86_64"), ("kselftest", "x86_64"), ("kunit", "arm64"), ("kselftest", "arm64"),
         ("clock", "x86_64"), ("unnamed", "x86_64")}
ALL = {("crash", "arm64")}


class Table(unittest.TestCase):
    def wrong(self, old="", new="", check=frozenset(CHECK), check_all=frozenset(ALL)):
        self.assertIn(old, TEXT)
        return wrong_cells(TEXT.replace(old, new, 1) if old else TEXT, check, check_all)

    def test_it_is_read(self):
        arches, rows = parse_table(TEXT)
        self.assertEqual(arches, ["x86_64", "arm64"])
        self.assertEqual(rows[1], (["kunit", "kselftest"], ["check", "check"]))
        self.assertEqual(len(rows), 4)

    def test_it_fits(self):
        self.assertEqual(self.wrong(), [])

    def test_a_claim_that_no_list_has(self):
        self.assertEqual(self.wrong("(`clock`) | check¹ | no²", "(`clock`) | check | all"),
                         ['clock on arm64: the table says "all", the lists ""'])
        self.assertEqual(len(self.wrong(check_all=frozenset())), 1)

    def test_a_claim_of_every_change(self):
        self.assertEqual(self.wrong("| check | all |", "| check | check |"),
                         ['crash on arm64: the table says "check", the lists "all"'])

    def test_a_cell_that_says_less(self):
        self.assertEqual(len(self.wrong("| check | all |", "| all | all |")), 1)
        self.assertEqual(len(self.wrong("| check | all |", "| check | |")), 1)
        self.assertEqual(len(self.wrong("| check | all |", "| no | all |")), 1)

    def test_an_unknown_word(self):
        self.assertEqual(len(self.wrong("| check¹ | no² |", "| check¹ | yes |")), 1)

    def test_scenarios_that_differ_need_two_rows(self):
        self.assertRegex(self.wrong(check=CHECK - {("kselftest", "arm64")})[0], "kunit kselftest on arm64: the lists differ")

    def test_a_row_of_another_form(self):
        self.assertEqual(len(self.wrong("(`crash`)", "crash")), 1)
        self.assertEqual(len(self.wrong("| check | all |", "| check |")), 1)

    def test_no_table(self):
        self.assertEqual(len(wrong_cells(TEXT.replace("Where it was run", "Where"), CHECK, ALL)), 1)

    def test_what_it_lacks(self):
        self.assertEqual(missing_rows(TEXT, CHECK, ALL), [])
        self.assertEqual(missing_rows(TEXT, CHECK, ALL | {("new", "arm64"), ("crash", "riscv64")}),
                         ["crash on riscv64", "new on arm64"])


class Lists(unittest.TestCase):
    def test_scenarios_of_command_lines(self):
        self.assertEqual(scenarios_run(["selftests/vm/vm crash", "wait", "env ARCH=arm64 selftests/vm/vm kunit",
                                        "selftests/vm/vm --kernel debug wipes", "env ARCH=arm64 scripts/kernel-builds ''"]),
                         {("crash", "x86_64"), ("kunit", "arm64")})

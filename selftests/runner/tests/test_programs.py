# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program tests, and when its turn comes."""

import tempfile
import unittest
from pathlib import Path

from programs import Cell, longest_first, parse, read_hints, select, stages


class Parse(unittest.TestCase):
    def cell(self, command, **environment):
        return parse(command, environment).cell

    def test_a_scenario(self):
        self.assertEqual(self.cell("selftests/vm/vm crash"), Cell("crash", "", "x86_64", "6.12"))

    def test_a_scenario_on_another_machine(self):
        self.assertEqual(self.cell("env ARCH=arm64 BASE=7.3 selftests/vm/vm crash"), Cell("crash", "", "arm64", "7.3"))

    def test_a_scenario_with_another_kernel(self):
        self.assertEqual(self.cell("selftests/vm/vm --kernel debug crash"), Cell("crash", "debug", "x86_64", "6.12"))
        self.assertEqual(self.cell("selftests/vm/vm --loads off --append 'a b' crash"),
                         Cell("crash", "loads off, append a b", "x86_64", "6.12"))
        self.assertEqual(self.cell("selftests/vm/vm --keep crash"), Cell("crash", "", "x86_64", "6.12"))

    def test_the_environment_of_the_runner(self):
        self.assertEqual(self.cell("selftests/vm/vm crash", ARCH="riscv64", BASE="7.3"), Cell("crash", "", "riscv64", "7.3"))
        self.assertEqual(self.cell("env ARCH=arm64 selftests/vm/vm crash", ARCH="riscv64").arch, "arm64")

    def test_another_program(self):
        self.assertEqual(self.cell("make -s guest-builds"), Cell("make -s guest-builds", "", "x86_64", "6.12"))
        self.assertEqual(self.cell("env ARCH=arm64 scripts/kernel-builds ''"),
                         Cell("scripts/kernel-builds ''", "", "arm64", "6.12"))

    def test_programs_that_build(self):
        for command, builds in (("scripts/kernel-builds debug kcsan", True), ("env ARCH=arm64 scripts/kernel-builds ''", True),
                                ("make -s guest-builds", True), ("selftests/vm/vm crash", False),
                                ("scripts/check-prefixes", False)):
            with self.subTest(command):
                self.assertEqual(parse(command).builds, builds)


class Stages(unittest.TestCase):
    @staticmethod
    def commands(found):
        return [[program.command for program in stage] for stage in found]

    def test_wait_parts_them(self):
        self.assertEqual(self.commands(stages(["a", "b", "wait", "wait", "c", "wait"])), [["a", "b"], ["c"]])

    def test_selected_by_name(self):
        found = stages(["vm crash", "a", "wait", "b", "wait", "vm crash-luks1", "c"])
        self.assertEqual(self.commands(select(found, "crash")), [["vm crash"], ["vm crash-luks1"]])
        self.assertEqual(self.commands(select(found, "crash$")), [["vm crash"]])
        self.assertEqual(select(found, "none"), [])

    def test_longest_first(self):
        stage = stages(["short", "new", "newer", "middle", "long"])[0]
        order = longest_first(stage, {"short": 1, "long": 100, "middle": 70})
        self.assertEqual(self.commands([order]), [["long", "middle", "new", "newer", "short"]])

    def test_hints(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# a comment\n\n300 env ARCH=arm64 selftests/vm/vm crash\n2 b\n")
            file.flush()
            self.assertEqual(read_hints(Path(file.name)), {"env ARCH=arm64 selftests/vm/vm crash": 300.0, "b": 2.0})

    def test_the_hints_of_the_tree_are_read(self):
        self.assertIsInstance(read_hints(), dict)

# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/unittest-tap on directories of tests that are made here."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "unittest-tap"

GOOD = """
class Good(unittest.TestCase):
    def test_one(self): pass
    def test_two(self): pass
"""
BAD = """
class Bad(unittest.TestCase):
    def test_bad(self):
        print("said by python")
        os.system("echo said by a child")
        self.assertEqual(1, 2)
"""


class UnittestTap(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def directory(self, name, **modules):
        """A directory NAME/tests with these test modules."""
        tests = self.top / name / "tests"
        tests.mkdir(parents=True)
        for module, text in modules.items():
            (tests / f"{module}.py").write_text("import os, unittest\n" + text)
        return tests

    def run_it(self, *directories):
        done = subprocess.run([PROGRAM, *directories], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        results = re.findall(r"(?m)^(?:not )?ok.*$", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], f"1..{len(results)}")
        self.assertEqual([re.search(r"\d+", line)[0] for line in results],
                         [str(number) for number in range(1, len(results) + 1)])
        self.assertEqual(done.returncode, int(any(line.startswith("not") for line in results)))
        return results, done.stdout

    def test_a_line_for_each_test(self):
        results, _ = self.run_it(self.directory("a", test_a=GOOD))
        self.assertEqual(results, ["ok 1 - test_a.Good.test_one", "ok 2 - test_a.Good.test_two"])

    def test_a_failure_is_shown_with_the_output(self):
        results, text = self.run_it(self.directory("a", test_a=GOOD + BAD))
        self.assertIn("not ok 1 - test_a.Bad.test_bad", results)
        for line in ("# AssertionError: 1 != 2", "# said by python", "# said by a child"):
            self.assertIn(line, text.splitlines())

    def test_a_failure_is_not_lost(self):
        # The program that runs this test may be the one that loses failures: no assertion here.
        if self.run_it(self.directory("a", test_a=BAD))[0] != ["not ok 1 - test_a.Bad.test_bad"]:
            raise RuntimeError("lost")

    def test_an_error_is_a_failure(self):
        results, _ = self.run_it(self.directory("a", test_a=BAD.replace("self.assertEqual(1, 2)", "raise OSError")))
        self.assertEqual(results, ["not ok 1 - test_a.Bad.test_bad"])

    def test_a_failed_subtest_is_a_failure(self):
        text = BAD.replace("self.assertEqual(1, 2)", "\n        with self.subTest(1): self.fail()")
        self.assertEqual(self.run_it(self.directory("a", test_a=text))[0], ["not ok 1 - test_a.Bad.test_bad"])

    def test_two_failed_subtests_are_one_result(self):
        text = BAD.replace("self.assertEqual(1, 2)",
                           "\n        for i in 1, 2:\n            with self.subTest(i): self.fail()")
        self.assertEqual(self.run_it(self.directory("a", test_a=text))[0], ["not ok 1 - test_a.Bad.test_bad"])

    def test_a_module_that_cannot_be_imported(self):
        results, _ = self.run_it(self.directory("a", test_a=GOOD, test_b="import no_such_module"))
        self.assertEqual(len(results), 3)
        self.assertEqual(sum(line.startswith("not ok") for line in results), 1)

    def test_a_class_that_cannot_be_set_up(self):
        text = GOOD + "    @classmethod\n    def setUpClass(cls): raise OSError('no')\n"
        results, _ = self.run_it(self.directory("a", test_a=text))
        self.assertEqual([line.partition(" - ")[0] for line in results], ["not ok 1"])

    def test_a_skip_keeps_its_reason(self):
        text = GOOD.replace("    def test_one", "    @unittest.skip('too early')\n    def test_one")
        results, _ = self.run_it(self.directory("a", test_a=text))
        self.assertEqual(results[0], "ok 1 - test_a.Good.test_one # SKIP too early")

    def test_an_expected_failure_is_none(self):
        for body in ("pass", "self.fail()"):
            with self.subTest(body):
                text = GOOD.replace("    def test_one(self): pass",
                                    f"    @unittest.expectedFailure\n    def test_one(self): {body}")
                results, _ = self.run_it(self.directory(f"a{len(body)}", test_a=text))
                self.assertEqual(results[0], "not ok 1 - test_a.Good.test_one")

    def test_no_test_is_a_failure(self):
        empty = self.directory("a", test_a="", helper=GOOD)
        results, _ = self.run_it(empty, self.directory("b", test_b=GOOD))
        self.assertEqual(results[0], f"not ok 1 - {empty} has no test")
        self.assertEqual(len(results), 3)

    def test_no_directory_is_a_failure(self):
        self.assertEqual(self.run_it(self.top / "none")[0], [f"not ok 1 - {self.top}/none is no directory"])

    def test_modules_of_the_same_name(self):
        text = "import tested\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(tested.name, '%s')\n"
        directories = [self.directory(name, test_same=text % name) for name in ("a", "b")]
        for directory in directories:
            (directory.parent / "tested.py").write_text(f"name = '{directory.parent.name}'\n")
        results, text = self.run_it(*directories)
        self.assertEqual(results, ["ok 1 - test_same.T.test", "ok 2 - test_same.T.test"], text)

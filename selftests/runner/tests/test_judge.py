# SPDX-License-Identifier: GPL-2.0-or-later
"""The verdict on what a test program printed."""

import unittest

from judge import Skip, judge, near_failures

# TAP's directive for a result that may fail. Spelled so, it is not taken for an open end.
MAY_FAIL = "todo".upper()
ALLOWED = (Skip("prog$", "^absent$", "no such device"),)


def verdict(text, status=0, allowed=ALLOWED):
    return judge("a/prog", text, status, allowed)


class Good(unittest.TestCase):
    def assert_good(self, text, passed, skipped=0):
        got = verdict(text)
        self.assertEqual((got.passed, got.failed, len(got.skips), got.wrong), (passed, 0, skipped, []))

    def test_plan_first(self):
        self.assert_good("TAP version 13\n1..2\nok 1 - one\nok 2 - two\n", 2)

    def test_plan_last(self):
        self.assert_good("ok 1 - one\n# a comment\nok 2\n1..2\n", 2)

    def test_other_output_is_none_of_ours(self):
        self.assert_good("okay then\nnotok 1\n1..2..3\n  SHIM  x\nok 1 - one # 5 of them\n1..1\n", 1)

    def test_lines_of_a_serial_console(self):
        self.assert_good("1..1\r\nok 1 - one\r\n", 1)
        self.assertEqual(verdict("1..2\r\nok 1\r\nok 2 - absent # SKIP no such device\r\n").skips,
                         [("absent", "no such device")])

    def test_a_listed_skip(self):
        self.assert_good("1..2\nok 1 - one\nok 2 - absent # SKIP no such device here\n", 1, 1)
        self.assertEqual(verdict("1..2\nok 1 - one\nok 2 - absent # SKIP no such device here\n").skips,
                         [("absent", "no such device here")])

    def test_subtests_are_not_counted(self):
        self.assert_good("KTAP version 1\n1..1\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 suite\n", 1)
        self.assert_good("1..1\n# 1..2\n# ok 1 a\n# ok 2 b\nok 1 suite\n", 1)

    def test_subtests_of_two_depths(self):
        self.assert_good("1..1\n    1..2\n        ok 1 x\n        ok 2 y\n    ok 1 a\n        1..1\n        ok 1 x\n"
                         "    ok 2 b\nok 1 suite\n", 1)
        self.assert_good("1..1\n        1..1\n        ok 1 x\n    ok 1 a\n        ok 1 x\n    ok 2 b\nok 1 suite\n", 1)

    def test_blocks_of_subtests_one_after_the_other(self):
        self.assert_good("1..1\n    1..1\n    ok 1 a\n    1..2\n    ok 1 a\n    ok 2 b\nok 1 suite\n", 1)

    def test_subtests_of_two_results(self):
        self.assert_good("1..2\n    1..1\n    ok 1 a\nok 1 one\n    1..1\n    ok 1 a\nok 2 two\n", 2)

    def test_a_listed_skip_of_a_subtest(self):
        text = "1..1\n    ok 1 a\n    ok 2 b # SKIP no such device\nok 1 absent\n"
        got = verdict(text, allowed=[Skip("prog", "absent: b", "no such")])
        self.assertEqual((got.passed, got.failed, got.skips), (1, 0, [("absent: b", "no such device")]))


class Bad(unittest.TestCase):
    def assert_bad(self, text, reason, passed=None, failed=1, status=1):
        got = verdict(text, status)
        self.assertEqual(got.failed, failed, got)
        self.assertRegex("\n".join(got.wrong), reason or "^$")
        if passed is not None:
            self.assertEqual(got.passed, passed)

    def test_a_failed_result(self):
        self.assert_bad("1..2\nok 1 - one\nnot ok 2 - two\n", "", 1)

    def test_nothing_at_all(self):
        self.assert_bad("", "no plan")

    def test_no_plan(self):
        self.assert_bad("ok 1 - one\n", "no plan, exit status 0", 1, status=0)
        self.assert_bad("ok 1 - one\n", "no plan, ended by signal 1 .Hangup.", 1, status=-1)
        self.assert_bad("ok 1 - one\n", "no plan, killed by the runner", 1, status=None)

    def test_two_plans(self):
        self.assert_bad("1..1\nok 1 - one\n1..1\n", "2 plans", 1)

    def test_too_few_results(self):
        self.assert_bad("1..2\nok 1 - one\n", "1 results of 2 planned", 1)

    def test_too_many_results(self):
        self.assert_bad("1..1\nok 1 - one\nok 2 - two\n", "2 results of 1 planned", 2)

    def test_a_plan_between_results(self):
        self.assert_bad("ok 1 - one\n1..2\nok 2 - two\n", "between", 2)

    def test_a_plan_of_none(self):
        self.assert_bad("1..0\n", "no results")
        self.assert_bad("1..0 # SKIP no kernel\n", "no results")

    def test_a_number_twice(self):
        self.assert_bad("1..2\nok 1 - one\nok 1 - one\n", "result 2 has the number 1", 2)

    def test_numbers_out_of_order(self):
        self.assert_bad("1..2\nok 2 - two\nok 1 - one\n", "result 1 has the number 2", 2, 2)

    def test_a_result_without_a_number(self):
        self.assert_bad("1..1\nok - one\n", r"number \(none\)", 1)

    def test_a_start_over(self):
        self.assert_bad("1..4\nok 1 - a\nok 2 - b\nok 1 - a\nok 2 - b\n", "result 3 has the number 1", 4, 2)

    def test_bail_out(self):
        self.assert_bad("1..1\nok 1 - one\nBail out! no more\n", "Bail out! no more", 1)
        self.assert_bad("1..1\n    Bail out!\nok 1 - one\n", "Bail out!", 1)

    def test_todo(self):
        self.assert_bad(f"1..2\nok 1 - one\nok 2 - two # {MAY_FAIL} later\n", f"{MAY_FAIL}: two", 1)
        self.assert_bad(f"1..2\nok 1 - one\nnot ok 2 - two # {MAY_FAIL} later\n", "", 1)

    def test_any_other_directive(self):
        for word in ("XFAIL", "xfail", "TIMEOUT 300 seconds"):
            with self.subTest(word):
                self.assert_bad(f"1..2\nok 1 - one\nok 2 - two # {word}\n", f"{word.partition(' ')[0].upper()}: two", 1)
                self.assert_bad(f"1..2\n    ok 1 a # {word}\nok 1 - one\nok 2 - two\n", "ok 1 - one, but: subtest 1 a", 1)

    def test_a_skip_that_is_not_listed(self):
        for line in ("ok 2 - absent # SKIP no memory", "ok 2 - absent # SKIP", "ok 2 # skip no such device",
                     "ok 2 - other # SKIP no such device"):
            with self.subTest(line):
                self.assert_bad(f"1..2\nok 1 - one\n{line}\n", "not listed", 1)

    def test_a_skip_listed_for_another_program(self):
        got = judge("a/other", "1..2\nok 1 - one\nok 2 - absent # SKIP no such device\n", 1, ALLOWED)
        self.assertEqual((got.passed, got.failed, got.skips), (1, 1, []))

    def test_a_failed_result_is_no_skip(self):
        self.assert_bad("1..2\nok 1 - one\nnot ok 2 - absent # SKIP no such device\n", "", 1)

    def test_nothing_but_skips(self):
        self.assert_bad("1..1\nok 1 - absent # SKIP no such device\n", "nothing but skips", 0)

    def test_a_failed_subtest(self):
        for line in ("    not ok 1 - a", "\tnot ok 1 a", "# not ok 1 a", "        not ok 1 a # SKIP", f"    ok 1 a # {MAY_FAIL}"):
            with self.subTest(line):
                self.assert_bad(f"1..2\n{line}\nok 1 - one\nok 2 - two\n", "ok 1 - one, but: subtest 1 a", 1)

    def test_a_failed_subtest_of_a_failed_result_counts_once(self):
        self.assert_bad("1..2\n    not ok 1 - a\nnot ok 1 - one\nok 2 - two\n", "", 1)

    def test_a_failed_subtest_after_the_last_result(self):
        self.assert_bad("1..1\nok 1 - one\n    not ok 1 - a\n", "after the last result", 1)

    def test_too_few_subtests(self):
        self.assert_bad("1..1\n    1..2\n    ok 1 - a\nok 1 - one\n", "1 results of 2 planned, of a subtest", 0)
        self.assert_bad("1..1\n    1..1\n        1..2\n        ok 1 - x\n    ok 1 - a\nok 1 - one\n", "1 results of 2", 0)

    def test_a_skip_of_a_subtest_that_is_not_listed(self):
        self.assert_bad("1..1\n    ok 1 a # SKIP no memory\nok 1 - one\n", "not listed: one: a: no memory", 1)

    def test_status_without_a_failure(self):
        self.assert_bad("1..1\nok 1 - one\n", "exit status 3", 1, 1, 3)

    def test_the_status_fits_what_the_program_said(self):
        self.assert_bad("1..2\nok 1 - one\nok 2 - absent # SKIP why\n", "^a skip that is not listed.*$", 1, 1, 0)

    def test_failure_without_a_status(self):
        self.assert_bad("1..2\nok 1 - one\nnot ok 2 - two\n", "exit status 0", 1, 1, 0)


class Shown(unittest.TestCase):
    """What is shown of a program that failed."""

    def assert_shown(self, text, shown, limit=9):
        self.assertEqual(near_failures("\n".join(text), limit), shown)

    def test_what_came_before_and_after(self):
        self.assert_shown(["ok 1", "# why", "not ok 2 - x", "# got 5", "ok 3", "# c"], ["# why", "not ok 2 - x", "# got 5"])

    def test_two_results(self):
        self.assert_shown(["not ok 1", "# a", "ok 2", "# b", "not ok 3", "# c"], ["not ok 1", "# a", "# b", "not ok 3", "# c"])

    def test_a_subtest(self):
        self.assert_shown(["ok 1", "    not ok 1 - a", "ok 2 - x", "ok 3"], ["    not ok 1 - a", "ok 2 - x"])

    def test_no_more_than_the_limit(self):
        self.assert_shown(["# 1", "# 2", "not ok 1", "# 3", "# 4"], ["# 2", "not ok 1", "# 3"], 1)

    def test_none_is_not_ok(self):
        self.assert_shown(["ok 1", "ok 2", "Segmentation fault"], ["ok 2", "Segmentation fault"], 2)

# SPDX-License-Identifier: GPL-2.0-or-later
"""Test runs of small programs: order, stages, time limits, what is taken over."""

import shlex
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from judge import Skip
from processes import stat_fields
from programs import parse, stages
from results import Result, Store
from session import Options, Session


def program(script, results=1):
    """A program that passes, after a script."""
    lines = "; ".join(f"echo ok {number} - test" for number in range(1, results + 1))
    return f"sh -c {shlex.quote(f'{script}; echo 1..{results}; {lines}')}"


class Case(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory())) / "clone"
        self.top.mkdir()
        self.store = Store(self.top.parent / "results")
        self.said = []
        self.git("init", "-q")
        (self.top / "file").write_text("a")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "a")

    def git(self, *words):
        subprocess.run(["git", "-C", self.top, "-c", "user.name=a", "-c", "user.email=a", *words], check=True)

    def session(self, hints=None, **options):
        options = {"grace": 0.2, **options}
        return Session(self.top, self.top.parent / "logs", self.store, Options(**options), hints or {}, self.said.append)

    def run_them(self, *commands, hints=None, **options):
        return self.session(hints, **options).run(stages(commands))

    def assert_says(self, pattern):
        self.assertRegex("\n".join(self.said), pattern)

    @staticmethod
    def not_run(outcome):
        return [(one.command, reason) for one, reason in outcome.not_run]


class Outcomes(Case):
    def test_good_programs(self):
        outcome = self.run_them(program("true", 2), program("true", 3))
        self.assertEqual(outcome.closing_line(), "5 passed, 0 failed, 0 skipped")
        self.assertTrue(outcome.good)

    def test_a_bad_program(self):
        outcome = self.run_them(program("true", 2), "sh -c 'echo 1..1; echo said; echo not ok 1 - x; exit 1'")
        self.assertEqual(outcome.closing_line(), "2 passed, 1 failed, 0 skipped")
        self.assertFalse(outcome.good)
        self.assert_says(r"    \| said")

    def test_no_program_is_no_success(self):
        self.assertFalse(self.run_them().good)

    def test_a_program_that_is_not_there(self):
        outcome = self.run_them("no-such-program-anywhere", program("true"))
        self.assertEqual(outcome.closing_line(), "1 passed, 1 failed, 0 skipped")
        self.assert_says("No such file or directory: 'no-such-program-anywhere'")

    def test_skips(self):
        command = "sh -c 'echo 1..2; echo ok 1; echo ok 2 - x \"# SKIP why\"'"
        self.assertEqual(self.run_them(command).closing_line(), "1 passed, 1 failed, 0 skipped")
        outcome = self.run_them(command, allowed_skips=(Skip("sh", "x", "why"),))
        self.assertEqual(outcome.closing_line(), "1 passed, 0 failed, 1 skipped")

    def test_what_a_program_leaves_running_is_killed(self):
        self.run_them(program("sleep 300 > /dev/null 2>&1 & :"))
        self.assert_says("1 processes that it left")

    def test_the_log_is_kept(self):
        self.run_them(program("echo hello"))
        self.assertEqual([path.read_text() for path in (self.top.parent / "logs").iterdir()], ["hello\n1..1\nok 1 - test\n"])


class Order(Case):
    def test_a_stage_waits(self):
        mark = self.top.parent / "mark"
        outcome = self.run_them(program(f"sleep 0.5; touch {mark}"), "wait", program(f"test -e {mark} || exit"))
        self.assertTrue(outcome.good)

    def test_after_a_failure_nothing_more_is_run(self):
        later = program("true")
        outcome = self.run_them("false", program("true", 4), "wait", later, "wait", later)
        self.assertEqual(outcome.closing_line(), "4 passed, 3 failed, 0 skipped")
        self.assertEqual(self.not_run(outcome), [(later, "a program before it failed")] * 2)

    def test_unless_it_is_to_keep_going(self):
        outcome = self.run_them("false", "wait", program("true", 2), keep_going=True)
        self.assertEqual(outcome.closing_line(), "2 passed, 1 failed, 0 skipped")
        self.assertFalse(outcome.good)

    def test_two_at_a_time(self):
        marks = [self.top.parent / name for name in "ab"]
        scripts = (f"touch {own}; until test -e {other}; do sleep 0.1; done" for own, other in (marks, marks[::-1]))
        self.assertTrue(self.run_them(*map(program, scripts), program_limit=20).good)

    def test_one_at_a_time(self):
        trace = self.top.parent / "trace"
        self.run_them(*(program(f"echo {name} >> {trace}; sleep 0.3; echo {name} >> {trace}") for name in "abc"), at_a_time=1)
        self.assertEqual(trace.read_text().split(), ["a", "a", "b", "b", "c", "c"])

    def test_the_longest_first(self):
        trace = self.top.parent / "trace"
        commands = [program(f"echo {name} >> {trace}") for name in "abc"]
        hints = dict(zip(commands, (1, 3, 2)))
        self.run_them(*commands, hints=hints, at_a_time=1)
        self.assertEqual(trace.read_text().split(), ["b", "c", "a"])

    def test_what_was_measured_beats_a_hint(self):
        trace = self.top.parent / "trace"
        commands = [program(f"echo {name} >> {trace}") for name in "ab"]
        for command, seconds in zip(commands, (1, 5)):
            self.store.keep(Result(command, parse(command).cell, passed=1, wall=seconds))
        self.run_them(*commands, hints=dict(zip(commands, (9, 1))), at_a_time=1)
        self.assertEqual(trace.read_text().split(), ["b", "a"])


class Limits(Case):
    def run_until(self, condition, *commands, **options):
        """Run programs with one at a time; the time is up when the condition holds."""
        session = self.session(at_a_time=1, **options)
        poll = session._poll

        def poll_and_look():
            poll()
            if condition():
                session.options.deadline = 0

        session._poll = poll_and_look
        return session.run(stages(commands))

    def has_said(self, text):
        return lambda: any(text in path.read_text() for path in (self.top.parent / "logs").iterdir())

    def test_a_program_that_hangs(self):
        outcome = self.run_them("sh -c 'echo 1..2; echo ok 1; sleep 300'", program("true"), program_limit=3)
        self.assertEqual((outcome.closing_line(), len(outcome.results)), ("2 passed, 2 failed, 0 skipped", 2))
        self.assert_says("no end within 3 s")

    def test_the_deadline_of_the_run(self):
        outcome = self.run_until(self.has_said("ok 1"), "sh -c 'echo 1..2; echo ok 1; sleep 300'", program("true"),
                                 "wait", program("true"))
        # The plan of the killed program does not fit, it was killed, and two were not run.
        self.assertEqual(outcome.closing_line(), "1 passed, 4 failed, 0 skipped")
        self.assertEqual([reason for _, reason in self.not_run(outcome)], ["the time for the whole run is up"] * 2)
        self.assertFalse(outcome.good)

    def test_a_deadline_that_has_passed(self):
        outcome = self.run_them(program("true"), deadline=time.monotonic() - 1)
        self.assertEqual(outcome.closing_line(), "0 passed, 1 failed, 0 skipped")

    def test_the_deadline_kills_what_programs_started(self):
        pid = self.top.parent / "pid"
        self.run_until(lambda: pid.exists() and pid.read_text().strip(),
                       f"sh -c 'setsid -f sh -c \"echo \\$\\$ > {pid}; exec sleep 300\"; sleep 300'")
        self.assertIn((stat_fields(pid.read_text().strip()) or ["Z"])[0], "ZX")

    def test_a_killed_program_has_failed_even_with_good_results(self):
        outcome = self.run_until(self.has_said("ok 1"), "sh -c 'echo 1..1; echo ok 1; sleep 300'")
        self.assertEqual(outcome.closing_line(), "1 passed, 1 failed, 0 skipped")
        self.assertEqual(self.store.all()[0].failed, 1)

    def test_a_run_that_is_stopped(self):
        session = self.session(at_a_time=1)
        real, session._poll = session._poll, lambda: (session.stop("stopped"), real())
        outcome = session.run(stages(["sleep 300", program("true"), "wait", program("true")]))
        self.assertEqual([reason for _, reason in self.not_run(outcome)], ["stopped"] * 2)
        self.assertEqual(self.store.all(), [])
        self.assertFalse(outcome.good)


class Resume(Case):
    def setUp(self):
        super().setUp()
        self.trace = self.top.parent / "trace"
        self.command = program(f"echo run >> {self.trace}", 3)

    def times(self):
        return len(self.trace.read_text().split())

    def test_a_result_is_kept_with_its_commit(self):
        self.run_them(self.command)
        kept = self.store.all()[0]
        head = subprocess.run(["git", "-C", self.top, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        self.assertEqual((kept.passed, kept.failed, kept.commit, kept.dirty), (3, 0, head.stdout.strip(), False))
        self.assertRegex(kept.when, r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$")

    def test_what_has_passed_is_taken_over(self):
        self.run_them(self.command)
        outcome = self.run_them(self.command, resume=True)
        self.assertEqual((outcome.closing_line(), self.times()), ("3 passed, 0 failed, 0 skipped", 1))
        self.assertTrue(outcome.good)
        self.assert_says("KEPT .*3 passed at this commit")

    def test_only_if_that_is_asked_for(self):
        self.run_them(self.command)
        self.run_them(self.command)
        self.assertEqual(self.times(), 2)

    def test_what_failed_is_run_again(self):
        bad = f"sh -c 'echo run >> {self.trace}; false'"
        for _ in range(2):
            self.run_them(bad, resume=True)
        self.assertEqual(self.times(), 2)

    def test_another_commit(self):
        self.run_them(self.command)
        (self.top / "file").write_text("b")
        self.git("commit", "-q", "-a", "-m", "b")
        self.run_them(self.command, resume=True)
        self.assertEqual(self.times(), 2)

    def test_a_change(self):
        self.run_them(self.command)
        (self.top / "file").write_text("b")
        self.run_them(self.command, resume=True)
        self.assertEqual(self.times(), 2)
        self.assertTrue(self.store.all()[0].dirty)

    def test_a_change_while_it_runs(self):
        self.run_them(program(f"echo b > {self.top}/file"))
        self.assertTrue(self.store.all()[0].dirty)

    def test_a_failure_with_other_packages_than_the_last_pass(self):
        guests = self.top.parent / "clone/build/guest"
        guests.mkdir(parents=True)
        command = f"sh -c 'grep 1 {guests}/trixie.packages && echo 1..1 && echo ok 1'"
        (guests / "trixie.packages").write_text("a 1\n")
        self.assertTrue(self.run_them(command).good)
        (guests / "trixie.packages").write_text("a 2\n")
        self.run_them(command)
        self.assert_says("since it passed: trixie: -a 1\n.*since it passed: trixie: \\+a 2")

    def test_what_builds_is_always_run(self):
        command = f"{self.command} kernel-builds"
        for _ in range(2):
            self.assertTrue(self.run_them(command, resume=True).good)
        self.assertEqual(self.times(), 2)

# SPDX-License-Identifier: GPL-2.0-or-later
"""selftests/run as a user calls it."""

import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from processes import stat_fields

RUN = Path(__file__).resolve().parents[2] / "run"
GOOD = "sh -c 'echo 1..1; echo ok 1 - x'"
OTHER = "sh -c 'echo 1..1; echo ok 1 - y'"
LONG = "sh -c 'sleep 300 & echo $!; wait'"


def is_running(pid):
    return (stat_fields(pid) or ["Z"])[0] not in "ZX"


class Run(unittest.TestCase):
    def setUp(self):
        self.build = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, *words):
        process = subprocess.Popen([RUN, "--build", self.build, *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def run_it(self, *words):
        process = self.start(*words)
        output = process.communicate(timeout=60)[0]
        return process.returncode, output.splitlines()

    def test_success(self):
        status, lines = self.run_it(GOOD, "wait", OTHER)
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed, 0 skipped"))

    def test_failure(self):
        status, lines = self.run_it("false", "wait", GOOD)
        self.assertEqual((status, lines[-1]), (1, "0 passed, 2 failed, 0 skipped"))
        self.assertIn(f"  NOT RUN {GOOD}: a program before it failed", lines)

    def test_failures_are_listed_at_the_end(self):
        bad = "sh -c 'echo 1..2; echo ok 1 - x; echo not ok 2 - y'"
        self.assertEqual(self.run_it(bad, GOOD)[1][-4:-2],
                         [f"  FAILED  {bad}: y", f"  FAILED  {bad}: exit status 0, with a result that is not ok"])

    def test_keep_going(self):
        status, lines = self.run_it("-k", "false", "wait", GOOD)
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_skip_is_a_failure(self):
        status, lines = self.run_it("sh -c 'echo 1..2; echo ok 1; echo ok 2 - x \"# SKIP y\"'")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_only_some(self):
        status, lines = self.run_it("--only", "echo ok", "false", GOOD)
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 0 skipped"))

    def test_nothing_to_run(self):
        self.assertEqual(self.run_it()[0], 2)
        self.assertEqual(self.run_it("--only", "no such program", GOOD)[0], 2)

    def test_a_program_that_is_listed_twice(self):
        status, lines = self.run_it(GOOD, "wait", "true", GOOD)
        self.assertEqual((status, lines[-1].partition(": error: ")[2]), (2, f"listed twice: {GOOD}"))

    def test_the_deadline(self):
        status, lines = self.run_it("--deadline", "0.01", LONG, GOOD, OTHER)
        self.assertEqual(status, 1)
        self.assertRegex(lines[-1], r"^\d passed, [1-9] failed, 0 skipped$")

    def test_the_deadline_counts_from_an_earlier_moment(self):
        status, lines = self.run_it("--deadline", "10", "--since", str(time.time() - 3600), GOOD)
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))
        status, _ = self.run_it("--deadline", "10", "--since", str(time.time() - 60), GOOD)
        self.assertEqual(status, 0)

    def test_no_deadline(self):
        self.assertEqual(self.run_it("--deadline", "0", "--since", "1", GOOD)[0], 0)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = self.start("-j", "1", LONG, GOOD)
                log = self.build / "tests/sh-c-sleep-300-echo-wait.log"
                log.unlink(missing_ok=True)
                deadline = time.monotonic() + 20
                while not (log.exists() and log.read_text().strip()):
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.05)
                process.send_signal(number)
                output = process.communicate(timeout=30)[0].splitlines()
                self.assertEqual(process.returncode, 128 + number)
                self.assertRegex(output[-1], r"^0 passed, \d failed, 0 skipped$")
                self.assertIn(f"  NOT RUN {GOOD}: stopped by {number.name}", output)
                self.assertFalse(is_running(log.read_text().strip()))

    def test_the_table(self):
        self.run_it(GOOD, "false")
        status, lines = self.run_it("--table")
        self.assertEqual((status, len(lines)), (0, 3))
        status, lines = self.run_it("--table", GOOD, "wait", "true")
        self.assertEqual((status, len(lines)), (0, 3))
        self.assertRegex(lines[1], "1 passed")
        self.assertRegex(lines[2], "^true .*not run$")

    def test_durations(self):
        self.run_it(GOOD, "false")
        status, lines = self.run_it("--durations")
        self.assertEqual((status, [line.partition(" ")[2] for line in lines]), (0, [GOOD]))
        self.assertRegex(lines[0], r"^\d+ ")

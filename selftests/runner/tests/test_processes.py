# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs as processes: their status, and that nothing of them is left."""

import shlex
import tempfile
import time
import unittest
from pathlib import Path

from processes import Process, stat_fields

# The id of each process that is started goes to the output.
TREES = {
    "a child": "sleep 300 & echo $!; wait",
    "a process group of its own": "timeout 300 sh -c 'echo $$; exec sleep 300'",
    "a session of its own": "setsid -f sh -c 'echo $$; exec sleep 300'; sleep 300",
    "no heed to TERM": "trap '' TERM; echo $$; while :; do sleep 1; done",
}


class Processes(unittest.TestCase):
    def setUp(self):
        self.log = Path(self.enterContext(tempfile.TemporaryDirectory())) / "log"

    def start(self, script):
        process = Process(f"sh -c {shlex.quote(script)}", self.log, "/")
        self.addCleanup(process.kill, 0)
        return process

    def wait_until(self, condition):
        deadline = time.monotonic() + 10
        while not (got := condition()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return got

    def test_status_and_output(self):
        process = self.start("echo out; echo err >&2; exit 3")
        self.assertEqual(self.wait_until(process.poll), 3)
        self.assertEqual(self.log.read_text(), "out\nerr\n")

    def test_a_signal_is_a_status(self):
        process = self.start("kill -KILL $$")
        self.assertEqual(self.wait_until(process.poll), -9)

    def test_processor_time(self):
        process = self.start("python3 -c 'x = sum(i * i for i in range(3000000))'")
        self.wait_until(lambda: process.poll() is not None)
        self.assertGreater(process.cpu, 0.05)

    def test_nothing_is_left(self):
        for name, script in TREES.items():
            with self.subTest(name):
                process = self.start(script)
                pid = self.wait_until(lambda: self.log.read_text().strip())
                self.assertIn(int(pid), process.members())
                process.kill(grace=0.3)
                self.assertEqual(process.members(), [])
                self.wait_until(lambda: (stat_fields(pid) or ["Z"])[0] in "ZX")
                self.assertIsNotNone(process.poll())

    def test_what_outlives_the_program_is_killed(self):
        process = self.start("setsid -f sh -c 'echo $$; exec sleep 300'")
        self.assertEqual(self.wait_until(lambda: process.poll() is not None), True)
        pid = self.wait_until(lambda: self.log.read_text().strip())
        self.assertEqual(process.kill(), 1)
        self.wait_until(lambda: (stat_fields(pid) or ["Z"])[0] in "ZX")

    def test_a_program_may_clean_up(self):
        process = self.start("trap 'echo cleaned; exit 1' TERM; echo ready; while :; do sleep 0.1; done")
        self.wait_until(lambda: "ready" in self.log.read_text())
        process.kill()
        self.assertIn("cleaned", self.log.read_text())

    def test_another_program_lives_on(self):
        other = self.start("exec sleep 300")
        process = self.start("exec sleep 300")
        process.kill()
        self.assertIsNone(other.poll())
        self.assertEqual(other.members(), [other.child.pid])

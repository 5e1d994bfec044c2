# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of shell scripts: what tap.sh takes for a failure."""

import subprocess
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent


def report_of(text):
    """Exit status and lines of a script that has tap.sh."""
    script = f". '{SCRIPTS}/lib.sh'\n. '{SCRIPTS}/tap.sh'\n{text}\nclose_report\n"
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


class Check(unittest.TestCase):
    def assert_fails(self, body):
        status, lines = report_of(f"f() {{ {body}; }}\ncheck f f")
        self.assertEqual((status, lines[0], lines[-1]), (1, "not ok 1 - f", "1..1"))
        return lines[1:-1]

    def test_success(self):
        self.assertEqual(report_of("f() { echo said; }\ncheck 'it does' f"), (0, ["ok 1 - it does", "1..1"]))

    def test_last_command_fails(self):
        self.assert_fails("true; false")

    def test_command_in_the_middle_fails(self):
        self.assertEqual(self.assert_fails("echo said; false; echo more; true"), ["# said"])

    def test_called_function_fails_in_the_middle(self):
        self.assert_fails("g() { false; true; }; g; true")

    def test_unset_variable(self):
        self.assert_fails("echo $unset; true")

    def test_head_of_a_pipeline_fails(self):
        self.assert_fails("false | cat")

    def test_missing_command(self):
        self.assert_fails("no-such-command; true")

    def test_failure_is_not_forgotten(self):
        self.assertEqual(report_of("check one false\ncheck two true"), (1, ["not ok 1 - one", "ok 2 - two", "1..2"]))

    def test_script_still_stops_at_a_failure(self):
        status, lines = report_of("check one false\nfalse\ncheck two true")
        self.assertEqual((status, lines), (1, ["not ok 1 - one"]))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that print TAP."""

import subprocess

from kernel_series import Refused


class Failed(Exception):
    """What is wrong, for the reader of the report."""


class Report:
    """A line for each check, the plan at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, description, function, *args):
        self.count += 1
        try:
            function(*args)
        except (Failed, Refused) as reason:
            self.failed += 1
            print(f"not ok {self.count} - {description}", flush=True)
            for line in str(reason).splitlines()[:60]:
                print(f"# {line}")
        else:
            print(f"ok {self.count} - {description}", flush=True)

    def close(self):
        """Exit status of the program."""
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def run(*command, **kwargs):
    """Output of a command that has to succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **kwargs)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def fail_if(found, what):
    """Fail with a list of what was found, unless it is empty."""
    found = list(found)
    if found:
        raise Failed(what + ":\n" + "\n".join(map(str, found)))

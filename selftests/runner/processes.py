# SPDX-License-Identifier: GPL-2.0-or-later
"""A test program as a process, with everything that it starts.

Programs start QEMU, which may outlive them, and daemons in sessions of their own. All
of them inherit a mark in the environment, by which they are found and killed.
"""

import os
import shlex
import signal
import subprocess
import time
import uuid
from pathlib import Path

MARK = "KEXEC_KEYS_RUN"
# Seconds in which a program may remove what it made before it is killed.
GRACE = 5
# Seconds after which a process that cannot be killed is given up.
PATIENCE = 10


def stat_fields(pid):
    """State, parent, process group and session as /proc has them; None for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:4]
    except OSError:
        return None


def environment(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        # Another user's process, or one that is gone.
        return b""


class Process:
    """One program: its output goes to a file, its status is polled for."""

    def __init__(self, command, log, directory):
        # A runner that is itself tested by a runner: both must find the processes.
        self.mark = uuid.uuid4().hex
        marks = f"{os.environ.get(MARK, '')}:{self.mark}"
        self.started = time.monotonic()
        with open(log, "wb") as out:
            self.child = subprocess.Popen(shlex.split(command), cwd=directory, env={**os.environ, MARK: marks},
                                          stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                          start_new_session=True)
        self.cpu = 0.0

    @property
    def wall(self):
        return time.monotonic() - self.started

    def poll(self):
        """Exit status once the program itself has ended, else None."""
        if self.child.returncode is None:
            pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                self.child.returncode = os.waitstatus_to_exitcode(status)
                self.cpu = usage.ru_utime + usage.ru_stime
        return self.child.returncode

    def members(self):
        """Ids of the processes that the program has started and that still run, its own among them."""
        found = []
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
            fields = stat_fields(pid)
            if not fields or fields[0] in "ZX":
                continue
            if int(fields[3]) == self.child.pid or self.mark.encode() in environment(pid):
                found.append(pid)
        return found

    def kill(self, grace=GRACE):
        """End all of them; returns how many ran."""
        running = self.members()
        self._signal(running, signal.SIGTERM)
        if not self._are_gone_within(grace):
            deadline = time.monotonic() + PATIENCE
            while (left := self.members()) and time.monotonic() < deadline:
                self._signal(left, signal.SIGKILL)
                time.sleep(0.05)
                self.poll()
        self.poll()
        return len(running)

    @staticmethod
    def _signal(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                pass

    def _are_gone_within(self, seconds):
        deadline = time.monotonic() + seconds
        while self.members():
            if time.monotonic() >= deadline:
                return False
            self.poll()
            time.sleep(0.05)
        return True

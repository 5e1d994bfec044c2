# SPDX-License-Identifier: GPL-2.0-only
"""A machine without QEMU: its guest says what a test has written down."""

import contextlib
import io
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import judge
from complaints import PLANTED
from results import Results
from session import Session
from settings import Settings

BANNER = "[    0.000000] Linux version 6.12.0 (root@host) #1"
PANIC = "[    9.000000] Kernel panic - not syncing: sysrq triggered crash"
PLANTED_LINE = f"[    1.000000] {PLANTED}"
BOOT = [BANNER, PLANTED_LINE]


@dataclass
class FakeMachine:
    """LINES come by the port; REASON and STATUS are how QEMU ends afterwards."""

    lines: list
    reason: str = "guest-reset"
    status: int = 0
    answers: list = field(default_factory=list)
    transcript: bytearray = field(default_factory=bytearray)
    cpu: float = 0
    moment: int = 0

    def __post_init__(self):
        self.next = 0

    def line(self):
        if self.next == len(self.lines):
            return None
        line = self.lines[self.next]
        self.next += 1
        self.transcript += line.encode() + b"\n"
        return line

    def answer(self, text=""):
        self.answers.append(text)

    def save(self):
        self.moment = self.next

    def go_back(self):
        """What the guest says from here on stands behind what it said in the last trial."""

    def cpu_seconds(self):
        return self.cpu

    def kill(self):
        pass

    def wake_after(self, seconds):
        pass


@dataclass
class FakeDisk:
    key: bytes


def boot(lines, console, start="first", settings=None, session=None, disk=None, **machine):
    """One boot of a machine: the session, and what was printed."""
    session = session or Session(settings or Settings("test", "A test."), Results(), "correct horse", disk)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        session.converse(FakeMachine(lines, **machine), start)
        judge.boot(session, start, "\n".join(console).encode() + b"\n")
    return session, output.getvalue()


def phase(name, *results, how="end", status=0, count=None):
    """Lines of one phase from its beginning to its end, by its own word or by leaving it."""
    count = len(results) if count is None else count
    last = f"@end {name} {status} {count}" if how == "end" else f"@leave {how} {count}"
    return [f"@phase {name} 6.12.0", *results, last]

# SPDX-License-Identifier: GPL-2.0-only
"""The conversation with the guests of one scenario: each line that comes from one is a
result, a comment, or with an @ a verb of verbs.py."""

import time
from dataclasses import dataclass, field

from course import Course
from machine import MachineError
from verbs import VerbError, obey


@dataclass
class Session:
    """What the guest's verbs work on. MACHINE and COURSE are those of the boot under way;
    the rest lasts as long as the scenario."""

    settings: object
    results: object
    passphrase: str
    disk: object = None
    debian: object = None
    machine: object = None
    course: Course = None
    phases: list = field(default_factory=list)
    scans: set = field(default_factory=set)
    # The word of $run, and those that a replay still has to go through.
    run: str = ""
    # Physical addresses, counted from where the memory begins.
    region: tuple = None
    buffer: object = None
    watch: object = None
    replay: object = None
    calls: object = None
    # Of kexec's lock, what was seen when it was last looked at; None, nothing yet.
    locked: bool = None
    # Seconds of processor time, when the guest left its phase.
    left_at: float = 0

    def converse(self, machine, start):
        """From the guest's first word to the machine's end. START is the phase that it has to
        begin with."""
        self.machine = machine
        self.course = Course(start, afterwards_silent=bool(self.debian))
        try:
            while (line := machine.line()) is not None:
                self._take(line)
        except (MachineError, VerbError) as error:
            self.course.wrong.append(str(error))
        finally:
            self.results.comment(f"{start}: {machine.cpu_seconds():.0f} s of processor time")
            machine.kill()

    def _take(self, line):
        """One line. Of a guest that the host makes panic, good results were counted before."""
        if line.startswith("@"):
            obey(self, line[1:].split())
        elif line.startswith("ok "):
            self._result(True, line[3:])
        elif line.startswith("not ok "):
            self._result(False, line[7:])
        elif line.startswith("skip "):
            self.course.result(True, line[5:])
            self.results.skip(line[5:])
        elif line.startswith("#"):
            self.results.comment(line[1:].removeprefix(" "))
        else:
            self.course.wrong.append(f"not a line of the protocol: {line}")

    def _result(self, good, text):
        self.course.result(good, text)
        if not good or self.course.moment.state != "to panic":
            self.results.line(good, text)

    def begin_phase(self, phase, release):
        self.course.begin(phase)
        self.phases.append(phase)
        self.results.comment(f"{phase}: Linux {release}")

    def end_phase(self, phase, status, results):
        """The guest goes on when it is answered; a replay goes back to its moment instead."""
        self.course.end(phase, status, results)
        if not (phase == "capture" and self.replay and self.replay.next_trial()):
            self.machine.answer()

    def leave_phase(self, how, results):
        self.course.leave(how, results)
        self.left_at = self.machine.cpu_seconds()
        if self.debian and how in ("panic", "kexec"):
            self.debian.typist.answers = False

    def mark(self, name):
        """A moment of the host's clock, which no reboot sets back."""
        self.results.comment(f"mark {name} {time.monotonic():.2f}")

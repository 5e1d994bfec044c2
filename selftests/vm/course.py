# SPDX-License-Identifier: GPL-2.0-only
"""What the guest of one machine announces, and whether the machine did just that.

A machine goes through phases. Each begins by its name, and ends in one of two ways:
by its own word, with its exit status and the number of its results, or because the
guest leaves it, as it has announced: by a panic or a kexec, after which another phase
follows, or by hibernation, a reboot or a poweroff, which end the machine. Everything
else is wrong: a phase that begins without an announcement, a machine that ends while
a phase is under way, a result that got lost, a boot or a panic that the console shows
and that was not announced.
"""

from dataclasses import dataclass, field, replace

# How a machine ends that the guest has left so, as QEMU calls it. A phase that ends by
# its own word has init reset the machine.
ENDS = {"ended": "guest-reset", "left by hibernation": "guest-reset", "left by reboot": "guest-reset",
        "left by poweroff": "guest-shutdown"}
LEAVES = ("panic", "kexec", "hibernation", "reboot", "poweroff")


@dataclass
class Moment:
    """Where the guest is: a phase under way, one that ended or was left, or none yet."""

    phase: str = ""
    state: str = "off"
    results: int = 0


@dataclass
class Course:
    """START is the phase with which this machine has to begin. AFTERWARDS_SILENT says
    that a panic's capture kernel ends the machine without a phase of its own."""

    start: str
    afterwards_silent: bool = False
    moment: Moment = field(default_factory=Moment)
    boots: int = 0
    planted: int = 0
    panics: int = 0
    wrong: list = field(default_factory=list)

    def begin(self, phase):
        """The guest says that it is in this phase."""
        if not self._may_begin(phase):
            self.wrong.append(f"{phase} begins unannounced: {self._where()}")
        self.moment = Moment(phase, "running")
        self.boots += 1
        # A system that resumes does not start its phase anew.
        self.planted += phase != "resumed"

    def _may_begin(self, phase):
        if self.moment.state == "off":
            return phase == self.start
        if self.moment.state == "left by panic":
            return phase == "capture"
        return self.moment.state == "left by kexec" and phase not in ("capture", "resumed")

    def _where(self):
        return f"{self.moment.phase or 'the machine'} is {self.moment.state}"

    def result(self, good, text):
        """A result of the phase under way. One that comes after the phase was left has no place
        in its count, so a good one is as wrong as a bad one."""
        self.moment.results += 1
        if self.moment.state not in ("running", "to panic"):
            self.wrong.append(f"a result while {self._where()}: {'ok' if good else 'not ok'} {text}")

    def end(self, phase, status, results):
        """The phase ends by its own word."""
        if self.moment.state != "running" or phase != self.moment.phase:
            self.wrong.append(f"{phase} ends while {self._where()}")
        if status:
            self.wrong.append(f"{phase} ended with status {status}")
        self._compare(results)
        self.moment.state = "ended"

    def leave(self, how, results):
        """The guest is about to leave its phase by one of LEAVES."""
        if self.moment.state != "running":
            self.wrong.append(f"{how} announced while {self._where()}")
        self._compare(results)
        self.moment.state = f"left by {how}"
        self.panics += how == "panic"

    def _compare(self, results):
        if results != self.moment.results:
            self.wrong.append(f"{self.moment.phase} has {results} results, {self.moment.results} arrived")
        if not results:
            self.wrong.append(f"{self.moment.phase} has no result")

    def save(self):
        """This moment, for go_back()."""
        return replace(self.moment)

    def go_back(self, moment):
        """The machine is put back to it."""
        self.moment = replace(moment)

    def expect_panic(self):
        """The host makes the guest panic, at some time from now on."""
        self.moment.state = "to panic"
        self.panics += 1

    def panicked(self):
        """It is about to: no result can come."""
        self.moment.state = "left by panic"

    def finish(self, status, reason, console):
        """The machine has ended with this status of QEMU's, for this reason, and has said this on
        its console. All that was wrong."""
        if status:
            self.wrong.append(f"QEMU ended with status {status}")
        silent = self.afterwards_silent and self.moment.state == "left by panic"
        if self.moment.state not in ENDS and not silent:
            self.wrong.append(f"the machine ended while {self._where()}")
        elif reason and reason != ENDS.get(self.moment.state, "guest-reset"):
            self.wrong.append(f"{self._where()}, and the machine ended by {reason}")
        for what, seen, announced in (("boots", console.boots, self.boots + silent),
                                      ("planted complaints", console.planted, self.planted),
                                      ("panics", console.panics, self.panics)):
            if seen != announced:
                self.wrong.append(f"{seen} {what} on the console, {announced} announced")
        return self.wrong

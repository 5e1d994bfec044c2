# SPDX-License-Identifier: GPL-2.0-or-later
"""One test run: programs, some at a time, stage by stage, until all are done or time is up."""

import time
from dataclasses import dataclass, field

from judge import judge, near_failures
from processes import GRACE, Process
from programs import longest_first
from results import Result, host, now, read_guests, read_source, still_counts

POLL = 0.1
# Of a program that failed: for each result that is not ok, or at its end.
LINES_SHOWN = 100


@dataclass
class Options:
    """How a run is made; times are in seconds."""
    at_a_time: int = 2
    program_limit: float = 3600
    # By time.monotonic(): when the whole run has to be over.
    deadline: float = float("inf")
    keep_going: bool = False
    resume: bool = False
    grace: float = GRACE
    allowed_skips: tuple = ()


@dataclass
class Outcome:
    """What the programs of a run came to."""
    results: list = field(default_factory=list)
    # Programs with the reason why they were not run.
    not_run: list = field(default_factory=list)

    @property
    def failed(self):
        return sum(result.failed for result in self.results) + len(self.not_run)

    @property
    def good(self):
        return bool(self.results) and not self.failed

    def closing_line(self):
        passed = sum(result.passed for result in self.results)
        skipped = sum(len(result.skips) for result in self.results)
        return f"{passed} passed, {self.failed} failed, {skipped} skipped"


@dataclass
class Running:
    program: object
    process: Process
    log: object
    source: object


class Session:
    """Runs stages of programs in a clone; logs go to a directory, results to a store.

    A signal handler may call stop()."""

    def __init__(self, top, logs, store, options, hints, say=print):
        self.top = top
        self.logs = logs
        self.store = store
        self.options = options
        self.say = say
        self.system = host()
        self.outcome = Outcome()
        self.running = []
        self.stopped = ""
        self.seconds = {**hints, **store.seconds()}

    def stop(self, reason):
        """Kill what runs and run nothing more."""
        self.stopped = self.stopped or reason

    # --- one program ---

    def _start(self, program):
        log = self.logs / f"{program.slug}.log"
        source = read_source(self.top)
        try:
            process = Process(program.command, log, self.top)
        except OSError as error:
            result = Result(program.command, program.cell, failed=1, wrong=[str(error)])
            self._report(result, "")
            self.outcome.results.append(result)
        else:
            self.running.append(Running(program, process, log, source))

    def _finish(self, one, status, reason=""):
        """Judge a program that has ended, or was killed for a reason."""
        self.running.remove(one)
        wall = one.process.wall
        left = 0 if reason else one.process.kill(self.options.grace)
        text = one.log.read_text(errors="replace")
        verdict = judge(one.program.command, text, status, self.options.allowed_skips)
        if reason:
            verdict.fail(reason)
        if left:
            self.say(f"  KILLED  {one.program.command}: {left} processes that it left")
        after = read_source(self.top)
        result = Result(one.program.command, one.program.cell, verdict.passed, verdict.failed, verdict.skips,
                        verdict.not_ok, verdict.wrong, wall, one.process.cpu, now(), one.source.commit,
                        one.source.dirty or after != one.source, self.system,
                        self.store.keep_packages(read_guests(self.top)))
        earlier = self.store.find(result.command)
        # What the user broke off says nothing about the test.
        if not self.stopped:
            self.store.keep(result)
        self._report(result, text)
        if result.failed and earlier and earlier.good:
            for line in self.store.changed_packages(earlier.guests, result.guests):
                self.say(f"    since it passed: {line}")
        self.outcome.results.append(result)

    def _report(self, result, text):
        word = "FAIL" if result.failed else "PASS"
        self.say(f"  {word}    {result.command}: {result.passed} passed, {result.failed} failed, "
                 f"{len(result.skips)} skipped, {result.wall:.0f} s, {result.cpu:.0f} s of CPU")
        if result.failed:
            for line in near_failures(text, LINES_SHOWN):
                self.say(f"    | {line}")
            for reason in result.wrong:
                self.say(f"    {reason}")

    # --- all of them ---

    def _keep_earlier(self, stage):
        """The programs of a stage that have to run; results of the others are taken over."""
        if not self.options.resume:
            return stage
        source, guests = read_source(self.top), self.store.keep_packages(read_guests(self.top))
        wanted = []
        for program in stage:
            earlier = None if program.builds else self.store.find(program.command)
            if not still_counts(earlier, source, self.system, guests):
                wanted.append(program)
                continue
            earlier.kept = True
            self.outcome.results.append(earlier)
            self.say(f"  KEPT    {program.command}: {earlier.passed} passed at this commit, {earlier.when}")
        return wanted

    def _run_stage(self, stage):
        waiting = longest_first(stage, self.seconds)
        while (waiting or self.running) and not self._over():
            while waiting and len(self.running) < self.options.at_a_time:
                self._start(waiting.pop(0))
            time.sleep(POLL)
            self._poll()
        for one in list(self.running):
            one.process.kill(self.options.grace)
            self._finish(one, None, self._over())
        return waiting

    def _poll(self):
        for one in list(self.running):
            status = one.process.poll()
            if status is not None:
                self._finish(one, status)
            elif one.process.wall > self.options.program_limit:
                one.process.kill(self.options.grace)
                self._finish(one, None, f"no end within {self.options.program_limit:.0f} s")

    def _over(self):
        """Why nothing more is run, or nothing."""
        if not self.stopped and time.monotonic() > self.options.deadline:
            return "the time for the whole run is up"
        return self.stopped

    def run(self, stages):
        """Run all stages; the outcome counts also what was not run."""
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            for stage in stages:
                if not self._over() and self.outcome.failed and not self.options.keep_going:
                    self.outcome.not_run += [(program, "a program before it failed") for program in stage]
                    continue
                left = stage if self._over() else self._run_stage(self._keep_earlier(stage))
                self.outcome.not_run += [(program, self._over()) for program in left]
        finally:
            for one in self.running:
                one.process.kill(self.options.grace)
        return self.outcome

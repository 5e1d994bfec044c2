# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge what a test program printed: TAP, of which everything has to fit.

Results are the lines "ok N" and "not ok N" at the left edge, numbered 1, 2, 3 …, with
one plan before or after them. Results of subtests (indented, or after a "#") belong to
the next result at the left edge: it fails if one of them failed, and their skips are
skips. Every other directive is a failure: a test that may fail tests nothing.
"""

import re
import signal
from dataclasses import dataclass, field

RESULT = re.compile(r"(not ok|ok)\b(?: +(\d+)\b)?(?: +-)? *(.*)")
SUBTEST = re.compile(r"([ \t#]+)(not ok|ok) +(\d+)\b(?: +-)? *(.*)")
NOT_OK = re.compile(r"[ \t#]*not ok\b")
PLAN = re.compile(r"([ \t#]*)1\.\.(\d+)\s*(?:#.*)?")
BAIL_OUT = re.compile(r"[ \t#]*Bail out!")
# A word after a "#", in capitals or not. What follows SKIP is its reason.
DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\b:?\s*(.*)")


@dataclass(frozen=True)
class Skip:
    """An allowed skip: patterns for the program, the test's name and the reason,
    which all have to match."""
    program: str
    test: str
    reason: str

    def covers(self, program, test, reason):
        return all(re.search(pattern, text) for pattern, text in
                   ((self.program, program), (self.test, test), (self.reason, reason)))


@dataclass
class Verdict:
    """What a program's output comes to."""
    passed: int = 0
    failed: int = 0
    # Pairs of test and reason.
    skips: list = field(default_factory=list)
    # The results that are not ok, as the program named them.
    not_ok: list = field(default_factory=list)
    # What else is wrong.
    wrong: list = field(default_factory=list)

    def fail(self, reason):
        """Count one more failure, for this reason."""
        self.wrong.append(reason)
        self.failed += 1


def is_skip(directive):
    return directive[1].upper() == "SKIP"


class Subtests:
    """The results of subtests since the last result at the left edge."""

    def __init__(self):
        self.failed = []
        self.skips = []
        # By indentation: how many are planned, and how many there were.
        self.planned = {}
        self.seen = {}

    def result(self, match):
        indentation, verdict, number, text = match.groups()
        depth = len(indentation.expandtabs())
        self._close(depth + 1)
        self.seen[depth] = self.seen.get(depth, 0) + 1
        directive = DIRECTIVE.search(text)
        if verdict == "not ok" or directive and not is_skip(directive):
            self.failed.append(f"subtest {number} {text}".rstrip())
        elif directive:
            self.skips.append((text[:directive.start()].strip(), directive[2] or "no reason given"))

    def plan(self, indentation, count):
        depth = len(indentation.expandtabs())
        self._close(depth + 1)
        self._close_one(depth)
        self.planned[depth] = count

    def end(self):
        """List what was wrong with them; called at the result that they belong to."""
        self._close(0)
        failed, self.failed = self.failed, []
        return failed

    def _close(self, depth):
        """End the blocks of subtests that are indented so far or further."""
        for deeper in [known for known in {*self.planned, *self.seen} if known >= depth]:
            self._close_one(deeper)

    def _close_one(self, depth):
        planned, seen = self.planned.pop(depth, None), self.seen.pop(depth, 0)
        if planned is not None and planned != seen:
            self.failed.append(f"{seen} results of {planned} planned, of a subtest")


def ending(status):
    """The exit status in words; a signal's number is negative."""
    if status is None:
        return "killed by the runner"
    if status < 0:
        return f"ended by signal {-status} ({signal.strsignal(-status)})"
    return f"exit status {status}"


class Judge:
    """Reads the output of one program, line by line."""

    def __init__(self, program, allowed_skips):
        self.program = program
        self.allowed_skips = allowed_skips
        self.verdict = Verdict()
        self.subtests = Subtests()
        self.plans = []
        # How many results there were when the plan came.
        self.results = self.plan_at = 0

    def line(self, line):
        if BAIL_OUT.match(line):
            self.verdict.fail(line.strip())
        elif match := RESULT.match(line):
            self._result(*match.groups())
        elif match := SUBTEST.match(line):
            self.subtests.result(match)
        elif match := PLAN.fullmatch(line):
            if match[1]:
                self.subtests.plan(match[1], int(match[2]))
            else:
                self.plans.append(int(match[2]))
                self.plan_at = self.results

    def _result(self, verdict, number, text):
        self.results += 1
        directive = DIRECTIVE.search(text)
        test = text[:directive.start()].strip() if directive else text
        below = self.subtests.end()
        skips, self.subtests.skips = self.subtests.skips, []
        if number is None or int(number) != self.results:
            self.verdict.fail(f"result {self.results} has the number {number or '(none)'}: {test}")
        if verdict == "not ok":
            self.verdict.not_ok.append(text)
            self.verdict.failed += 1
        elif below:
            self.verdict.fail(f"ok {number} - {test}, but: {'; '.join(below)}")
        elif directive and not is_skip(directive):
            self.verdict.fail(f"{directive[1].upper()}: {test}")
        elif directive:
            self._skip(test, directive[2] or "no reason given")
        else:
            self.verdict.passed += 1
        for name, reason in skips:
            self._skip(f"{test}: {name}", reason)

    def _skip(self, test, reason):
        if any(skip.covers(self.program, test, reason) for skip in self.allowed_skips):
            self.verdict.skips.append((test, reason))
        else:
            self.verdict.fail(f"a skip that is not listed: {test}: {reason}")

    def end(self, status):
        """The verdict, with the exit status; None is for a program that was killed."""
        verdict = self.verdict
        for reason in self.subtests.end():
            verdict.fail(f"after the last result: {reason}")
        if len(self.plans) != 1:
            verdict.fail(f"{len(self.plans)} plans" if self.plans else f"no plan, {ending(status)}")
        elif self.plans[0] != self.results:
            verdict.fail(f"{self.results} results of {self.plans[0]} planned")
        elif self.plan_at not in (0, self.results):
            verdict.fail("a plan between the results")
        if not verdict.failed and not verdict.passed:
            verdict.fail("nothing but skips" if verdict.skips else "no results")
        if status and not verdict.failed:
            verdict.fail(ending(status))
        elif status == 0 and verdict.not_ok:
            verdict.wrong.append("exit status 0, with a result that is not ok")
        return verdict


def judge(program, text, status, allowed_skips):
    """What a program's whole output and exit status come to."""
    reader = Judge(program, allowed_skips)
    for line in text.split("\n"):
        reader.line(line.rstrip("\r"))
    return reader.end(status)


def near_failures(text, limit):
    """What a program printed before and after each result that is not ok, or that has a
    subtest that is not ok, up to so many lines each way. Where there is none: its last lines."""
    lines = text.splitlines()
    results = [number for number, line in enumerate(lines) if RESULT.match(line)]
    shown = []
    for before, at, after in zip([-1, *results], results, [*results[1:], len(lines)]):
        start = max(before + 1, at - limit)
        if any(NOT_OK.match(line) for line in lines[start:at + 1]):
            shown += lines[start:min(after, at + limit + 1)]
    return shown or lines[-limit:]

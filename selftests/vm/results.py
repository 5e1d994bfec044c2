# SPDX-License-Identifier: GPL-2.0-only
"""TAP, as the guest and the host report it."""


class Results:
    """A line for each result, as it comes; the plan at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def line(self, good, text):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}", flush=True)

    def judge(self, wrong, text):
        """Good if nothing is wrong; else all that is wrong follows."""
        wrong = list(wrong)
        self.line(not wrong, text)
        for line in wrong:
            self.comment(line)

    def skip(self, text):
        self.count += 1
        what, _, reason = text.partition(": ")
        print(f"ok {self.count} - {what} # SKIP {reason}", flush=True)

    @staticmethod
    def comment(text):
        print(f"# {text}", flush=True)

    def finish(self):
        """The plan; exit status of the program."""
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0

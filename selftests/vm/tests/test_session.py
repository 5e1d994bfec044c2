# SPDX-License-Identifier: GPL-2.0-only
"""What comes by the port: results, comments, verbs; and what is searched for keys."""

import contextlib
import io
import unittest
from types import SimpleNamespace
from unittest import mock

import judge
from fakes import BOOT, PANIC, FakeDisk, FakeMachine, boot, phase
from results import Results
from scan import Hit
from session import Session
from settings import Settings
from verbs import VERBS, obey, VerbError

KEY = bytes(range(100, 164))


def run(*lines, settings=None, disk=None, console=BOOT):
    return boot(["@phase first 6.12.0", *lines], console, settings=settings, disk=disk)


class Lines(unittest.TestCase):
    def test_results_are_numbered_and_counted(self):
        session, output = run("ok one", "not ok two", "skip three: no time", "# a comment", "@end first 0 3")
        self.assertEqual((session.results.count, session.results.failed), (5, 1), output)
        self.assertTrue(output.startswith("# first: Linux 6.12.0\nok 1 - one\nnot ok 2 - two\nok 3 - three # SKIP no time\n# a comment\n"))

    def test_no_plan_without_results(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(Results().finish(), 1)
        self.assertEqual(output.getvalue(), "1..0\n")


class Verbs(unittest.TestCase):
    def assert_ends(self, expected, line):
        session, output = run("ok one", line, "ok two", "@end first 0 2")
        self.assertTrue(session.results.failed)
        self.assertIn(expected, output)
        self.assertNotIn("ok 2 - two", output)

    def test_an_unknown_one_ends_the_conversation(self):
        self.assert_ends("unknown verb: plants", "@plants")
        self.assert_ends("unknown verb: ", "@")

    def test_other_words_than_it_takes(self):
        self.assert_ends("scan: missing a required argument", "@scan")
        self.assert_ends("passphrase now: too many positional arguments", "@passphrase now")
        self.assert_ends("not a number: soon", "@wake soon")
        self.assert_ends("leave somehow: it may be panic", "@leave somehow 1")
        self.assert_ends("replay never: it may be", "@replay never 3")

    def test_answers(self):
        session, _ = run("@fact a b", "@said some words", "@mark now", "@passphrase", "@region 1000 1fff", "ok one", "@end first 0 1")
        self.assertEqual(session.machine.answers, ["correct horse", ""])
        self.assertEqual(session.results.failed, 0)
        self.assertEqual(session.region[1] - session.region[0], 0x1000)

    def test_only_these_are_not_answered(self):
        self.assertEqual({name for name, verb in VERBS.items() if not verb.answered},
                         {"phase", "end", "region", "fact", "mark", "said", "replay", "counted"})

    def test_an_action_runs_with_its_words(self):
        session = Session(Settings("test", "A test."), Results(), "")
        session.machine = FakeMachine([])
        with self.assertRaises(VerbError):
            obey(session, ["holds?"])


class Leaks(unittest.TestCase):
    def assert_leaks(self, *lines, console=BOOT):
        session, output = boot(["@phase first 6.12.0", "ok one", *lines, "@end first 0 1"], console, disk=FakeDisk(KEY))
        self.assertEqual(session.results.failed, 1, output)
        self.assertNotIn(KEY.hex(), output)

    def test_none(self):
        session, output = run("ok one", "@end first 0 1", disk=FakeDisk(KEY))
        self.assertEqual((session.results.count, session.results.failed), (4, 0), output)

    def test_on_the_console(self):
        self.assert_leaks(console=[*BOOT, f"[    2.000000] kexec-keys: key is {KEY.hex()}"])

    def test_part_of_it_in_what_a_program_said(self):
        self.assert_leaks(f"@said 00000000  {KEY[16:32].hex(' ')}  |dump|")

    def test_the_passphrase(self):
        self.assert_leaks("@said Password: correct horse")
        self.assert_leaks(console=[*BOOT, "correct horse"])


class Console(unittest.TestCase):
    COMPLAINT = "[    3.000000] refcount_t: underflow; use-after-free."

    def test_a_complaint_fails_any_kernel(self):
        session, output = run("ok one", "@end first 0 1", console=[*BOOT, self.COMPLAINT])
        self.assertEqual(session.results.failed, 1)
        self.assertIn("# refcount_t: underflow", output)

    def test_red_must_complain(self):
        red = Settings("test", "A test.", red={"console": "underflow"})
        for failed, console in ((1, BOOT), (1, [*BOOT, "[    3.000000] BUG: something else"]), (0, [*BOOT, self.COMPLAINT])):
            self.assertEqual(run("ok one", "@end first 0 1", settings=red, console=console)[0].results.failed, failed)


class Scans(unittest.TestCase):
    def scan(self, *looks, red=None, allowed=None):
        """Owners of what is found each time that is looked: how many results failed, and how often
        it was looked."""
        settings = Settings("test", "A test.", scans={"loaded": {"payload": (1, 1)} if allowed is None else allowed}, red=red or {})
        session = Session(settings, Results(), "", FakeDisk(KEY))
        hits = [[Hit(0, 64, 0, "plain", owner) for owner in owners] for owners in looks]
        hits += [hits[-1]] * judge.SCAN_TRIES
        with mock.patch("judge._search", side_effect=hits) as search, mock.patch("time.sleep"), \
                contextlib.redirect_stdout(io.StringIO()) as self.output:
            judge.scan_memory(session, "loaded")
        return session.results.failed, search.call_count

    def test_as_allowed(self):
        self.assertEqual(self.scan(["payload"]), (0, 1))

    def test_a_key_that_the_garbage_collector_has_yet_to_free(self):
        self.assertEqual(self.scan(["payload", "payload"], ["payload", "payload"], ["payload"]), (0, 3))

    def test_one_that_it_does_not_free(self):
        self.assertEqual(self.scan(["payload", "payload"]), (1, judge.SCAN_TRIES))

    def test_a_copy_that_is_wiped_too_late(self):
        for owner in ("crash-region", "stray", "text"):
            with self.subTest(owner):
                self.assertEqual(self.scan(["payload", owner], ["payload"]), (1, 1))

    def test_a_key_that_is_missing(self):
        self.assertEqual(self.scan([]), (1, 1))

    def test_red_and_a_key_that_the_garbage_collector_has_yet_to_free(self):
        red = {"loaded": "crash-region"}
        self.assertEqual(self.scan(["payload", "payload", "crash-region"], ["payload", "crash-region"], red=red), (0, 2))

    def test_red_by_the_owner_that_is_named(self):
        red = {"loaded": "crash-region"}
        self.assertEqual(self.scan(["payload", "crash-region"], red=red), (0, 1))
        self.assertEqual(self.scan(["payload", "stray"], red=red), (1, 1))
        self.assertEqual(self.scan([], red=red), (1, 1))
        self.assertEqual(self.scan(["payload"], red=red), (1, 1))

    def test_a_scan_that_the_header_lacks(self):
        session = Session(Settings("test", "A test."), Results(), "", FakeDisk(KEY))
        with mock.patch("judge._search", return_value=[]), contextlib.redirect_stdout(io.StringIO()) as output:
            judge.scan_memory(session, "laoded")
        self.assertEqual(session.results.failed, 1)
        self.assertIn("the header has no such scan", output.getvalue())


class Replays(unittest.TestCase):
    def test_runs_go_through_the_moment_once_for_each_word(self):
        settings = Settings("test", "A test.", replays=True, runs=["a", "b", "c"])
        trial = ["ok in first", "@leave panic 2", *phase("capture", "ok in capture")]
        lines = ["@phase first 6.12.0", "ok before", "@run", *trial, *trial, *trial]
        session, output = boot(lines, [*BOOT, *[PANIC, *BOOT] * 3], settings=settings, disk=FakeDisk(KEY))
        self.assertEqual(session.results.failed, 0, output)
        self.assertEqual([answer for answer in session.machine.answers if answer], ["a", "b", "c"])
        self.assertEqual(session.phases, ["first", "capture", "capture", "capture"])
        self.assertEqual(session.replay.summary(), (True, "3 runs: a b c"))

    def test_a_trial_that_dies(self):
        settings = Settings("test", "A test.", replays=True, runs=["a", "b"])
        lines = ["@phase first 6.12.0", "ok before", "@run", "ok in first", "@leave panic 2", *phase("capture", "ok"), "ok in first"]
        session, output = boot(lines, [*BOOT, PANIC, *BOOT], settings=settings, disk=FakeDisk(KEY))
        self.assertIn("the machine ended while first is running", output)
        self.assertTrue(session.results.failed)


class Plants(unittest.TestCase):
    def plant(self, search):
        """How many results failed where this is what a scan of the memory finds."""
        memory = bytearray(0x2010000)
        stopped = contextlib.nullcontext(SimpleNamespace(memory=memory, fd=-1))
        session = Session(Settings("test", "A test."), Results(), "", FakeDisk(KEY))
        session.machine = SimpleNamespace(stopped_memory=lambda: stopped)
        with mock.patch("scan.scan", side_effect=lambda memory, *_: search(memory)), contextlib.redirect_stdout(io.StringIO()):
            judge.plant(session)
        self.assertEqual((session.results.count, memory.count(0)), (1 + len(judge.PLANTED_FORMS), len(memory)))
        return session.results.failed

    @staticmethod
    def find(memory):
        """Halves of the key are strays, everything else is text."""
        at = judge.PLANTED_END - len(KEY) // 2
        if memory[at:at + len(KEY) // 2] == KEY[:len(KEY) // 2]:
            return [Hit(at, at + 32, 0, "plain", "stray"), Hit(judge.PLANTED_START, judge.PLANTED_START + 32, 4, "plain", "stray")]
        return [Hit(judge.PLANTED_START + 3, judge.PLANTED_START + 20, 0, "hex", "text")]

    def test_all_are_found(self):
        self.assertEqual(self.plant(self.find), 0)

    def test_none_is_found(self):
        self.assertEqual(self.plant(lambda memory: []), 1 + len(judge.PLANTED_FORMS))

    def test_one_half_is_missed(self):
        self.assertEqual(self.plant(lambda memory: self.find(memory)[:1]), 1)

    def test_text_elsewhere(self):
        self.assertEqual(self.plant(lambda memory: [hit for hit in self.find(memory) if hit.owner == "stray"] or
                                    [Hit(0x1000, 0x1010, 0, "hex", "text")]), len(judge.PLANTED_FORMS))

# SPDX-License-Identifier: GPL-2.0-only
"""A scenario from its first boot to its plan, on machines without QEMU."""

import contextlib
import dataclasses
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from arch import ARCH
from fakes import BOOT, PANIC, FakeMachine, phase
from results import Results
from scenario import LIMITS, Scenario, limits_of, show_phases
from session import Session
from settings import Settings

OPTIONS = SimpleNamespace(keep=False, shell=False, gdb=False, kernel="")
CRASH = phase("first", "ok one", how="panic") + phase("capture", "ok two")
CRASH_CONSOLE = [*BOOT, PANIC, *BOOT]


class Boots(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_it(self, settings, *boots):
        """BOOTS are the guest's lines, the console's, and how else each machine differs; exit
        status, and what was printed."""
        left = list(boots)

        def machine(scenario, start, words, tpm):
            del words, tpm
            lines, console, *more = left.pop(0)
            scenario._console(start).write_text("\n".join(console) + "\n")
            return FakeMachine(lines, **(more[0] if more else {}))

        with mock.patch.object(Scenario, "__init__", lambda scenario: None), mock.patch.object(Scenario, "_machine", machine), \
                contextlib.redirect_stdout(io.StringIO()) as output:
            scenario = Scenario()
            scenario.settings, scenario.options, scenario.dir = settings, OPTIONS, self.directory
            scenario.results = Results()
            scenario.session = Session(settings, scenario.results, "secret words")
            scenario.images = SimpleNamespace(build=lambda: None)
            status = scenario.run()
        self.assertEqual(left, [], output.getvalue())
        return status, output.getvalue()

    def settings(self, **words):
        return Settings("test", "A test.", disk="none", **words)

    def test_a_crash(self):
        status, output = self.run_it(self.settings(), (CRASH, CRASH_CONSOLE))
        self.assertEqual(status, 0, output)
        self.assertTrue(output.endswith("1..5\n"))

    def test_each_run_has_its_own_boot(self):
        self.assertEqual(self.run_it(self.settings(runs=["a", "b"]), *[(CRASH, CRASH_CONSOLE)] * 2)[0], 0)

    def test_a_phase_that_is_missing(self):
        status, output = self.run_it(self.settings(phases=["first", "capture", "last"]), (CRASH, CRASH_CONSOLE),
                                     (["@phase last 6.12.0"], BOOT))
        self.assertEqual(status, 1)
        self.assertIn("the machine ended while last is running", output)
        status, output = self.run_it(self.settings(), (phase("first", "ok one"), BOOT))
        self.assertEqual(status, 1)
        self.assertIn("phases first capture, seen first", output)

    def test_one_suite_of_two(self):
        lines = ["@phase first 6.12.0", "ok KUnit suite keys_kexec_codec"]
        self.assertEqual(self.run_it(self.settings(phases=["first"]), (lines, [*BOOT, PANIC]))[0], 1)

    def test_a_direct_map_that_panics_by_itself(self):
        lines = ["@phase first 6.12.0", "ok one", "ok two", *phase("capture", "ok three")]
        self.assertEqual(self.run_it(self.settings(), (lines, CRASH_CONSOLE))[0], 1)

    def test_a_scan_that_was_never_made(self):
        status, output = self.run_it(self.settings(scans={"loaded": {}}), (CRASH, CRASH_CONSOLE))
        self.assertEqual(status, 1)
        self.assertIn("not ok 6 - each scan of the header was made\n# loaded", output)

    def test_a_machine_in_which_no_kernel_began_is_started_once_more(self):
        nothing = ([], ["SeaBIOS"], {"status": -6})
        status, output = self.run_it(self.settings(), nothing, (CRASH, CRASH_CONSOLE))
        self.assertEqual(status, 0, output)
        self.assertIn("no kernel began", output)
        self.assertEqual(self.run_it(self.settings(), nothing, nothing)[0], 1)

    def test_a_kernel_that_began_and_said_nothing_is_not(self):
        self.assertEqual(self.run_it(self.settings(), ([], BOOT, {"status": -6}))[0], 1)

    def test_a_system_that_resumes(self):
        settings = self.settings(phases=["first", "resumed", "capture"])
        first = (phase("first", "ok one", how="hibernation"), BOOT)
        resumed = (phase("resumed", "ok two", how="panic") + phase("capture", "ok three"), [BOOT[0], PANIC, *BOOT])
        self.assertEqual(self.run_it(settings, first, resumed)[0], 0)

    def go_back(self, able):
        """On a machine that can go back to a moment, or cannot."""
        arch = dataclasses.replace(ARCH, rewinds=able)
        self.enterContext(mock.patch("scenario.ARCH", arch))
        self.enterContext(mock.patch("verbs.ARCH", arch))
        return Settings("test", "A test.", disk="none", replays=True, runs=["a", "b"])

    def test_runs_where_no_machine_goes_back(self):
        lines = [*phase("first", "ok one")[:-1], "@run", "@leave panic 1", "@phase capture 6.12.0", "ok two", "@trial", "@end capture 0 1"]
        self.assertEqual(self.run_it(self.go_back(False), *[(lines, CRASH_CONSOLE)] * 2)[0], 0)

    def test_runs_of_one_boot(self):
        settings = self.go_back(True)
        trial = ["@leave panic 1", *phase("capture", "ok two")]
        lines = ["@phase first 6.12.0", "ok one", "@run", *trial, *trial]
        status, output = self.run_it(settings, (lines, [*BOOT, *[PANIC, *BOOT] * 2]))
        self.assertEqual(status, 0, output)
        status, output = self.run_it(settings, (lines[:-4], [*BOOT, PANIC, *BOOT]))
        self.assertEqual(status, 1)
        self.assertIn("phases first capture*2, seen first capture", output)


class Limits(unittest.TestCase):
    def test_a_kernel_that_watches_itself_may_take_longer(self):
        for kernel, loads, factor in (("", "", 1), ("off", "nowipe", 1), ("debug", "", 3), ("", "debug+unlocked", 3),
                                      ("kcsan", "kcsan", 3)):
            settings = dataclasses.replace(Settings("name", "about"), kernel=kernel, loads=loads)
            self.assertEqual(limits_of(settings), tuple(factor * limit for limit in LIMITS))


class Names(unittest.TestCase):
    def test_phases_are_shown_as_a_header_has_them(self):
        self.assertEqual(show_phases(["first", "next", "next", "capture"]), "first next*2 capture")

# SPDX-License-Identifier: GPL-2.0-only
"""Headers of scenarios: what is not understood is refused."""

import unittest
from pathlib import Path

import fakes
from arch import ARCH
from settings import Scenarios, SettingsError, describe_settings, parse_header

HEADER = "# SPDX-License-Identifier: GPL-2.0-only\n# shellcheck shell=dash\n#\n# A key is carried over.\n#\n"
SCENARIOS = Path(fakes.__file__).resolve().parent.parent / "scenarios"


def parse(text, **others):
    return parse_header("test", text, others.__getitem__)


def settings(*lines, **others):
    return parse(HEADER + "".join(f"# {line}\n" for line in lines) + "\nfirst() { :; }\n", **others)


class Values(unittest.TestCase):
    def test_defaults(self):
        found = settings("disk: none")
        self.assertEqual((found.mem, found.cpus, found.phases, found.runs_here(), found.replays, found.script, found.about),
                         (768, 2, ["first", "capture"], [""], False, "test", "A key is carried over."))

    def test_every_kind(self):
        found = settings("mem: 1024", "cpus: 3", "phases: first next*3", "runs: a b", "replays: yes", "kernel: debug", "loads: off",
                         "scan loaded: payload=1 cipher=0-4", "scan booted:", "red: loaded=payload console=RCU prompt", "crashkernel: 2G",
                         "disk: luks1", "append: nokaslr word=1")
        self.assertEqual((found.mem, found.cpus, found.replays, found.kernel, found.loads), (1024, 3, True, "debug", "off"))
        self.assertEqual(found.phases, ["first", "next", "next", "next"])
        self.assertEqual(found.scans, {"loaded": {"payload": (1, 1), "cipher": (0, 4)}, "booted": {}})
        self.assertEqual(found.red, {"loaded": "payload", "console": "RCU", "prompt": None})
        self.assertEqual((found.crashkernel, found.disk, found.append), ("2G", "luks1", "nokaslr word=1"))

    def test_runs_of_one_handover(self):
        found = settings("runs: a", "runs setup-data: b", "runs fdt: c")
        self.assertEqual(found.runs_here(), ["a", "b"] if ARCH.handover == "setup-data" else ["a", "c"])

    def test_another_scenario_taken_over(self):
        base = HEADER + "# mem: 1024\n# scan loaded: payload=1\n# phases: first\n"
        found = settings("script: base", "mem: 512", base=base)
        self.assertEqual((found.mem, found.phases, found.script, found.scans), (512, ["first"], "base", {"loaded": {"payload": (1, 1)}}))

    def test_one_scenario_does_not_change_another(self):
        settings("scan loaded: payload=1", "runs fdt: c", "runs: a")
        found = settings("disk: none")
        self.assertEqual((found.scans, found.runs, found.runs_where), ({}, [], {}))


class Refused(unittest.TestCase):
    def assert_refused(self, expected, *lines, **others):
        with self.assertRaisesRegex(SettingsError, expected):
            settings(*lines, **others)

    def test_unknown_words(self):
        self.assert_refused('unknown setting "cpu"; perhaps "cpus"', "cpu: 3")
        self.assert_refused('unknown setting "memory"', "memory: 3")
        self.assert_refused('unknown setting "first"', "first: debug")
        self.assert_refused('unknown setting "mem"', "mem loaded: 3")
        self.assert_refused('unknown setting "scan"', "scan: payload=1")

    def test_values(self):
        for line in ("mem: many", "mem: 0", "mem:", "cpus: -1", "disk: luks3", "replays: maybe", "tpm: 1", "init: sysv", "firmware: bios",
                     "clock: some", "crashkernel: 128", "phases:", "phases: first capture*", "phases: 1st", "scan loaded: payload",
                     "scan loaded: payload=some", "red: loaded", "red: console", "red: prompt=payload", "runs elsewhere: a", "system: mkinitcpio"):
            with self.subTest(line):
                self.assert_refused("", line)

    def test_a_red_scan_that_is_none(self):
        self.assert_refused("red: no scan loaded", "red: loaded=payload")

    def test_twice(self):
        self.assert_refused("set twice", "mem: 512", "mem: 768")
        self.assert_refused("set twice", "scan loaded: payload=1", "scan loaded: payload=2")

    def test_prose_among_settings(self):
        self.assert_refused("not a setting", "mem: 512", "Then the machine panics.")

    def test_a_setting_among_prose(self):
        with self.assertRaisesRegex(SettingsError, "reads like a setting"):
            parse("# A key.\n# mem: 512\n#\n# cpus: 3\n")

    def test_prose_that_reads_like_a_setting(self):
        with self.assertRaisesRegex(SettingsError, "reads like a setting"):
            parse("# A key is\n# carried over: how\n#\n# cpus: 3\n")

    def test_no_description(self):
        with self.assertRaisesRegex(SettingsError, "no description"):
            parse("# SPDX-License-Identifier: GPL-2.0-only\n#\n# mem: 512\n")

    def test_replays_without_a_disk(self):
        self.assert_refused("no", "replays: yes", "disk: none")

    def test_prepared_with_another_generator(self):
        self.assertTrue(settings("prepared: yes", "system: initramfs-tools").prepared)
        self.assert_refused("initramfs-tools only", "prepared: yes", "system: dracut")
        self.assert_refused("initramfs-tools only", "prepared: yes")


class Files(unittest.TestCase):
    def test_each_scenario_is_understood_and_listed(self):
        scenarios = Scenarios(SCENARIOS)
        self.assertGreater(len(scenarios.names()), 50)
        self.assertEqual(len(list(scenarios.list())), len(scenarios.names()))

    def test_a_scenario_that_is_not_there(self):
        with self.assertRaisesRegex(SettingsError, "no scenario other"):
            Scenarios(SCENARIOS).settings("other")

    def test_help_has_each_setting(self):
        for word in ("kernel", "loads", "scan NAME", "runs WHERE", "red", "packages"):
            self.assertIn(f"  {word} ", describe_settings())

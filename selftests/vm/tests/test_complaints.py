# SPDX-License-Identifier: GPL-2.0-only
"""What a console says: each kind of complaint is found, and nothing else."""

import unittest

import fakes
from complaints import COMPLAINTS, KNOWN, PLANTED, TIMELESS, read_console

QUIET = """\
SeaBIOS (version 1.16.2)
KASLR using RDRAND RDTSC...
[    0.000000] Linux version 6.12.117 (build@host) (gcc 12.2.0) #1 SMP
[    0.000000] Command line: console=ttyS0 panic=1 panic_on_warn=1 oops=panic
[    0.004000] Spectre V1 : Mitigation: usercopy/swapgs barriers and __user pointer sanitization
[    0.190000] Freeing kexec keys memory: 128K
[    0.250000] clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable because the skew is too large:
WARNING: Failed to connect to lvmetad. Falling back to device scanning.
BUG: said by a program
[    1.250000] kexec-keys: handover buffer at 0x5f600000: digest
[    2.000000] sysrq: Trigger a crash
"""


def read(*lines, functions=()):
    return read_console("\r\n".join(lines) + "\r\n", lambda: set(functions))


class Complaints(unittest.TestCase):
    def test_each_kind_is_found(self):
        for complaint in COMPLAINTS:
            for time in ("[    1.234567] ", "[12345.000001][  T123] ", "[    3.000000][    C1] "):
                with self.subTest(complaint.example, time=time):
                    self.assertEqual(read(time + complaint.example).complaints, [complaint.example])

    def test_no_kind_is_found_by_the_pattern_of_another(self):
        for complaint in COMPLAINTS:
            with self.subTest(complaint.example):
                self.assertEqual([other.example for other in COMPLAINTS if other.pattern.match(complaint.example)],
                                 [complaint.example])

    def test_one_behind_what_a_program_prints(self):
        self.assertEqual(read("login: [    1.234567] BUG: spinlock bad magic on CPU#0").complaints,
                         ["BUG: spinlock bad magic on CPU#0"])

    def test_what_the_decompressor_says(self):
        for complaint in TIMELESS:
            self.assertEqual(read(complaint.example).complaints, [complaint.example])

    def test_what_the_base_complains_of(self):
        for known in KNOWN:
            self.assertTrue(known.reason)
            self.assertTrue(any(complaint.pattern.match(known.example) for complaint in COMPLAINTS))
            self.assertEqual(read(f"[    1.234567] {known.example}").complaints, [])

    def test_a_quiet_boot(self):
        console = read_console(QUIET, set)
        self.assertEqual((console.complaints, console.boots, console.panics, console.planted), ([], 1, 0, 0))

    def test_counts(self):
        console = read(fakes.BANNER, fakes.PLANTED_LINE, fakes.PANIC, fakes.BANNER, fakes.PLANTED_LINE,
                       "[    1.0] Linux version 6", "said: Linux version 6.1")
        self.assertEqual((console.complaints, console.boots, console.panics, console.planted), ([], 2, 1, 2))
        self.assertNotIn(PLANTED, console.complaints)

    def test_a_panic_that_quotes_a_banner_is_no_boot(self):
        console = read("[    9.000000] Kernel panic - not syncing: Linux version 6.12.0 (root@host)")
        self.assertEqual((console.boots, console.panics), (0, 1))


class Races(unittest.TestCase):
    REPORT = ("[    5.000000] BUG: KCSAN: data-race in key_revoke / {}", "[    5.000000] write to 0xffff by task 1 on cpu 0:",
              "[    5.000000]  key_revoke+0x1", "[    5.000000] ==========", "[    5.000000] other")

    def report(self, function):
        return read(*(line.format(function) for line in self.REPORT), functions={"kexec_keys_update"}).complaints

    def test_one_of_ours_is_reported_whole(self):
        self.assertEqual(len(self.report("kexec_keys_update")), 3)

    def test_one_of_the_base(self):
        self.assertEqual(self.report("key_validate"), [])

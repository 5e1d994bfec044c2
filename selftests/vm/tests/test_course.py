# SPDX-License-Identifier: GPL-2.0-only
"""A guest that dies, or does anything else that it has not announced, is a failure."""

import unittest

from fakes import BANNER, BOOT, PANIC, PLANTED_LINE, boot, phase

CRASH = phase("first", "ok loaded", how="panic") + phase("capture", "ok adopted", "ok dumped")


class Good(unittest.TestCase):
    def assert_good(self, lines, console, results, **more):
        session, output = boot(lines, console, **more)
        self.assertEqual(session.results.failed, 0, output)
        self.assertEqual(session.results.count, results + 2, output)

    def test_a_phase_that_ends_by_its_own_word(self):
        self.assert_good(phase("first", "ok one"), BOOT, 1)

    def test_a_panic_and_its_capture_kernel(self):
        self.assert_good(CRASH, [*BOOT, PANIC, *BOOT], 3)

    def test_a_kexec(self):
        self.assert_good(phase("first", "ok one", how="kexec") + phase("next", "ok two"), BOOT * 2, 2)

    def test_hibernation_ends_the_machine(self):
        self.assert_good(phase("first", "ok one", how="hibernation"), BOOT, 1)

    def test_a_system_that_resumes_and_panics(self):
        self.assert_good(phase("resumed", "ok one", how="panic") + phase("capture", "ok two"), [BANNER, PANIC, *BOOT], 2,
                         start="resumed")

    def test_a_reboot_and_a_poweroff(self):
        self.assert_good(phase("first", "ok one", how="reboot"), BOOT, 1)
        self.assert_good(phase("first", "ok one", how="poweroff"), BOOT, 1, reason="guest-shutdown")


class Bad(unittest.TestCase):
    def assert_bad(self, expected, lines, console, **more):
        session, output = boot(lines, console, **more)
        self.assertTrue(session.results.failed, output)
        self.assertIn(expected, output)

    def test_a_phase_that_dies_after_one_check(self):
        self.assert_bad("the machine ended while first is running", ["@phase first 6.12.0", "ok one"], BOOT)

    def test_a_machine_that_says_nothing(self):
        self.assert_bad("the machine ended while the machine is off", [], BOOT)

    def test_a_capture_kernel_that_dies_after_its_first_check(self):
        self.assert_bad("the machine ended while capture is running", CRASH[:-2], [*BOOT, PANIC, *BOOT])

    def test_a_capture_kernel_that_never_begins(self):
        self.assert_bad("the machine ended while first is left by panic", CRASH[:3], [*BOOT, PANIC])

    def test_a_panic_that_was_not_announced(self):
        lines = ["@phase first 6.12.0", "ok one", *phase("capture", "ok two")]
        self.assert_bad("capture begins unannounced: first is running", lines, [*BOOT, PANIC, *BOOT])

    def test_a_panic_after_the_phase_has_ended(self):
        self.assert_bad("1 panics on the console, 0 announced", phase("first", "ok one"), [*BOOT, PANIC])

    def test_a_panic_of_the_capture_kernel(self):
        self.assert_bad("2 panics on the console, 1 announced", CRASH, [*BOOT, PANIC, *BOOT, PANIC])

    def test_a_boot_that_was_not_announced(self):
        self.assert_bad("2 boots on the console, 1 announced", phase("first", "ok one"), [*BOOT, BANNER])

    def test_a_phase_of_another_name(self):
        self.assert_bad("last begins unannounced", phase("last", "ok one"), BOOT)

    def test_a_capture_kernel_after_a_kexec(self):
        lines = phase("first", "ok one", how="kexec") + phase("capture", "ok two")
        self.assert_bad("capture begins unannounced: first is left by kexec", lines, BOOT * 2)

    def test_another_kernel_after_a_panic(self):
        lines = phase("first", "ok one", how="panic") + phase("next", "ok two")
        self.assert_bad("next begins unannounced: first is left by panic", lines, [*BOOT, PANIC, *BOOT])

    def test_a_kexec_that_does_not_happen(self):
        lines = [*phase("first", "ok one", how="kexec"), "not ok the next kernel is entered", "@end first 0 2"]
        self.assert_bad("a result while first is left by kexec", lines, BOOT)
        self.assert_bad("first ends while first is left by kexec", lines, BOOT)

    def test_a_good_result_after_the_phase_was_left(self):
        self.assert_bad("a result while first is left by panic: ok late", [*CRASH[:3], "ok late", *CRASH[3:]], [*BOOT, PANIC, *BOOT])

    def test_a_result_that_got_lost(self):
        self.assert_bad("first has 2 results, 1 arrived", phase("first", "ok one", count=2), BOOT)
        self.assert_bad("first has 2 results, 1 arrived",
                        phase("first", "ok one", how="panic", count=2) + phase("capture", "ok two"), [*BOOT, PANIC, *BOOT])

    def test_a_phase_without_a_result(self):
        self.assert_bad("first has no result", phase("first"), BOOT)

    def test_a_phase_that_ends_with_a_status(self):
        self.assert_bad("first ended with status 127", phase("first", "ok one", status=127), BOOT)

    def test_a_status_of_qemu(self):
        self.assert_bad("QEMU ended with status -11", phase("first", "ok one"), BOOT, status=-11)

    def test_an_end_of_another_kind(self):
        self.assert_bad("ended by guest-shutdown", phase("first", "ok one"), BOOT, reason="guest-shutdown")
        self.assert_bad("ended by guest-reset", phase("first", "ok one", how="poweroff"), BOOT)
        self.assert_bad("ended by guest-panic", phase("first", "ok one"), BOOT, reason="guest-panic")

    def test_a_console_that_is_not_read(self):
        self.assert_bad("0 planted complaints on the console, 1 announced", phase("first", "ok one"), [BANNER])
        self.assert_bad("0 boots on the console, 1 announced", phase("first", "ok one"), [PLANTED_LINE])

    def test_a_line_that_is_none_of_the_protocol(self):
        self.assert_bad("not a line of the protocol: k one", ["@phase first 6.12.0", "k one", "@end first 0 0"], BOOT)

    def test_an_announcement_after_the_end(self):
        self.assert_bad("panic announced while first is ended", [*phase("first", "ok one"), "@leave panic 1"], BOOT)
        self.assert_bad("kexec announced while first is left by panic", [*CRASH[:3], "@leave kexec 1"], [*BOOT, PANIC])

    def test_a_phase_that_ends_under_another_name(self):
        self.assert_bad("capture ends while first is running", ["@phase first 6.12.0", "ok one", "@end capture 0 1"], BOOT)

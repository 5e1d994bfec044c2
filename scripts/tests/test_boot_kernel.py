# SPDX-License-Identifier: GPL-2.0-or-later
"""What counts as a kernel that has booted."""

import unittest

from boot_kernel import judge
from tap import Failed

PORT = """booted 6.12.5
    KTAP version 1
    # Subtest: keys_kexec_codec
    ok 1 empty
# keys_kexec_codec: pass:1 fail:0 skip:0 total:1
ok 1 keys_kexec_codec
ring 123
end
"""
CONSOLE = "[    0.000000] Linux version 6.12.5 (kexec-keys)\r\n[    1.000000] Run /init as init process\r\n"


class Judge(unittest.TestCase):
    def assert_failed(self, port, console, reason):
        with self.assertRaisesRegex(Failed, reason):
            judge(port, console, True)

    def test_a_good_boot(self):
        judge(PORT, CONSOLE, True)

    def test_a_kernel_without_tests(self):
        judge("booted 6.12.5\nend\n", CONSOLE, False)
        self.assert_failed("booted 6.12.5\nend\n", CONSOLE, "no KUnit suite")

    def test_no_word_of_the_first_process(self):
        self.assert_failed("", CONSOLE, "by its own word")
        self.assert_failed(PORT.replace("booted", "bootet"), CONSOLE, "by its own word")

    def test_no_end(self):
        self.assert_failed(PORT.replace("end\n", ""), CONSOLE, "by its own word")

    def test_a_suite_that_failed(self):
        self.assert_failed(PORT.replace("ok 1 keys", "not ok 1 keys"), CONSOLE, "KUnit")
        self.assert_failed(PORT.replace("    ok 1 empty", "    not ok 1 empty"), CONSOLE, "KUnit")

    def test_a_complaint(self):
        self.assert_failed(PORT, CONSOLE + "[    1.100000] BUG: sleeping function called from invalid context\r\n", "complains")

    def test_a_panic(self):
        self.assert_failed(PORT, CONSOLE + "[    1.100000] Kernel panic - not syncing: no\r\n", "1 panics")

    def test_two_boots(self):
        self.assert_failed(PORT, CONSOLE * 2, "2 boots")
        self.assert_failed(PORT, "", "0 boots")

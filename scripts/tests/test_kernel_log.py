# SPDX-License-Identifier: GPL-2.0-or-later
"""What counts as a complaint in the log of a kernel build."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from kernel_log import complaints

PROGRAM = Path(__file__).resolve().parent.parent / "kernel-log"

# Lines as gcc 12, GNU ld 2.40 and the kernel's own tools write them.
COMPLAINTS = {
    "the compiler": "../security/keys/kexec/ring.c:12:5: warning: unused variable 'i' [-Wunused-variable]",
    "the linker": "ld: warning: arch/x86/boot/compressed/head_64.o: missing .note.GNU-stack section implies executable stack",
    "the linker of another architecture": "aarch64-linux-gnu-ld: warning: vmlinux has a LOAD segment with RWX permissions",
    "objtool": "vmlinux.o: warning: objtool: adopt+0x12: unreachable instruction",
    "modpost": "WARNING: modpost: vmlinux: section mismatch in reference: adopt+0x4 (section: .text) -> begin (section: .init.text)",
    "modpost, of a module": "WARNING: modpost: missing MODULE_DESCRIPTION() in drivers/md/dm-crypt.o",
    "Kconfig's dependencies": "WARNING: unmet direct dependencies detected for CRYPTO_LIB_SHA256",
    "an option set twice": "wanted.config:114:warning: override: reassigning to symbol KEYS_KEXEC",
    "a value that does not fit": "wanted.config:9:warning: symbol value 'maybe' invalid for KEYS",
    "an option defined badly": "security/keys/kexec/Kconfig:3:warning: config symbol defined without type",
    "a recursive dependency": "error: recursive dependency detected!",
}
QUIET = """  CC      security/keys/kexec/ring.o
  CALL    ../scripts/checksyscalls.sh
  LD      .tmp_vmlinux.kallsyms1
  CC      lib/warning.o
# configuration written to .config
Kernel: arch/x86/boot/bzImage is ready  (#1)
"""


class Complaints(unittest.TestCase):
    def test_each_kind_is_found(self):
        for name, line in COMPLAINTS.items():
            with self.subTest(name):
                self.assertEqual(complaints(QUIET + line + "\n" + QUIET), [line])

    def test_a_quiet_log(self):
        self.assertEqual(complaints(QUIET), [])
        self.assertEqual(complaints(""), [])

    def test_each_once(self):
        line = COMPLAINTS["modpost"]
        self.assertEqual(complaints(f"{line}\n{line}\n"), [line])


class Program(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_it(self, **logs):
        names = []
        for name, text in logs.items():
            names.append(self.top / name)
            if text is not None:
                names[-1].write_text(text)
        done = subprocess.run([PROGRAM, *names], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_quiet_logs(self):
        self.assertEqual(self.run_it(config="", build=QUIET), (0, ""))

    def test_a_complaint_in_either_log(self):
        line = COMPLAINTS["modpost"]
        self.assertEqual(self.run_it(config=line, build=QUIET), (1, line + "\n"))
        self.assertEqual(self.run_it(config="", build=line), (1, line + "\n"))

    def test_a_log_that_is_not_there(self):
        self.assertEqual(self.run_it(config="", build=None)[0], 1)
        self.assertEqual(self.run_it()[0], 1)

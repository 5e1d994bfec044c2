# SPDX-License-Identifier: GPL-2.0-only
"""What a whole Debian is installed from."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import debian
from settings import Settings


class Installation(unittest.TestCase):
    def setUp(self):
        self.built = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(debian, "PACKAGES", self.built))

    def build(self, *names):
        for name in names:
            (self.built / name).touch()

    @staticmethod
    def debian(**words):
        return debian.Debian(Settings("test", "A test.", system="initramfs-tools", **words), Path("/run/of/it"))

    def names(self, **words):
        return [path.name for path in self.debian(**words).packages()]

    def test_each_kernel_has_its_package(self):
        self.build("linux-image-6.12.1-kexec-keys_6.12.1-kexec-keys-1_amd64.deb", "linux-image-test_6.12.1-1_amd64.deb",
                   "kexec-keys_0.1-1_amd64.deb", "kexec-keys-dbgsym_0.1-1_amd64.deb", "kexec-keys_0.1-1_amd64.changes")
        self.assertEqual(self.names(), ["linux-image-6.12.1-kexec-keys_6.12.1-kexec-keys-1_amd64.deb", "kexec-keys_0.1-1_amd64.deb"])
        self.assertEqual(self.names(packages=["linux-image-test", "kexec-keys"]),
                         ["linux-image-test_6.12.1-1_amd64.deb", "kexec-keys_0.1-1_amd64.deb"])

    def test_a_package_that_is_missing_or_there_twice(self):
        self.build("kexec-keys_0.1-1_amd64.deb")
        for names in ((), ("linux-image-test_6.12.1-1_amd64.deb", "linux-image-test_6.12.2-1_amd64.deb")):
            self.build(*names)
            with self.subTest(names), self.assertRaisesRegex(FileNotFoundError, "linux-image-test kexec-keys"):
                self.names(packages=["linux-image-test", "kexec-keys"])

    def prepare(self, system):
        with mock.patch.object(debian.subprocess, "run") as run:
            system.prepare()
        return [[Path(word).name for word in call.args[0]] for call in run.call_args_list]

    def test_in_the_guest(self):
        system = self.debian()
        self.assertEqual(self.prepare(system), [["debian-root", "initramfs-tools"]])
        self.assertEqual(system.source(), system.root.parent / "debian13-initramfs-tools.tar")

    def test_on_this_machine(self):
        self.build("linux-image-test_6.12.1-1_amd64.deb")
        system = self.debian(prepared=True, packages=["linux-image-test"])
        self.assertEqual(self.prepare(system), [["debian-root", "initramfs-tools"],
                                                ["debian-image", "system.img", "linux-image-test_6.12.1-1_amd64.deb"]])
        self.assertEqual(system.source(), Path("/run/of/it/system.img"))


if __name__ == "__main__":
    unittest.main()

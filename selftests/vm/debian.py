# SPDX-License-Identifier: GPL-2.0-only
"""A whole Debian on an encrypted disk: what installs it, how it is booted, and who
types its passphrase."""

import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PACKAGES = TOP / "build/packages"
# What installs it, beside what every guest has.
PROGRAMS = ("lvm", "tar", "chroot", "blkid", "mkfs.btrfs", "resize2fs")
# Of cryptsetup-initramfs, of systemd-cryptsetup and of cryptsetup itself.
PROMPT = re.compile(rb"(?:Please unlock disk|Please enter passphrase for disk|Enter passphrase for) ([^\n:]*):")


class Typist:
    """Watches the console, and types the passphrase where it is asked for."""

    PATIENCE = 60
    # Who asks may throw away what was typed before its prompt was complete.
    PAUSE = 1

    def __init__(self, passphrase):
        self.passphrase = passphrase
        self.seen = b""
        self.asked = []
        self.answers = True
        self.asked_in_vain = 0
        self.leaves_at = float("inf")

    def has_waited(self):
        """Who is asked in vain may wait for ever; this is enough of it."""
        return time.monotonic() > self.leaves_at

    def read(self, data):
        self.seen += data
        prompt = PROMPT.search(self.seen)
        if not prompt:
            self.seen = self.seen[-200:]
            return b""
        self.seen = b""
        if not self.answers:
            self.asked_in_vain += 1
            self.leaves_at = time.monotonic() + self.PATIENCE
            return b""
        self.asked.append(prompt.group(1).decode(errors="replace"))
        time.sleep(self.PAUSE)
        return self.passphrase.encode() + b"\n"


class Debian:
    """What SETTINGS say of it. It is booted from files in DIRECTORY."""

    def __init__(self, settings, directory):
        self.wanted = settings.packages
        self.prepared = settings.prepared
        self.generator = settings.system
        self.root = TOP / "build/guest" / f"debian13-{self.generator}"
        self.directory = directory
        self.typist = None

    def source(self):
        """What the guest unpacks, or copies."""
        return self.directory / "system.img" if self.prepared else self.root.with_suffix(".tar")

    def prepare(self):
        subprocess.run([HERE / "debian-root", self.generator], check=True, stdout=sys.stderr)
        if self.prepared:
            subprocess.run([HERE / "debian-image", self.source(), *self.packages()], check=True, stdout=sys.stderr)

    def packages(self):
        """Ours, that are installed on it."""
        found = [path for name in self.wanted for path in PACKAGES.glob(f"{name}_*.deb")]
        if len(found) != len(self.wanted):
            raise FileNotFoundError(f"build/packages has not one of each: {' '.join(self.wanted)}")
        return found

    def crashkernel(self):
        """The distribution's default."""
        setting = (self.root / "etc/default/grub.d/kdump-tools.cfg").read_text()
        return re.search(r"crashkernel=(\S+?)\"", setting).group(1)

    def take_boot_files(self, disk):
        """Out of the file system that is /boot, as a boot loader would."""
        listing = self._debugfs(disk, "ls -p /")
        for name in ("vmlinuz", "initrd.img"):
            files = re.findall(rf"/({name}-[^/]*)/", listing)
            if len(files) != 1:
                raise FileNotFoundError(f"/boot has not one {name}: {files}")
            self._debugfs(disk, f"dump /{files[0]} {self.directory / name}")

    @staticmethod
    def _debugfs(disk, command):
        return subprocess.run(["debugfs", "-R", command, disk], check=True, capture_output=True, text=True).stdout

    def boot_options(self):
        return ["-kernel", str(self.directory / "vmlinuz"), "-initrd", str(self.directory / "initrd.img")]

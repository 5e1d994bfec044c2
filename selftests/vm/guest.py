# SPDX-License-Identifier: GPL-2.0-only
"""What the guest of a scenario boots: the kernels, and the initramfs images."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from arch import ARCH
from complaints import PLANTED, is_watchful
from debian import PROGRAMS as DEBIAN_PROGRAMS
from initramfs import Cpio, Root

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
BASE = os.environ.get("BASE", "6.12")
SUFFIX = "" if ARCH.is_native else f"-{ARCH.name}"
PROGRAMS = ("dash", "keyctl", "cryptsetup", "dmsetup", "kexec", "makedumpfile", "mke2fs", "grep", "file")
# What run_kselftest.sh and its tests call; busybox has not all that they ask of it.
CI_PROGRAMS = ("realpath", "uniq", "seq", "chroot", "timeout", "readlink", "mktemp", "tee", "tr", "od",
               "sed", "sort", "head", "tail", "cut", "dirname", "basename", "env", "date", "find", "sleep", "stat", "nice",
               # What kexec-keys check lists an initramfs with.
               "lsinitramfs", "unmkinitramfs", "cpio", "getopt",
               # What file systems stand on.
               "mdadm", "mkfs.btrfs",
               "setpriv")
GUEST_PROGRAMS = ("storm", "latency", "fill", "loads", "looks", "failload", "owner", "typist")


class GuestError(Exception):
    """What is missing, and how it is made."""


def kernel(variant):
    return TOP / "build/kernel" / f"{BASE}-{ARCH.name}{variant and '-' + variant}" / ARCH.image


def loaded(variant):
    """What kexec loads of it."""
    return kernel(variant).with_name(ARCH.loaded or ARCH.image)


def read_symbols(variant):
    """Addresses by name, as they are without KASLR."""
    lines = (kernel(variant).parent / "System.map").read_text().splitlines()
    return {name: int(address, 16) for address, _, name in map(str.split, lines)}


def programs(name):
    """Where those are that were built for the guest's architecture."""
    return TOP / "build" / f"{name}{SUFFIX}"


def find_program(word):
    """Name and path of NAME/PROGRAM."""
    build, _, program = word.partition("/")
    path = programs(build) / program
    if not path.exists():
        raise GuestError(f"no {os.path.relpath(path)}; make {build} builds it")
    return program, path


def guest_program(name):
    """One of those that stand beside this file, compiled for the guest."""
    out = TOP / "build/vm" / f"{name}.{ARCH.name}"
    source = HERE / f"{name}.c"
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        # Scenarios that run side by side want it at the same time: whole, or not yet.
        new = out.with_suffix(f".{os.getpid()}")
        subprocess.run([ARCH.gcc, "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", new, source],
                       check=True)
        new.rename(out)
    return out


def command_line(variant):
    """Of every kernel. One that does not watch itself dies of its first complaint. A starved
    emulator is not a stall before minutes have passed."""
    fatal = "" if is_watchful(variant) else " panic_on_warn=1 oops=panic"
    return f"console={ARCH.console} {ARCH.words} panic=1 loglevel=6 rcupdate.rcu_cpu_stall_timeout=300{fatal}"


def refuse_redefinition(script):
    """A scenario that has a "fail" of its own would hide what fails."""
    ours, its = (set(re.findall(r"^(\w+)\(\)", path.read_text(), re.MULTILINE))
                 for path in (HERE / "guest/lib.sh", script))
    if ours & its:
        raise GuestError(f"{script.name} redefines {' '.join(sorted(ours & its))} of guest/lib.sh")


class GuestImages:
    """For one scenario, in DIRECTORY: first.img, which has capture.img in it. SCRIPT is the file
    with its phases, DEBIAN the whole system or None, WORDS what its kernels are told."""

    def __init__(self, settings, script, directory, debian, words, interactive):
        self.settings = settings
        self.script = script
        self.directory = directory
        self.debian = debian
        self.words = words
        self.interactive = interactive
        self.programs = dict(map(find_program, settings.programs))
        refuse_redefinition(script)

    def root(self):
        """The unpacked Debian that the guest's programs come from. A newer one may take its
        name at any time; this one then stays for a while."""
        if self.debian:
            return self.debian.root.resolve()
        return (TOP / "build/guest" / f"{self.settings.userspace}-{ARCH.debian}").resolve()

    def build(self):
        first = self.directory / "first.img"
        if self.debian:
            self.debian.prepare()
            self._build(first, self._debian_files(), compress=False)
            return
        subprocess.run([HERE / "root", self.settings.userspace, ARCH.debian], check=True, stdout=sys.stderr)
        capture = self.directory / "capture.img"
        self._build(capture, {}, compress=True)
        own = {"boot/own": loaded(self.settings.kernel)} if self.settings.loads != self.settings.kernel else {}
        self._build(first, {"boot/kernel": loaded(self.settings.loads), "boot/capture.img": capture, **own,
                            "kselftest": programs("kselftest") / "install", **self._overlay()}, compress=False)

    def _debian_files(self):
        packages = [] if self.debian.prepared else self.debian.packages()
        return {**{f"packages/{path.name}": path for path in packages},
                "guest/init": guest_program("init"),
                "guest/scenario.service": HERE / "guest/scenario.service",
                "guest/kdumpbase": HERE / "guest/kdumpbase",
                "guest/autopkgtest": TOP / "packaging/debian/tests/reboot"}

    def _overlay(self):
        name = self.settings.overlay
        if not name:
            return {}
        subprocess.run([TOP / "scripts" / name], check=True, stdout=sys.stderr)
        return {"": TOP / "build" / name / "overlay"}

    def _build(self, path, extra, compress):
        cpio = Cpio()
        root = Root(cpio, self.root())
        for program in PROGRAMS:
            root.program(program)
        if extra:
            self._add_more_programs(cpio, root)
        root.foreign_program("usr/sbin/kexec-keys", programs("userspace") / "kexec-keys")
        for name, program in self.programs.items():
            root.foreign_program(f"usr/local/sbin/{name}", program)
        # busybox's own shell would run its applets in place of real programs.
        cpio.symlink("usr/bin/sh", "dash")
        root.busybox()
        cpio.file("init", guest_program("init"))
        for program in GUEST_PROGRAMS:
            cpio.file(f"usr/bin/{program}", guest_program(program))
        cpio.file("guest/lib.sh", HERE / "guest/lib.sh")
        cpio.file("guest/scenario", self.script)
        for name, source in extra.items():
            (cpio.tree if source.is_dir() else cpio.file)(name, source)
        cpio.data("guest/conf", self._configuration().encode())
        cpio.write(path, compress)

    def _add_more_programs(self, cpio, root):
        """What the first kernel's system has, and a capture kernel's has not."""
        for program in DEBIAN_PROGRAMS if self.debian else CI_PROGRAMS:
            root.program(program)
        cpio.file("usr/share/misc/magic.mgc", self.root() / "usr/lib/file/magic.mgc")
        if self.settings.tpm:
            root.tpm()
        if self.settings.init == "systemd":
            root.systemd()
            cpio.file("etc/systemd/system/scenario.service", HERE / "guest/scenario.service")

    def _configuration(self):
        words = {"CAPTURE_APPEND": f"{command_line(self.settings.loads)} nr_cpus=1 reset_devices {self.words}",
                 "CONSOLE": ARCH.console, "SYSTEM": self.settings.system,
                 "PREPARED": "yes" if self.settings.prepared else "", "PLANTED": PLANTED,
                 "FIRMWARE": self.settings.firmware, "INTERACTIVE": "yes" if self.interactive else ""}
        return "".join(f"{word}={shlex.quote(value)}\n" for word, value in words.items())

# SPDX-License-Identifier: GPL-2.0-only
"""One scenario from its first boot to its plan."""

import itertools
import os
import re
import secrets
import shlex
import shutil
from pathlib import Path

import judge
from arch import ARCH
from debian import Debian, Typist
from disk import Disk
from guest import BASE, SUFFIX, TOP, GuestError, GuestImages, command_line, kernel
from machine import Machine
from results import Results
from session import Session
from tpm import Tpm

HERE = Path(__file__).resolve().parent
LIMITS = (900 * ARCH.slowness, 2400 * ARCH.slowness)
NO_LIMITS = (float("inf"), float("inf"))
# A kernel that watches itself takes so much longer.
DEBUG_KERNEL = re.compile(r"debug|kcsan")
DEBUG_SLOWNESS = 3
LAST_WORDS = 20


def show_phases(phases):
    return " ".join(phase if times == 1 else f"{phase}*{times}"
                    for phase, times in ((phase, len(list(same))) for phase, same in itertools.groupby(phases)))


def has_begun(machine, console):
    """A kernel has a console from its first moments on, the terminal where a person sits at it."""
    return machine.transcript or not console.exists() or b"Linux version " in console.read_bytes()


def limits_of(settings):
    """What a boot of these kernels may take."""
    factor = DEBUG_SLOWNESS if DEBUG_KERNEL.match(settings.kernel) or DEBUG_KERNEL.match(settings.loads) else 1
    return tuple(factor * limit for limit in LIMITS)


class Scenario:
    """SETTINGS and the file SCRIPT of one scenario; OPTIONS are the command line's."""

    def __init__(self, settings, script, options):
        for word, able in (("firmware", ARCH.uefi), ("clock", ARCH.clock)):
            if getattr(settings, word) and not able:
                raise GuestError(f"{settings.name} is not for {ARCH.name}")
        for variant in () if settings.system else (settings.kernel, settings.loads):
            if not kernel(variant).exists():
                raise GuestError(f"no {os.path.relpath(kernel(variant))}; make kernel VARIANT={variant} builds it")
        self.settings = settings
        self.options = options
        self.words = settings.append
        if settings.clock:
            self.words += f" initcall_blacklist={ARCH.clock}"
        if settings.replays:
            # To a machine that is put back, the time that the last trial took looks like a stall.
            self.words += " rcupdate.rcu_cpu_stall_suppress=1"
        self.dir = TOP / "build/vm" / f"{settings.name}{SUFFIX}"
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        self._write_run_script()
        self.results = Results()
        self.session = Session(settings, self.results, secrets.token_hex(12))
        if settings.system:
            self.session.debian = Debian(settings, self.dir)
        self.images = GuestImages(settings, script, self.dir, self.session.debian, self.words, options.shell)

    def _write_run_script(self):
        """What repeats this run, with a shell in the guest or a debugger if asked to."""
        script = self.dir / "run.sh"
        script.write_text(f"#!/bin/sh\n# usage: run.sh [--shell] [--gdb]\n"
                          f"exec env BASE={BASE} ARCH={ARCH.name} {shlex.quote(str(HERE / 'vm'))} \"$@\" --keep "
                          f"--kernel '{self.settings.kernel}' --loads '{self.settings.loads}' "
                          f"--append {shlex.quote(self.options.append)} {self.settings.name}\n")
        script.chmod(0o755)

    def run(self):
        """Exit status of the program."""
        self.images.build()
        if self.settings.disk != "none":
            self.session.disk = Disk(str(self.dir / "disk.img"), self.settings.disk, self.settings.size,
                                     self.session.passphrase)
        wanted = self._run_debian() if self.session.debian else self._run()
        return self._finish(wanted)

    def _run(self):
        """The phases that had to be seen."""
        phases, runs = self.settings.phases, self.settings.runs_here()
        one_boot = self.settings.replays and ARCH.rewinds and runs != [""]
        for run in runs[:1] if one_boot else runs:
            self.session.run = run
            self._boot("first", f"run={run}" if run and not self.settings.replays else "")
        # Hibernation ends QEMU; the system comes back where it was.
        if "resumed" in phases:
            self._boot("resumed", "resume=/dev/vdb")
        if "last" in phases:
            self._boot("last")
        return phases + phases[1:] * (len(runs) - 1) if one_boot else phases * len(runs)

    def _run_debian(self):
        wanted = self.settings.phases
        for phase, before in zip(wanted, ["", *wanted]):
            if phase in ("next", before):
                # The one before it enters this by kexec.
                continue
            self._boot(phase)
            if self.session.debian.typist:
                judge.prompts(self.session, phase)
            if self.results.failed:
                break
        return wanted

    def _boot(self, phase, words=""):
        console = self._console(phase)
        machine = self._converse(phase, words)
        if not has_begun(machine, console):
            # QEMU 7.2's own fault, seen on a busy machine: nothing was handed over yet.
            self.results.comment(f"{phase}: no kernel began (QEMU ended with status {machine.status}); once more")
            machine = self._converse(phase, words)
        judge.boot(self.session, phase, console.read_bytes() if console.exists() else b"")

    def _converse(self, phase, words):
        tpm = Tpm(self.dir) if self.settings.tpm else None
        try:
            machine = self._machine(phase, words, tpm)
            self.session.converse(machine, phase)
            return machine
        finally:
            if tpm:
                tpm.kill()

    def _machine(self, phase, words, tpm):
        limits = NO_LIMITS if self.options.gdb or self.options.shell else limits_of(self.settings)
        if self.session.debian and phase != "install":
            options = self._debian_options(phase)
        else:
            options = self._options(phase, words)
        if tpm:
            options += tpm.options()
        if self.options.gdb:
            options += self._wait_for_gdb()
        typist = self.session.debian.typist if self.session.debian else None
        return Machine(options, self.settings.mem, str(self._console(phase)), limits,
                       interactive=self.options.shell, typist=typist)

    def _options(self, phase, words):
        """QEMU's, for the harness's own system."""
        settings = self.settings
        # A system that resumes has begun as what it was.
        words = f"phase={'first' if phase == 'resumed' else phase} {words}"
        if settings.init == "systemd":
            words += " rdinit=/usr/lib/systemd/systemd systemd.unit=scenario.service"
        options = ["-kernel", str(kernel(settings.kernel)), "-initrd", str(self.dir / "first.img"),
                   "-smp", str(settings.cpus),
                   "-append", f"{command_line(settings.kernel)} crashkernel={settings.crashkernel} {words} "
                              f"{self.words} {'nokaslr' if self.options.gdb else ''}"]
        if settings.firmware:
            options += ["-bios", ARCH.uefi]
        elif ARCH.firmware:
            options += ["-bios", str(self.images.root() / ARCH.firmware)]
        return options + self._disk_options(installs=phase == "install")

    def _debian_options(self, phase):
        """What the disk has, started as its boot loader would, from its own /boot."""
        debian, disk = self.session.debian, self.session.disk
        debian.take_boot_files(disk.path + "2")
        debian.typist = Typist(self.session.passphrase)
        words = f"root=/dev/mapper/vg-root ro {command_line('')}"
        return [*debian.boot_options(), "-smp", str(self.settings.cpus), "-append",
                f"{words} crashkernel={debian.crashkernel()} phase={phase} {self.words}", *self._disk_options()]

    def _disk_options(self, installs=False):
        if not self.session.disk:
            return []
        # A snapshot of the machine is kept where one of a disk is.
        snapshot = ",snapshot=on" if self.settings.replays else ""
        options = []
        for path in (self.session.disk.path, self.session.disk.path + "2"):
            options += ["-drive", f"file={path},format=raw,if=virtio,cache=unsafe{snapshot}"]
        if installs:
            options += ["-drive", f"file={self.session.debian.source()},format=raw,if=virtio,readonly=on"]
        return options

    def _wait_for_gdb(self):
        """gdb takes over at the first instruction of this boot."""
        vmlinux = kernel(self.settings.kernel).parent / "vmlinux"
        socket = os.path.relpath(self.dir / "gdb.socket")
        self.results.comment(f"gdb -ex 'target remote {socket}' {os.path.relpath(vmlinux)}   (then: continue)")
        return ["-gdb", f"unix:{socket},server=on,wait=off", "-S"]

    def _console(self, phase):
        return self.dir / f"console-{phase}"

    def _finish(self, wanted):
        session, results = self.session, self.results
        if session.replay:
            results.line(*session.replay.summary())
        results.line(session.phases == wanted, f"phases {show_phases(wanted)}, seen {show_phases(session.phases)}")
        if session.disk:
            results.judge(session.disk.leaks(), "the disk shows no 8 bytes of the key, neither raw nor as text")
        if self.settings.scans:
            results.judge(sorted(set(self.settings.scans) - session.scans), "each scan of the header was made")
        status = results.finish()
        if status:
            self._show_last_words()
            results.comment(f"{os.path.relpath(self.dir)}/run.sh repeats it")
        elif not self.options.keep:
            for image in self.dir.glob("*.img*"):
                image.unlink()
        return status

    def _show_last_words(self):
        """Print the end of each console and of QEMU's log: the reader may have this output alone."""
        for log in [*sorted(self.dir.glob("console-*")), self.dir / "qemu.log"]:
            if log.exists():
                for line in log.read_text(errors="replace").splitlines()[-LAST_WORDS:]:
                    self.results.comment(f"{log.name}: {''.join(filter(str.isprintable, line))}")

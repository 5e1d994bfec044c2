# SPDX-License-Identifier: GPL-2.0-or-later
"""Boot a test kernel in QEMU, as far as a first process that says what it finds.

The words arrive by a virtio port, and end with one of their own: a kernel that panics
on the way has not booted, whatever its console says.
"""

import subprocess
import sys
from pathlib import Path

from kernel_series import ROOT
from tap import Failed, fail_if, run

VM = ROOT / "selftests/vm"
sys.path.insert(0, str(VM))
# pylint: disable=wrong-import-position
from arch import ARCH  # noqa: E402
from complaints import read_console  # noqa: E402
from initramfs import Cpio  # noqa: E402

INIT = """#!/usr/bin/busybox sh
PATH=/usr/bin
/usr/bin/busybox --install -s /usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
tries=0
until [ -e /dev/vport0p1 ] || [ $tries = 100 ]; do
	tries=$((tries + 1))
	usleep 100000
done
{
	echo "booted $(uname -r)"
	cat /sys/kernel/debug/kunit/*/results 2> /dev/null
	[ ! -e /sys/kernel/kexec/keys/ring ] || echo "ring $(cat /sys/kernel/kexec/keys/ring)"
	echo end
} > /dev/vport0p1
reboot -f
"""
MEMORY_MIB = 512
SECONDS = 300


def guest_root():
    """The unpacked Debian that has busybox, and firmware for the machine."""
    root = ROOT / "build/guest" / f"{ARCH.suite}-{ARCH.debian}"
    run(VM / "root", ARCH.suite, ARCH.debian)
    return root


def boots_with():
    """What a boot depends on beside the kernel: files, and programs that tell their version."""
    return [Path(__file__), *(VM / name for name in ("arch.py", "complaints.py", "initramfs.py", "root")),
            guest_root() / "usr/bin/busybox"], [ARCH.qemu]


def write_initramfs(path, root):
    cpio = Cpio()
    cpio.file("usr/bin/busybox", root / "usr/bin/busybox")
    cpio.data("init", INIT.encode(), 0o755)
    cpio.write(path, compress=True)


def qemu(image, directory, root):
    """The command: the console goes to console, the first process's words to port."""
    firmware = ["-bios", str(root / ARCH.firmware)] if ARCH.firmware else []
    return [ARCH.qemu, "-M", ARCH.machine, "-accel", "tcg", "-cpu", ARCH.cpu, "-m", f"{MEMORY_MIB}M",
            "-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{directory / 'console'}",
            "-device", "virtio-serial-pci", "-chardev", f"file,id=port,path={directory / 'port'}",
            "-device", "virtserialport,chardev=port", *firmware,
            "-kernel", str(image), "-initrd", str(directory / "initramfs"),
            "-append", f"console={ARCH.console} {ARCH.words} panic=1 oops=panic panic_on_warn=1"]


def judge(port, console, wants_tests):
    """Fail unless the words of the first process are whole and good, and the console without a complaint."""
    lines = [line.strip() for line in port.splitlines()]
    if not lines or not lines[0].startswith("booted ") or lines[-1] != "end":
        raise Failed("the first process did not end by its own word:\n" + "\n".join([*lines, *console.splitlines()[-30:]]))
    fail_if((line for line in lines if line.startswith("not ok")), "KUnit")
    if wants_tests and not any(line.startswith("ok ") for line in lines):
        raise Failed("no KUnit suite has run")
    seen = read_console(console, set)
    fail_if(seen.complaints, "the kernel complains")
    if (seen.boots, seen.panics) != (1, 0):
        raise Failed(f"{seen.boots} boots, {seen.panics} panics")


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def boot(image, directory, wants_tests):
    """Boot a kernel; its console and what its first process says stay in a directory."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("console", "port"):
        (directory / name).unlink(missing_ok=True)
    root = guest_root()
    write_initramfs(directory / "initramfs", root)
    try:
        done = subprocess.run(qemu(image, directory, root), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=SECONDS * ARCH.slowness, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"no end within {late.timeout} s:\n" + "\n".join(read(directory / "console").splitlines()[-30:])) from late
    if done.returncode:
        raise Failed(f"QEMU ended with status {done.returncode}: {done.stdout}")
    judge(read(directory / "port"), read(directory / "console"), wants_tests)

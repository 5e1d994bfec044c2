# SPDX-License-Identifier: GPL-2.0-only
"""What differs from one architecture of the guest to another."""

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    name: str
    # The emulator and its options.
    qemu: str
    machine: str
    cpu: str
    # The kernel's name of the serial line, and more of its command line.
    console: str
    # What QEMU boots, and what kexec loads where that is something else.
    image: str
    # Names in the userspace: Debian's, the compilers', the dynamic loader's.
    debian: str
    triple: str
    loader: str
    # The debugger's numbers: of a function's first argument, and of what holds its address when it is called.
    argument_register: int
    function_registers: tuple
    # From a function's symbol to where the calls of it arrive.
    local_entry: int = 0
    # A watched store stops the emulator before it is made, not after.
    stops_before_store: bool = False
    # Debian's suite that has it on every mirror.
    suite: str = "trixie"
    words: str = ""
    # Before this the kernel has not looked at what it was handed. A capture kernel's symbols
    # may lie as far behind the first kernel's as the crash region is from address 0.
    start: str = "setup_arch"
    stays_in_region: bool = False
    # Physical address of the memory; where in it the capture kernel has no RAM.
    ram: int = 0
    foreign_ram: int = 0x2000000
    loaded: str = ""
    # Firmware that describes the machine by ACPI; it is else described by a device tree.
    uefi: str = ""
    # Firmware that comes with the guest's userspace.
    firmware: str = ""
    # A machine that is put back to a moment goes on from it, its threads and timers included.
    rewinds: bool = True
    # The driver without which the kernel does not know the time.
    clock: str = ""
    # How much more time it may take to emulate.
    slowness: int = 1

    @property
    def is_native(self):
        return self.name == os.uname().machine

    @property
    def handover(self):
        """How the next kernel is told where the buffer is."""
        return "setup-data" if self.name == "x86_64" else "fdt"

    @property
    def gcc(self):
        return "gcc" if self.is_native else f"{self.triple}-gcc"


ALL = {arch.name: arch for arch in (
    Arch(name="x86_64", qemu="qemu-system-x86_64", machine="q35", cpu="max", console="ttyS0", words="no_timer_check earlyprintk=ttyS0",
         image="bzImage", debian="amd64", triple="x86_64-linux-gnu", loader="ld-linux-x86-64.so.2",
         argument_register=5, function_registers=(16,)),
    # The default CPU's pointer authentication is slow to emulate. A GICv3's tables outlive
    # an ordinary kexec only where UEFI reserves them: in mainline, too, the next kernel hangs.
    Arch(name="arm64", qemu="qemu-system-aarch64", machine="virt,gic-version=2", cpu="cortex-a57", console="ttyAMA0",
         ram=0x40000000, image="Image", debian="arm64", triple="aarch64-linux-gnu", loader="ld-linux-aarch64.so.1",
         uefi="/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", clock="pl031_driver_init",
         argument_register=0, function_registers=(32,), stops_before_store=True),
    # Of a machine that is put back, QEMU says what it said of these at its start.
    Arch(name="ppc64le", qemu="qemu-system-ppc64", cpu="power9", console="hvc0",
         machine="pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off",
         image="vmlinux", debian="ppc64el", suite="forky", triple="powerpc64le-linux-gnu", loader="ld64.so.2",
         argument_register=3, function_registers=(64, 12), local_entry=8,
         start="start_here_multiplatform", stays_in_region=True, foreign_ram=0x20000000),
    # 6.12 loads ELF alone, and vmlinux has lost its relocations. OpenSBI 1.1, which is
    # Debian 12's, does not say that its own memory cannot be read: makedumpfile dies of it.
    Arch(name="riscv64", qemu="qemu-system-riscv64", machine="virt", cpu="rv64", console="ttyS0", ram=0x80000000,
         image="Image", loaded="vmlinux.relocs", debian="riscv64", suite="forky", triple="riscv64-linux-gnu",
         loader="ld-linux-riscv64-lp64d.so.1", clock="goldfish_rtc_init",
         firmware="usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
         argument_register=10, function_registers=(32,), stops_before_store=True, rewinds=False, slowness=2),
)}
NAME = os.environ.get("ARCH", "x86_64")
if NAME not in ALL:
    sys.exit(f"ARCH={NAME}: it may be {', '.join(ALL)}")
ARCH = ALL[NAME]

# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's console says: that it boots, that it panics, and what it complains of.

Only lines with the kernel's time are looked at: the others are a program's, or the
firmware's. Of data races, most were there before: those count in which one of the two
accesses is made by a function of ours.
"""

import itertools
import re
import subprocess
from dataclasses import dataclass

# These kernels go on after a complaint, so that all complaints are seen.
WATCHFUL = ("debug", "kcsan")
PLANTED = "BUG: planted, to be found"
TIME = re.compile(r"\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? (.*)$")
BANNER = re.compile(r"Linux version \d")
PANIC = re.compile(r"Kernel panic - not syncing")


@dataclass(frozen=True)
class Complaint:
    """How a complaint begins, and a line of the kernel's that does so."""

    pattern: re.Pattern
    example: str


@dataclass(frozen=True)
class Known:
    """A complaint of the base's own, and why it does not count."""

    pattern: re.Pattern
    reason: str
    example: str


# The unit tests look for each example.
COMPLAINTS = tuple(Complaint(re.compile(pattern), example) for pattern, example in (
    (r"(\[ )?BUG: ", "BUG: kernel NULL pointer dereference, address: 0000000000000008"),
    (r"(\[ )?WARNING: ", "WARNING: CPU: 1 PID: 77 at security/keys/key.c:650 key_put+0x1f/0x30"),
    (r".*\bkernel BUG at ", "kernel BUG at mm/slub.c:553!"),
    (r"Oops\b", "Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP"),
    (r"Internal error: ", "Internal error: Oops: 0000000096000004 [#1] SMP"),
    (r"Unable to handle ", "Unable to handle kernel paging request at virtual address ffffffd800000000"),
    (r"Kernel attempted to ", "Kernel attempted to read user page (8) - exploit attempt? (uid: 0)"),
    (r"general protection fault", "general protection fault: 0000 [#1] SMP NOPTI"),
    (r"(traps: )?PANIC: ", "traps: PANIC: double fault, error_code: 0x0"),
    (r"SError Interrupt on ", "SError Interrupt on CPU0, code 0x00000000bf000002 -- SError"),
    (r"UBSAN: ", "UBSAN: array-index-out-of-bounds in security/keys/kexec/slots.c:88:9"),
    (r"INFO: trying to register non-static key", "INFO: trying to register non-static key."),
    (r"INFO: task .* blocked for more than ", "INFO: task kworker/0:1:9 blocked for more than 120 seconds."),
    (r"INFO: rcu", "INFO: rcu_tasks detected stalls on tasks:"),
    (r"rcu: INFO: ", "rcu: INFO: rcu_preempt self-detected stall on CPU"),
    (r"watchdog: (BUG|Watchdog detected)", "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [storm:93]"),
    (r"refcount_t: ", "refcount_t: underflow; use-after-free."),
    (r".*possible (circular|recursive) locking|.*suspicious RCU usage",
     "======= possible circular locking dependency detected"),
    (r"list_(add|del)( double add| corruption)", "list_del corruption. prev->next should be ffff888003a1c040"),
    (r"kmemleak: \d+ new", "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)"),
    (r"ODEBUG: ", "ODEBUG: free active (active state 0) object type: hrtimer hint: expiry_fired+0x0/0x20"),
    (r"DEBUG_LOCKS_WARN_ON", "DEBUG_LOCKS_WARN_ON(lock->magic != lock)"),
    (r".*cannot create duplicate filename", "sysfs: cannot create duplicate filename '/kernel/kexec'"),
    (r"Bad page ", "Bad page map in process dash  pte:800000000 pmd:012345067"),
    (r".*\binvoked oom-killer", "cryptsetup invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"),
    (r"\S+\[\d+\]: segfault at ", "kexec-keys[123]: segfault at 8 ip 00005581c8a0 sp 00007ffd3b error 4 in kexec-keys[5581c8a0]"),
    (r"Initramfs unpacking failed", "Initramfs unpacking failed: write error"),
    (r"EXT4-fs error ", "EXT4-fs error (device dm-0): ext4_lookup:1855: inode #2: comm cat: iget: checksum invalid"),
))
# The decompressor's, before there is a time.
TIMELESS = (Complaint(re.compile(r".*-- System halted"), " -- System halted"),)
KNOWN = (
    Known(re.compile(r"WARNING: .* sched_cpu_dying\+"),
          "6.12 counts the scheduler's deadline server as a task of the CPU that goes (inc_dl_tasks())",
          "WARNING: CPU: 1 PID: 19 at kernel/sched/core.c:8248 sched_cpu_dying+0x1b9/0x200"),
)
RACE = re.compile(r"BUG: KCSAN: [a-z-]+ in ")
END_OF_RACE = "=========="
FUNCTION = re.compile(r"[A-Za-z_0-9.]+")


def is_watchful(variant):
    """Of the kernel, by the configuration before any patch."""
    return variant.partition("+")[0] in WATCHFUL


def our_functions(build):
    """Of all objects of security/keys/kexec in this build of the kernel."""
    objects = sorted((build / "security/keys/kexec").glob("*.o"))
    names = subprocess.run(["nm", "--defined-only", *objects], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^[0-9a-f]+ [tT] ([a-z_0-9.]+)$", names, re.MULTILINE))


@dataclass
class Console:
    """All that a machine has said on it, from its start to its end."""

    complaints: list
    boots: int
    panics: int
    planted: int


def _report_of_race(lines):
    """From its first line on."""
    return list(itertools.takewhile(lambda line: not line.startswith(END_OF_RACE), lines))


def _find_complaints(lines, functions):
    found = []
    for number, line in enumerate(lines):
        if race := RACE.match(line):
            if functions() & set(FUNCTION.findall(line[race.end():])):
                found += _report_of_race(lines[number:])
        elif any(complaint.pattern.match(line) for complaint in COMPLAINTS) and \
                not any(known.pattern.match(line) for known in KNOWN):
            found.append(line)
    return found


def read_console(text, functions):
    """TEXT as a machine's serial line had it; FUNCTIONS gives the names of our functions."""
    raw = [line.rstrip("\r") for line in text.split("\n")]
    lines = [match[1] for line in raw if (match := TIME.search(line))]
    found = [line for line in raw if any(complaint.pattern.match(line) for complaint in TIMELESS)]
    found += _find_complaints(lines, functions)
    return Console([line for line in found if line != PLANTED],
                   sum(bool(BANNER.match(line)) for line in lines),
                   sum(bool(PANIC.match(line)) for line in lines), found.count(PLANTED))

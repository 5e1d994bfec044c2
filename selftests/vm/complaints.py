# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel that watches itself has to say, from its console.

Most of its data races were there before: those count in which one of the two accesses
is made by a function of ours.
"""

import itertools
import re
import subprocess

CONFIGURATIONS = ("debug", "kcsan")
PLANTED = "BUG: planted, to be found"
COMPLAINT = re.compile(r"(\[ )?(BUG|WARNING|UBSAN|Oops)\b.*:|kmemleak: \d+ new")
# 6.12 counts the scheduler's deadline server as a task of the CPU that goes (inc_dl_tasks()).
KNOWN = re.compile(r"WARNING: .* at sched_cpu_dying\+")
RACE = re.compile(r"BUG: KCSAN: [a-z-]+ in ")
END_OF_RACE = "=========="
FUNCTION = re.compile(r"[A-Za-z_0-9.]+")


def is_watchful(variant):
    """Of the kernel, by the configuration before any patch."""
    return variant.partition("+")[0] in CONFIGURATIONS


def our_functions(build):
    """Of all objects of security/keys/kexec in this build of the kernel."""
    objects = sorted((build / "security/keys/kexec").glob("*.o"))
    names = subprocess.run(["nm", "--defined-only", *objects], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^[0-9a-f]+ [tT] ([a-z_0-9.]+)$", names, re.MULTILINE))


def text_of(line):
    """Without the time, and who said it."""
    return re.sub(r"^\[ *[\d.]+\](\[ *[TC]\d+\])? ", "", line)


def report_of_race(lines):
    """From its first line on."""
    return list(itertools.takewhile(lambda line: not line.startswith(END_OF_RACE), lines))


def complaints(console, build):
    """Line by line, the planted one among them."""
    ours = our_functions(build)
    lines = [text_of(line) for line in console.splitlines()]
    found = []
    for number, line in enumerate(lines):
        if race := RACE.match(line):
            if ours & set(FUNCTION.findall(line[race.end():])):
                found += report_of_race(lines[number:])
        elif COMPLAINT.match(line) and not KNOWN.match(line):
            found.append(line)
    return found

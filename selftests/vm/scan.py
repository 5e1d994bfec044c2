# SPDX-License-Identifier: GPL-2.0-only
"""Find a volume key in memory, in a file or in text, and say whose copy each hit is.

Searched for is every 8-byte window of the key, at any address, by the program
keysearch, whose head says in which forms: the bytes as they are and reversed in
groups, and as text in hex and base64.  That finds copies split over two pages,
single halves of an XTS key, and AES key schedules, which a search for the whole
key would miss.  Neighbouring windows are merged into one hit.

A text (a console, the output of a program) is also read with escapes undone, with
the rows of a hex dump joined, and as decimal and octal numbers.

Not found: bit-sliced key schedules.  The test kernels have no such AES.
"""

import bisect
import itertools
import os
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aes import expand, inverse_mix

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent.parent / "build/vm/keysearch"
WINDOW = 8
ROUND_KEY = 16
# Windows in one text, with the row heads and columns of a dump between them.
SAME_TEXT = 256
# Bytes by which neighbours of a copy may happen to be those of the key.
CHANCE = 8
# Owners whose copies stay until a garbage collector frees them: user_destroy()
# and user_update() wipe a payload when the key's last reference or RCU's readers
# are gone.  Nothing else is freed late: crypt_dtr() wipes the cipher's keys before
# the ioctl that removes the table returns.
FREED_LATER = {"payload"}


@dataclass
class Hit:
    """START and END in the file; FIRST: which byte of the key it begins with.  In text
    START is the last character of the first window."""
    start: int
    end: int
    first: int
    form: str
    owner: str = ""

    def __str__(self):
        return (f"{self.owner} {self.start:#x}-{self.end:#x} "
                f"({self.end - self.start} bytes from {self.first} on, {self.form})")

    def is_text(self):
        return self.form.startswith(("hex", "base64"))


def build_program():
    """Compile keysearch for this machine, unless that was done."""
    source = HERE / "keysearch.c"
    if not PROGRAM.exists() or PROGRAM.stat().st_mtime < source.stat().st_mtime:
        PROGRAM.parent.mkdir(parents=True, exist_ok=True)
        # Scenarios that run side by side want it at the same time: whole, or not yet.
        new = PROGRAM.with_suffix(f".{os.getpid()}")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", new, source], check=True)
        new.rename(PROGRAM)
    return PROGRAM


def _windows(fd, key):
    """(form, start, end, place in the key) of each window found in an open file."""
    if len(key) < WINDOW:
        raise ValueError(f"a key of {len(key)} bytes is too short to be searched for")
    done = subprocess.run([build_program(), str(fd)], input=key, pass_fds=[fd],
                          stdout=subprocess.PIPE, check=True)
    for line in done.stdout.decode().splitlines():
        form, at, place = line.split()
        size = 1 if form.startswith(("hex", "base64")) else WINDOW
        yield form, int(at), int(at) + size, int(place)


def _continues(hit, form, start):
    """Does a window that starts at START belong to HIT, which starts before it?"""
    if form != hit.form:
        return False
    if form == "plain":
        # Two whole copies may lie side by side.
        return start < hit.end
    return start <= hit.end + (SAME_TEXT if hit.is_text() else 0)


def _merge(windows):
    hits = []
    for form, start, end, place in sorted(windows):
        last = hits[-1] if hits else None
        if last and _continues(last, form, start):
            last.end = max(last.end, end)
            last.first = min(last.first, place)
        else:
            hits.append(Hit(start, end, place, form))
    return sorted(hits, key=lambda hit: hit.start)


def search(fd, key):
    """All hits of KEY in an open file, not yet attributed to an owner."""
    return _merge(_windows(fd, key))


def _extents(fd, size):
    """The parts of a sparse file that hold data."""
    start = 0
    while start < size:
        try:
            start = os.lseek(fd, start, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, end
        start = end


def _find_all(memory, pattern, start, end):
    at = memory.find(pattern, start, end)
    while at >= 0:
        yield at
        at = memory.find(pattern, at + 1, end)


class Owners:
    """Attributes hits: text, a named range (the crash region, a handover buffer), the
    expanded keys of a cipher, the payload of a key, or none of them ("stray")."""

    def __init__(self, key, ranges):
        self.key = key
        self.ranges = ranges
        half = len(key) // 2
        self.half = half
        schedules = [expand(key[:half], 4), expand(key[half:], 4)]
        self.follow = [s[half:half + ROUND_KEY] for s in schedules]
        self.precede = [inverse_mix(s[16:32]) for s in schedules]

    def _is_schedule(self, memory, hit, which):
        """An encryption schedule begins with one half of the key; a decryption
        schedule ends with the first 16 bytes of it, after which struct
        crypto_aes_ctx has the length of the key: all that may be left of one after
        a kexec."""
        start = hit.start - hit.first + which * self.half
        if not (0 <= start - hit.start < CHANCE and start + ROUND_KEY <= hit.end):
            return False
        if start + self.half <= hit.end < start + self.half + CHANCE:
            return memory[start + self.half:start + self.half + ROUND_KEY] == self.follow[which]
        end = start + ROUND_KEY
        return hit.end < end + CHANCE and (
            memory[start - ROUND_KEY:start] == self.precede[which] or
            memory[end:end + 4] == struct.pack("<I", self.half))

    def _is_payload(self, memory, hit):
        """struct user_key_payload: the length stands 8 bytes before the data."""
        if hit.first or hit.end - hit.start != len(self.key):
            return False
        return memory[hit.start - 8:hit.start - 6] == struct.pack("<H", len(self.key))

    def attribute(self, memory, hit):
        """The owner of a hit, whose content is read in MEMORY."""
        if hit.is_text():
            return "text"
        for name, (start, end) in self.ranges.items():
            if start <= hit.start < end:
                return name
        if hit.form == "plain" and any(self._is_schedule(memory, hit, which) for which in (0, 1)):
            return "cipher"
        if hit.form == "plain" and self._is_payload(memory, hit):
            return "payload"
        return "stray"


def scan(memory, fd, key, ranges):
    """All hits with their owners.  RANGES: name -> (start, end) in memory."""
    owners = Owners(key, ranges)
    hits = search(fd, key)
    for hit in hits:
        hit.owner = owners.attribute(memory, hit)
    return hits


# --- text -------------------------------------------------------------------

ESCAPES = {b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\u00([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|\\([0-7]{1,3})|\\([^0-9xu])")
# A row's head, and groups of hex digits; a column of characters may follow.
ROW = re.compile(rb"(?:^|[\s:])(?:0x)?[0-9a-fA-F]{2,16}:?\s+((?:(?:0x)?(?:[0-9a-fA-F]{2}){1,8}(?:[ \t]{1,2}|$))+)")
WORD = re.compile(rb"\b(?:0x)?((?:[0-9a-fA-F]{2}){2,8})\b")
DECIMAL = re.compile(rb"(?<![\w-])-?[0-9]+\b")
OCTAL = re.compile(rb"\b(?:[0-7]{6}|[0-3][0-7]{2})\b")


def _undo_escape(match):
    for digits, base in zip(match.groups()[:4], (16, 16, 16, 8)):
        if digits:
            return bytes([int(digits, base) & 0xff])
    return ESCAPES.get(match[5], match[5])


def _row_content(line):
    """What a row of a hex dump shows."""
    match = ROW.search(line)
    return match[1] if match else b""


def _as_little_endian(number):
    """In the least number of bytes that a variable of C has."""
    size = next((size for size in (1, 2, 4, 8) if -1 << 8 * size - 1 <= number < 1 << 8 * size), 0)
    return number.to_bytes(size, "little", signed=number < 0) if size else b""


def _decimal_numbers(line):
    # Python refuses to read numbers of thousands of digits.
    return b"".join(_as_little_endian(int(token)) for token in DECIMAL.findall(line) if len(token) < 30)


def _octal_numbers(line):
    return b"".join(int(token, 8).to_bytes(len(token) // 3, "little") for token in OCTAL.findall(line)
                    if int(token, 8) < 1 << 8 * (len(token) // 3))


def _reverse_words(line):
    return WORD.sub(lambda match: bytes.fromhex(match[1].decode())[::-1].hex().encode(), line)


# How a text is read, besides as it is: name, what is made of a line, what joins lines.
READINGS = (("without NUL", lambda line: line.replace(b"\0", b""), b"\n"),
            ("escaped", lambda line: ESCAPE.sub(_undo_escape, line), b"\n"),
            ("rows joined", _row_content, b"\n"),
            ("words reversed", _reverse_words, b"\n"),
            ("rows of words reversed", lambda line: _reverse_words(_row_content(line)), b"\n"),
            ("decimal", _decimal_numbers, b""),
            ("octal", _octal_numbers, b""))
# Between two readings of a text, more than there may be within one hit.
BETWEEN = bytes(2 * SAME_TEXT)


def _search_bytes(data, key):
    fd = os.memfd_create("text")
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(data)
        return search(fd, key)
    finally:
        os.close(fd)


def _readings(lines):
    """(name, content, offsets at which the lines end in it)"""
    for name, read, separator in (("", bytes, b"\n"), *READINGS):
        parts = [read(line) + separator for line in lines]
        yield name, b"".join(parts), list(itertools.accumulate(map(len, parts)))


def text_leaks(data, key):
    """Where DATA, a text of some megabytes at most, shows 8 bytes of KEY or more in
    any form: a list of lines for people, as "line 12: hex".  Bytes of the key are not in
    them.  An empty list: nothing was found."""
    readings = list(_readings(data.split(b"\n")))
    starts = [0, *itertools.accumulate(len(content) + len(BETWEEN) for _, content, _ in readings)]
    found = set()
    for hit in _search_bytes(BETWEEN.join(content for _, content, _ in readings), key):
        which = bisect.bisect_right(starts, hit.start) - 1
        name, _, ends = readings[which]
        found.add((bisect.bisect_right(ends, hit.start - starts[which]) + 1, hit.form, name))
    return [f"line {number}: {form}{name and ', '}{name}" for number, form, name in sorted(found)
            if not name or (number, form, "") not in found]


def file_leaks(path, key):
    """Where a file, as large as a disk, shows 8 bytes of KEY or more, raw, in hex or in
    base64: a list of lines for people."""
    with open(path, "rb") as file:
        return [f"{hit.start:#x}-{hit.end:#x}: {hit.form}" for hit in search(file.fileno(), key)]


# --- AES round keys ---------------------------------------------------------

def round_keys(memory, fd, key):
    """Where the rest of the key's two AES schedules is: each round key by itself, as
    it is for encryption and as it is for decryption."""
    half = len(key) // 2
    places = set()
    for part in key[:half], key[half:]:
        rest = expand(part, half // 4 + 7)[half:]
        for i in range(0, len(rest), ROUND_KEY):
            for pattern in rest[i:i + ROUND_KEY], inverse_mix(rest[i:i + ROUND_KEY]):
                for start, end in _extents(fd, len(memory)):
                    places.update(_find_all(memory, pattern, start, end))
    return places


# --- verdicts ---------------------------------------------------------------

def count_by_owner(hits):
    """How many copies each owner has: {"payload": 1, ...}"""
    counts = {}
    for hit in hits:
        counts[hit.owner] = counts.get(hit.owner, 0) + 1
    return counts


def violations(counts, allowed):
    """What COUNTS has that ALLOWED does not: {"payload": (1, 2), ...} gives
    the least and the most of each owner; an owner that is not named has none."""
    wrong = []
    for owner in sorted(set(counts) | set(allowed)):
        low, high = allowed.get(owner, (0, 0))
        have = counts.get(owner, 0)
        if not low <= have <= high:
            wrong.append(f"{owner}: {have} found, allowed {low} to {high}")
    return wrong


def excess(counts, allowed, owner):
    """Does OWNER have more copies than it may?"""
    return counts.get(owner, 0) > allowed.get(owner, (0, 0))[1]


def _without(owners, *sides):
    return ({owner: value for owner, value in side.items() if owner not in owners} for side in sides)


def may_pass_later(counts, allowed, red=()):
    """Is it too early to judge?  Only where all that is wrong is that owners whose copies
    a garbage collector frees have too many.  Too few never become more, and a copy
    that a wipe should have reached is wrong the first time.  Of owners that must have
    more than ALLOWED, nothing is wrong."""
    counts, allowed = _without(red, counts, allowed)
    wrong = {owner for owner in set(counts) | set(allowed) if violations(
        {owner: counts.get(owner, 0)}, {owner: allowed.get(owner, (0, 0))})}
    return bool(wrong) and all(owner in FREED_LATER and excess(counts, allowed, owner) for owner in wrong)


def red_violations(counts, allowed, owners):
    """The verdict on a scan that must be red: what is wrong with it, nothing if it is red
    as it must be.  Each of OWNERS must have more copies than ALLOWED; all others
    as many as it says."""
    wrong = [f"{owner}: {counts.get(owner, 0)} found, must be more than {allowed.get(owner, (0, 0))[1]}"
             for owner in sorted(owners) if not excess(counts, allowed, owner)]
    return wrong + violations(*_without(owners, counts, allowed))


def parse_allowed(words):
    """["payload=1", "cipher=0-4"] -> {"payload": (1, 1), "cipher": (0, 4)}"""
    allowed = {}
    for word in words:
        match = re.fullmatch(r"([a-z-]+)=(\d+)(?:-(\d+))?", word)
        if not match or match[1] in allowed:
            raise ValueError(f"not OWNER=COUNT or OWNER=LEAST-MOST, or said twice: {word}")
        low, high = int(match[2]), int(match[3] or match[2])
        if low > high:
            raise ValueError(f"the least is more than the most: {word}")
        allowed[match[1]] = (low, high)
    return allowed

# SPDX-License-Identifier: GPL-2.0-only
"""Find a volume key in memory, and say whose copy each hit is.

Memory is searched for every 16-byte window of the key, as it is and with the
bytes reversed in groups of 4 and of 16: that finds copies split over two
pages, single halves of an XTS key, and AES key schedules, which a search for
the whole key would miss.  Neighbouring windows are merged into one hit.

Not found: bit-sliced key schedules.  The test kernels have no such AES.
"""

import os
import struct
from dataclasses import dataclass

WINDOW = 16


@dataclass
class Hit:
    start: int
    end: int
    first_window: int
    form: str
    owner: str = ""

    def __str__(self):
        return (f"{self.owner} {self.start:#x}-{self.end:#x} "
                f"({self.end - self.start} bytes from {self.first_window * WINDOW} on, {self.form})")


def _reverse_groups(data, size):
    return b"".join(data[i:i + size][::-1] for i in range(0, len(data), size))


def _patterns(key):
    for index in range(len(key) // WINDOW):
        window = key[index * WINDOW:(index + 1) * WINDOW]
        yield index, "plain", window
        yield index, "reversed by 4", _reverse_groups(window, 4)
        yield index, "reversed by 16", _reverse_groups(window, 16)


def _find_all(memory, pattern, start, end):
    at = memory.find(pattern, start, end)
    while at >= 0:
        yield at
        at = memory.find(pattern, at + 1, end)


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


def _merge(found):
    hits = []
    for start, index, form in sorted(found):
        last = hits[-1] if hits else None
        if last and last.form == form and last.end == start and \
                last.first_window + (last.end - last.start) // WINDOW == index:
            last.end += WINDOW
        else:
            hits.append(Hit(start, start + WINDOW, index, form))
    return hits


def search(memory, fd, key):
    """All hits of KEY in a mapped file, not yet attributed to an owner."""
    found = []
    for start, end in _extents(fd, len(memory)):
        for index, form, pattern in _patterns(key):
            found += [(at, index, form) for at in _find_all(memory, pattern, start, end)]
    return _merge(found)


def _gmul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def _make_sbox():
    sbox = [0x63] * 256
    for value in range(1, 256):
        inverse = next(x for x in range(1, 256) if _gmul(value, x) == 1)
        rotated = inverse
        result = 0x63
        for _ in range(5):
            result ^= rotated
            rotated = ((rotated << 1) | (rotated >> 7)) & 0xff
        sbox[value] = result
    return sbox


def _expand(key, rounds):
    """The first ROUNDS * 16 bytes of the AES encryption schedule of KEY."""
    sbox = _make_sbox()
    words = [key[i:i + 4] for i in range(0, len(key), 4)]
    count = len(words)
    rcon = 1
    while len(words) < rounds * 4:
        word = words[-1]
        if len(words) % count == 0:
            word = bytes(sbox[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = _gmul(rcon, 2)
        elif count > 6 and len(words) % count == 4:
            word = bytes(sbox[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(words[-count], word)))
    return b"".join(words[:rounds * 4])


def _inverse_mix(block):
    out = bytearray()
    for i in range(0, 16, 4):
        column = block[i:i + 4]
        for row in range(4):
            value = 0
            for factor, offset in ((14, 0), (11, 1), (13, 2), (9, 3)):
                value ^= _gmul(column[(row + offset) % 4], factor)
            out.append(value)
    return bytes(out)


class Owners:
    """Attributes hits: the expanded keys of a cipher, the payload of a key, a
    handover buffer, or nobody who has a right to it ("stray")."""

    def __init__(self, key, ranges):
        self.key = key
        self.ranges = ranges
        half = len(key) // 2
        self.half = half
        schedules = [_expand(key[:half], 4), _expand(key[half:], 4)]
        self.follow = [s[half:half + 16] for s in schedules]
        self.precede = [_inverse_mix(s[16:32]) for s in schedules]

    def _which_half(self, hit):
        return 0 if hit.first_window * WINDOW < self.half else 1

    def _is_cipher(self, memory, hit):
        """An encryption schedule begins with the key; a decryption schedule
        ends with the key's first 16 bytes, after which struct crypto_aes_ctx has
        the length of the key: all that may be left of one after a kexec."""
        half = self._which_half(hit)
        if hit.first_window * WINDOW % self.half:
            return False
        if memory[hit.end:hit.end + 16] == self.follow[half]:
            return True
        return (hit.end - hit.start == WINDOW and
                (memory[hit.start - 16:hit.start] == self.precede[half] or
                 struct.unpack_from("<I", memory, hit.end)[0] == self.half))

    def _is_payload(self, memory, hit):
        """struct user_key_payload: the length stands 8 bytes before the data."""
        if hit.first_window or hit.end - hit.start != len(self.key):
            return False
        return struct.unpack_from("<H", memory, hit.start - 8)[0] == len(self.key)

    def attribute(self, memory, hit):
        for name, (start, end) in self.ranges.items():
            if start <= hit.start < end:
                return name
        if hit.form == "plain" and self._is_cipher(memory, hit):
            return "cipher"
        if hit.form == "plain" and self._is_payload(memory, hit):
            return "payload"
        return "stray"


def scan(memory, fd, key, ranges):
    """All hits with their owners.  RANGES: name -> (start, end) in memory."""
    owners = Owners(key, ranges)
    hits = search(memory, fd, key)
    for hit in hits:
        hit.owner = owners.attribute(memory, hit)
    return hits


def round_keys(memory, fd, key):
    """Where the rest of the key's two AES schedules is: each round key by itself, as
    it is for encryption and as it is for decryption."""
    half = len(key) // 2
    places = set()
    for part in key[:half], key[half:]:
        rest = _expand(part, half // 4 + 7)[half:]
        for i in range(0, len(rest), WINDOW):
            for pattern in rest[i:i + WINDOW], _inverse_mix(rest[i:i + WINDOW]):
                for start, end in _extents(fd, len(memory)):
                    places.update(_find_all(memory, pattern, start, end))
    return places


def count_by_owner(hits):
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


def parse_allowed(words):
    """["payload=1", "cipher=0-4"] -> {"payload": (1, 1), "cipher": (0, 4)}"""
    allowed = {}
    for word in words:
        owner, _, span = word.partition("=")
        low, _, high = span.partition("-")
        allowed[owner] = (int(low), int(high or low))
    return allowed

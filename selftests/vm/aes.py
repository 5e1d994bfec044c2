# SPDX-License-Identifier: GPL-2.0-only
"""Key schedules of AES, to know one in memory when it is seen."""

import functools


def _gmul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


@functools.cache
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


def expand(key, rounds):
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


def inverse_mix(block):
    """A round key of the encryption schedule as it is in the decryption schedule."""
    out = bytearray()
    for i in range(0, 16, 4):
        column = block[i:i + 4]
        for row in range(4):
            value = 0
            for factor, offset in ((14, 0), (11, 1), (13, 2), (9, 3)):
                value ^= _gmul(column[(row + offset) % 4], factor)
            out.append(value)
    return bytes(out)

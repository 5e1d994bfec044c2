# SPDX-License-Identifier: GPL-2.0-only
"""The forms in which a text may show a key: planted, each must be found."""

import base64
import struct
import textwrap


def _rows(key, size, group, head="{:08x}: "):
    """As print_hex_dump() does: GROUP bytes are a number in the machine's order."""
    lines = []
    for at in range(0, len(key), size):
        row = key[at:at + size]
        words = [row[i:i + group][::-1].hex() for i in range(0, len(row), group)]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{head.format(at)}{' '.join(words):{size * 3}}  {shown}")
    return "\n".join(lines)


def _kernel_rows(key, size, group):
    return "\n".join(f"[   12.{number:06}] key: {line}" for number, line in enumerate(_rows(key, size, group).split("\n")))


def _hexdump(key):
    """As hexdump -C does."""
    rows = (key[at:at + 16] for at in range(0, len(key), 16))
    return "\n".join(f"{at * 16:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{'.' * len(row)}|"
                     for at, row in enumerate(rows))


def _od(key, words, form):
    rows = (key[at:at + 16] for at in range(0, len(key), 16))
    return "\n".join(f"{at * 16:07o} " + " ".join(form.format(word) for (word,) in struct.iter_unpack(words, row))
                     for at, row in enumerate(rows))


def _c_string(key):
    """Printable characters as they are, the rest in octal, as %pE and /proc/mounts have it."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 0x5c else f"\\{byte:03o}" for byte in key)


def forms(key):
    """Name and text of each form of KEY, which has a multiple of 16 bytes."""
    spaced = key.hex(" ")
    texts = {
        "hex": key.hex(),
        "upper-case hex": key.hex().upper(),
        "spaced hex": spaced,
        "hex with colons": key.hex(":"),
        "hex with dashes": key.hex("-").upper(),
        "C array": ", ".join(f"0x{byte:02x}" for byte in key),
        "C string in hex": "".join(f"\\x{byte:02x}" for byte in key),
        "C string": _c_string(key),
        "repr": repr(key),
        "URL": "".join(f"%{byte:02X}" for byte in key),
        "JSON": "".join(f"\\u{byte:04x}" for byte in key),
        "hex in lines of 12": "\n".join(key.hex()[i:i + 12] for i in range(0, len(key) * 2, 12)),
        "hexdump -C": _hexdump(key),
        "hexdump": _od(key, "<H", "{:04x}"),
        "od": _od(key, "<H", "{:06o}"),
        "od -b": _od(key, "<B", "{:03o}"),
        "od -t x8": _od(key, "<Q", "{:016x}"),
        "xxd": "\n".join(f"{at:08x}: {key[at:at + 16].hex(' ', 2)}  {'.' * 16}" for at in range(0, len(key), 16)),
        "xxd -c 4": "\n".join(f"{at:08x}: {key[at:at + 4].hex(' ', 2)}  ...." for at in range(0, len(key), 4)),
        "decimal": str(list(key)),
        "signed decimal": " ".join(str(byte) for (byte,) in struct.iter_unpack("b", key)),
        "decimal u32": " ".join(str(word) for (word,) in struct.iter_unpack("<I", key)),
        "decimal s64": " ".join(str(word) for (word,) in struct.iter_unpack("<q", key)),
        "hex u32": " ".join(f"0x{word:08x}" for (word,) in struct.iter_unpack("<I", key)),
        "hex u64": " ".join(f"0x{word:016x}" for (word,) in struct.iter_unpack("<Q", key)),
        "base64 in lines": base64.encodebytes(key).decode(),
        "base64 in lines of 8": textwrap.fill(base64.b64encode(key).decode(), 8),
    }
    for group in 1, 2, 4, 8:
        texts[f"rows of 16 by {group}"] = _rows(key, 16, group)
        texts[f"rows of 32 by {group}"] = _rows(key, 32, group, "ffff88800{:07x}: ")
        texts[f"kernel's rows by {group}"] = _kernel_rows(key, 16, group)
    for before in range(3):
        shifted = b"x" * before + key
        texts[f"base64 after {before} bytes"] = base64.b64encode(shifted).decode()
        texts[f"base64 for URLs after {before} bytes"] = base64.urlsafe_b64encode(shifted).decode()
    coded = {name: text.encode("latin-1") for name, text in texts.items()}
    coded["hex in UTF-16"] = key.hex().encode("utf-16-le")
    coded["raw"] = key
    return coded

# SPDX-License-Identifier: GPL-2.0-only
"""The handover buffer of a running guest, as the next kernel would read it.

The decoder is the kernel's own, built for userspace. A write watchpoint of QEMU's
gdb stub stops the guest at every store to the buffer: between two stores a panic
finds the same memory, so no instruction need be tried that makes none.
"""

import ctypes
import re
import subprocess
import time
from pathlib import Path

from arch import ARCH

TOP = Path(__file__).resolve().parent.parent.parent
TEXT_SIZE = 1 << 18
# In the first record of a slot.
SOMEWHERE = 120
TRANSLATION_TRIES = 50
TRANSLATION_PAUSE = 0.1


def load_codec():
    subprocess.run(["make", "-s", "-C", TOP / "selftests/codec"], check=True, stdout=subprocess.DEVNULL)
    return ctypes.CDLL(TOP / "build/codec/libcodec.so")


class Buffer:
    """It stays mapped as long as the machine runs. Its physical address is counted from
    where the memory begins."""

    def __init__(self, machine, address, size):
        self.machine = machine
        self.address, self.size = address, size
        self.physical = self._to_physical(address)
        self.mapped = machine.map_memory()
        self.codec = load_codec()
        self.text = ctypes.create_string_buffer(TEXT_SIZE)

    def _to_physical(self, address):
        """As the first CPU sees it: some architectures show a program less than the
        kernel, and the firmware of riscv64 translates nothing."""
        for _ in range(TRANSLATION_TRIES):
            answer = self.machine.monitor_command(f"gva2gpa {address:#x}")
            match = re.match(r"gpa: 0x([0-9a-f]+)", answer)
            if match and (physical := int(match[1], 16)) != address:
                return physical - ARCH.ram
            time.sleep(TRANSLATION_PAUSE)
        raise RuntimeError(f"no memory behind {address:#x}: {answer}")

    def _decode(self, start, size):
        view = (ctypes.c_char * size).from_buffer(self.mapped.memory, start)
        self.codec.describe(ctypes.byref(view), ctypes.c_size_t(size), self.text, ctypes.c_size_t(TEXT_SIZE))
        return frozenset(self.text.value.decode().split(" "))

    def content(self):
        """"ok" and KEY=PAYLOAD/UID/GID/PERM/EXPIRY for each key, in no order; nothing
        where there is no valid set, whatever is wrong."""
        words = self._decode(self.physical, self.size)
        return words if "ok" in words else frozenset()

    def tear(self, _, store):
        """For a watch that must find fault: both slots are wrong between two stores."""
        for start in (self.physical, self.physical + self.size // 2):
            self.mapped.memory[start + SOMEWHERE] ^= 0x10 * (store in (2, 3))
        return False

    def is_settled(self):
        """No update is half way: one slot is valid, and nothing is in the other."""
        half = self.size // 2
        return {"empty"} in [self._decode(self.physical + slot * half, half) for slot in (0, 1)]


class StoreWatch:
    """From its making to end(): what the buffer held, each state once for as long as
    it lasted, and how many stores there were. Ends by itself when at_store(stub,
    number of the store) says that it has seen enough."""

    def __init__(self, buffer, at_store=None):
        self.buffer = buffer
        self.at_store = at_store
        self.stores = 0
        self.states = [buffer.content()]
        self.changed_at = []
        stub = buffer.machine.attach()
        stub.set_watchpoint(buffer.address, buffer.size)
        buffer.machine.resume_until_stop(self._stopped)

    def _stopped(self, stub):
        if ARCH.stops_before_store and not self._make_store(stub):
            self.buffer.machine.resume_until_stop(self._stopped)
            return
        self.stores += 1
        content = self.buffer.content()
        if content != self.states[-1]:
            self.states.append(content)
            self.changed_at.append(self.stores)
        if self.at_store and self.at_store(stub, self.stores):
            self._clear(stub)
            self.buffer.machine.resume_until_stop(None)
        else:
            self.buffer.machine.resume_until_stop(self._stopped)

    def _make_store(self, stub):
        """False when it is still to come: the machine will stop before it once more."""
        self._clear(stub)
        made = stub.step()
        stub.set_watchpoint(self.buffer.address, self.buffer.size)
        return made

    def _clear(self, stub):
        stub.clear_watchpoint(self.buffer.address, self.buffer.size)

    def end(self):
        self._clear(self.buffer.machine.attach())
        self.buffer.machine.resume_until_stop(None)


def members(content):
    """KEY=PAYLOAD of each key."""
    return {word.partition("/")[0] for word in content if "=" in word}


def names(content):
    return {member.partition("=")[0] for member in members(content)}

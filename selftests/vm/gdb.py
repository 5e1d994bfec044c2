# SPDX-License-Identifier: GPL-2.0-only
"""The part of GDB's remote serial protocol that the scenarios need.

https://sourceware.org/gdb/current/onlinedocs/gdb.html/Remote-Protocol.html
QEMU stops the machine when it is attached to; resume() lets it go on.
"""

from arch import ARCH

TIMEOUT = 60
LONGEST_INSTRUCTION = 8


class Stub:
    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(TIMEOUT)
        self.buffer = b""
        # Only to one who has read its names does QEMU let a single register be set.
        self.ask("qXfer:features:read:target.xml:0,fff")

    def has_more(self):
        """Something has been read already: the connection need not be readable."""
        return bool(self.buffer)

    def _byte(self):
        if not self.buffer:
            self.buffer = self.connection.recv(65536)
            if not self.buffer:
                raise EOFError("QEMU's gdb stub has gone")
        byte, self.buffer = self.buffer[:1], self.buffer[1:]
        return byte

    def _send(self, packet):
        data = packet.encode()
        self.connection.sendall(b"$%s#%02x" % (data, sum(data) % 256))
        # What the stub may have said of its own before it took this is stale.
        while self._byte() != b"+":
            pass

    def packet(self):
        """The next packet that the stub sends, acknowledged."""
        while self._byte() != b"$":
            pass
        data = b""
        while (byte := self._byte()) != b"#":
            data += byte
        self._byte(), self._byte()
        self.connection.sendall(b"+")
        return data.decode(errors="replace")

    def ask(self, packet):
        self._send(packet)
        return self.packet()

    def _demand_ok(self, packet):
        if (answer := self.ask(packet)) != "OK":
            raise RuntimeError(f"gdb stub: {packet}: {answer}")

    def read(self, address, length):
        """Memory, by virtual address as the stopped CPU sees it."""
        answer = self.ask(f"m{address:x},{length:x}")
        if answer.startswith("E"):
            raise RuntimeError(f"gdb stub: no memory at {address:#x}: {answer}")
        return bytes.fromhex(answer)

    def write(self, address, data):
        self._demand_ok(f"M{address:x},{len(data):x}:{data.hex()}")

    def set_breakpoint(self, address):
        self._demand_ok(f"Z1,{address:x},1")

    def clear_breakpoint(self, address):
        self._demand_ok(f"z1,{address:x},1")

    def set_watchpoint(self, address, size):
        """The machine stops after each store there."""
        self._demand_ok(f"Z2,{address:x},{size:x}")

    def clear_watchpoint(self, address, size):
        self._demand_ok(f"z2,{address:x},{size:x}")

    def interrupt(self):
        """Stop the running machine."""
        self.connection.sendall(b"\x03")
        self.packet()

    def call(self, function, argument):
        """The stopped CPU goes on at the start of a function, and does not come back."""
        for number in ARCH.function_registers:
            self._demand_ok(f"P{number:x}={function.to_bytes(8, 'little').hex()}")
        self._demand_ok(f"P{ARCH.argument_register:x}={argument.to_bytes(8, 'little').hex()}")

    def register(self, number):
        """Of the stopped CPU, by the debugger's number of it."""
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def program_counter(self):
        return self.register(ARCH.function_registers[0])

    def step(self):
        """The stopped CPU executes one instruction, and no interrupt comes. Whether it did:
        QEMU may come back before it has, or with an exception."""
        before = self.program_counter()
        self.ask("s")
        return 0 < self.program_counter() - before <= LONGEST_INSTRUCTION

    def resume(self):
        """The answer is a packet of its own, when the machine stops again."""
        self._send("c")

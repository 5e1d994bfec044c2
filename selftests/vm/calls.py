# SPDX-License-Identifier: GPL-2.0-only
"""Calls of a function, by some others or by all. For one that allocates memory where that
must not start I/O: was the task in a scope of memalloc_noio_save() each time?

For a kernel of x86_64 without KASLR, on one processor.
"""

import bisect
import struct

# The debugger's numbers of registers.
STACK_POINTER, GS_BASE = 7, 25
# include/linux/sched.h. Before the flags of a task are its thread_info, two states, the
# address of its stack and a reference count.
PF_MEMALLOC_NOIO = 0x00080000
TASK_FLAGS = 24 + 4 + 4 + 8 + 4
POINTER = struct.Struct("<Q")
FLAGS = struct.Struct("<I")
# Sorts behind every name of a symbol.
LAST = "~"


class Calls:
    """Those of FUNCTION by one of CALLERS, or by any, from now on; names of SYMBOLS."""

    def __init__(self, machine, symbols, function, callers=None):
        self.machine = machine
        self.function, self.callers = function, callers
        self.address = symbols[function]
        self.current = symbols["pcpu_hot"]
        self.symbols = sorted((address, name) for name, address in symbols.items())
        # Where I/O may not start, and where it may.
        self.good = self.bad = 0
        machine.attach().set_breakpoint(self.address)
        machine.resume_until_stop(self._stopped)

    def _function_at(self, address):
        return self.symbols[bisect.bisect(self.symbols, (address, LAST)) - 1][1]

    def _may_start_io(self, stub):
        task, = POINTER.unpack(stub.read(stub.register(GS_BASE) + self.current, POINTER.size))
        flags, = FLAGS.unpack(stub.read(task + TASK_FLAGS, FLAGS.size))
        return not flags & PF_MEMALLOC_NOIO

    def _stopped(self, stub):
        caller, = POINTER.unpack(stub.read(stub.register(STACK_POINTER), POINTER.size))
        if self.callers is None or self._function_at(caller) in self.callers:
            may = self._may_start_io(stub)
            self.bad += may
            self.good += not may
        # It would stop here again before it has gone on.
        stub.clear_breakpoint(self.address)
        stub.step()
        stub.set_breakpoint(self.address)
        self.machine.resume_until_stop(self._stopped)

    def end(self):
        """How many there were where I/O may not start, and where it may."""
        self.machine.attach().clear_breakpoint(self.address)
        self.machine.resume_until_stop(None)
        return self.good, self.bad

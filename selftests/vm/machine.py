# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU: its memory (mapped here), its monitor, and the port of results."""

import contextlib
import json
import mmap
import os
import select
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

from arch import ARCH
from gdb import Stub

PORT_NAME = "org.kexec-keys.result"


class MachineError(Exception):
    """The machine ended, or used up its time, before it had answered."""


@dataclass
class GuestMemory:
    memory: mmap.mmap
    fd: int


class Machine:
    def __init__(self, options, memory_mib, console, limits, interactive=False, typist=None):
        self.cpu_limit, self.wall_limit = limits
        self.started = time.monotonic()
        self.cpu = 0.0
        self.buffer = b""
        self.monitor_buffer = b""
        self.port, port_far = socket.socketpair()
        self.monitor, monitor_far = socket.socketpair()
        self.debugger, debugger_far = socket.socketpair()
        self.stub = self.at_stop = None
        # All that came by the port.
        self.transcript = bytearray()
        # How QEMU ended by itself: its status, and what it said of the reason.
        self.status = 0
        self.reason = ""
        self.typist = typist
        self.console, console_far = socket.socketpair()
        fds = (port_far.fileno(), monitor_far.fileno(), debugger_far.fileno())
        if typist:
            fds += (console_far.fileno(),)
        self.command = self._command(options, memory_mib, console, fds, interactive)
        with open(os.path.join(os.path.dirname(console), "qemu.log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command, pass_fds=fds, stderr=log,
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=None if interactive else log)
        port_far.close()
        monitor_far.close()
        debugger_far.close()
        console_far.close()
        self._read_monitor()
        self.execute("qmp_capabilities")

    @staticmethod
    def _command(options, memory_mib, console, fds, interactive):
        serial = ["-serial", "mon:stdio"] if interactive else ["-serial", f"file:{console}"]
        if len(fds) > 3:
            serial = ["-chardev", f"socket,id=console,fd={fds[3]},logfile={console}", "-serial", "chardev:console"]
        return [
            ARCH.qemu,
            # The memory is an anonymous file: it can be searched from here, and
            # with QEMU it is gone, whatever ends the two.
            "-object", f"memory-backend-memfd,id=ram,size={memory_mib}M,share=on",
            "-M", f"{ARCH.machine},memory-backend=ram", "-m", f"{memory_mib}M",
            # Emulated also where there is KVM, whose breakpoints are four.
            "-accel", "tcg", "-cpu", ARCH.cpu,
            "-nodefaults", "-display", "none", "-no-reboot", *serial,
            "-chardev", f"socket,id=monitor,fd={fds[1]}", "-mon", "chardev=monitor,mode=control",
            "-chardev", f"socket,id=port,fd={fds[0]}", "-device", "virtio-serial-pci",
            "-device", f"virtserialport,chardev=port,name={PORT_NAME}",
            "-chardev", f"socket,id=breakpoints,fd={fds[2]}",
            *options,
        ]

    def _read_monitor(self):
        while b"\n" not in self.monitor_buffer:
            data = self.monitor.recv(65536)
            if not data:
                raise MachineError("QEMU did not start; see qemu.log")
            self.monitor_buffer += data
        line, _, self.monitor_buffer = self.monitor_buffer.partition(b"\n")
        said = json.loads(line)
        if said.get("event") == "SHUTDOWN":
            self.reason = said["data"]["reason"]
        return said

    def execute(self, command, **arguments):
        request = {"execute": command, "arguments": arguments}
        self.monitor.sendall(json.dumps(request).encode())
        while True:
            answer = self._read_monitor()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise MachineError(f"{command}: {answer['error']['desc']}")

    def cpu_seconds(self):
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rpartition(")")[2].split()
            self.cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
        return self.cpu

    def _check_limits(self):
        if self.cpu_seconds() > self.cpu_limit:
            raise MachineError(f"used its {self.cpu_limit} s of processor time")
        if time.monotonic() - self.started > self.wall_limit:
            raise MachineError(f"used its {self.wall_limit} s")

    def line(self):
        """The next line from the guest, or None when QEMU has ended."""
        while b"\n" not in self.buffer:
            self._check_limits()
            stub_has_more = self.stub and self.stub.has_more()
            watched = [self.port, self.debugger] + ([self.console] if self.typist else [])
            ready = select.select(watched, [], [], 0 if stub_has_more else 1)[0]
            if self.console in ready:
                self._type()
            if self.typist and self.typist.has_waited():
                self.kill()
                return None
            if self.at_stop and (stub_has_more or self.debugger in ready):
                self._stopped()
            if self.port not in ready:
                if self.process.poll() is not None:
                    return self._ended()
                continue
            data = self.port.recv(65536)
            if not data:
                return self._ended()
            self.buffer += data
            self.transcript += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode("utf-8", "replace")

    def _type(self):
        """Who watches the console may have something to type."""
        data = self.console.recv(65536)
        if data:
            self.console.sendall(self.typist.read(data))
        else:
            self.typist = None

    def _ended(self):
        """How QEMU ended by itself is remembered; None, as there is no line."""
        self.status = self.process.wait()
        with contextlib.suppress(MachineError, OSError):
            while True:
                self._read_monitor()

    def stop_once_at(self, address, action):
        """When a CPU comes to this virtual address, action(stub) is called, once."""
        def act(stub):
            action(stub)
            stub.clear_breakpoint(address)
            self.resume_until_stop(None)

        self.attach().set_breakpoint(address)
        self.resume_until_stop(act)

    def attach(self):
        """The gdb stub; the machine stands still until resume_until_stop()."""
        if self.stub:
            self.stub.interrupt()
        else:
            self.monitor_command("gdbserver chardev:breakpoints")
            self.stub = Stub(self.debugger)
        return self.stub

    def resume_until_stop(self, action):
        """Where it next stops by itself, action(stub) is called, and must resume it."""
        self.at_stop = action
        self.stub.resume()

    def _stopped(self):
        action, self.at_stop = self.at_stop, None
        self.stub.packet()
        action(self.stub)

    def monitor_command(self, command):
        """A command that QMP has not; its output."""
        return self.execute("human-monitor-command", **{"command-line": command}).strip()

    def save(self):
        """Remember this moment, in which the guest waits for an answer."""
        self._demand_silence("savevm moment")

    def go_back(self):
        """To that moment; what the guest has said since was never said."""
        self._demand_silence("loadvm moment")
        while select.select([self.port], [], [], 0)[0]:
            self.port.recv(65536)
        self.buffer = b""

    def _demand_silence(self, command):
        if output := self.monitor_command(command):
            raise MachineError(f"{command}: {output}")

    def answer(self, text=""):
        self.port.sendall(text.encode() + b"\n")

    def wake_after(self, seconds):
        """So long after the guest has suspended itself. Nobody else may talk to
        the monitor until then."""
        def wait_and_wake():
            while self.execute("query-status")["status"] != "suspended":
                time.sleep(0.1)
            time.sleep(seconds)
            self.execute("system_wakeup")

        threading.Thread(target=wait_and_wake, daemon=True).start()

    def wait(self):
        while self.process.poll() is None:
            self._check_limits()
            time.sleep(0.02)

    def memory_fd(self):
        """Open the memfd that is the guest's memory."""
        directory = f"/proc/{self.process.pid}/fd"
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            if "memory-backend-memfd" in os.readlink(path):
                return os.open(path, os.O_RDWR)
        raise MachineError("the guest's memory is not where it was expected")

    def map_memory(self):
        """The guest's RAM from its first physical address on, up to the PCI hole of x86."""
        fd = self.memory_fd()
        return GuestMemory(mmap.mmap(fd, 0), fd)

    @contextlib.contextmanager
    def mapped_memory(self):
        """The same, for a while."""
        mapped = self.map_memory()
        try:
            yield mapped
        finally:
            mapped.memory.close()
            os.close(mapped.fd)

    @contextlib.contextmanager
    def stopped_memory(self):
        """The same, while the guest stands still."""
        self.execute("stop")
        try:
            with self.mapped_memory() as mapped:
                yield mapped
        finally:
            self.execute("cont")

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

# SPDX-License-Identifier: GPL-2.0-only
"""A software TPM beside one QEMU, which ends it when it ends."""

import os
import subprocess
import time

SECONDS_TO_START = 60


class Tpm:
    """Keeps its state in a directory, from one boot to the next."""

    def __init__(self, directory):
        state = directory / "tpm"
        state.mkdir(exist_ok=True)
        # Short enough for the address of a socket.
        self.socket = os.path.relpath(state / "socket")
        with open(state / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl", f"type=unixio,path={self.socket}",
                 "--terminate"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait(state / "log")

    def _wait(self, log):
        deadline = time.monotonic() + SECONDS_TO_START
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"swtpm did not start; see {os.path.relpath(log)}")
            time.sleep(0.05)

    def options(self):
        return ["-chardev", f"socket,id=tpm,path={self.socket}", "-tpmdev", "emulator,id=tpm,chardev=tpm",
                "-device", "tpm-tis,tpmdev=tpm"]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

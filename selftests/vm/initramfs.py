# SPDX-License-Identifier: GPL-2.0-only
"""Assemble a small initramfs from chosen programs of an unpacked Debian."""

import gzip
import os
import re
import stat
import subprocess

from arch import ARCH

LIBRARY_DIRS = (f"usr/lib/{ARCH.triple}", f"usr/lib/{ARCH.triple}/systemd", "usr/lib64", "usr/lib",
                f"lib/{ARCH.triple}", "lib64", "lib")
# Where programs say that it is.
LOADER_DIR = "lib64" if ARCH.name in ("x86_64", "ppc64le") else "lib"
MERGED = ("bin", "sbin", "lib", "lib64")


class Cpio:
    """A newc archive in memory; device nodes need no root this way."""

    def __init__(self):
        self.parts = []
        self.names = set()
        for directory in ("dev", "proc", "sys", "tmp", "run", "etc", "mnt", "var", "usr"):
            self.directory(directory)
        for name in MERGED:
            self.directory(f"usr/{name}")
            self.symlink(name, f"usr/{name}")
        self._add("dev/console", stat.S_IFCHR | 0o600, b"", rdev=(5, 1))

    def _add(self, name, mode, data, rdev=(0, 0)):
        if name in self.names:
            return
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data),
                  0, 0, rdev[0], rdev[1], len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def directory(self, name):
        parent = os.path.dirname(name)
        if parent:
            self.directory(parent)
        self._add(name, stat.S_IFDIR | 0o755, b"")

    def symlink(self, name, target):
        self._parent(name)
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def data(self, name, data, mode=0o644):
        self._parent(name)
        self._add(name, stat.S_IFREG | mode, data)

    def file(self, name, path):
        with open(path, "rb") as source:
            self.data(name, source.read(), os.stat(path).st_mode & 0o777)

    def _parent(self, name):
        parent = os.path.dirname(name)
        if parent and parent not in MERGED:
            self.directory(parent)

    def tree(self, name, path):
        for base, _, files in os.walk(path):
            for entry in files:
                full = os.path.join(base, entry)
                self.file(os.path.join(name, os.path.relpath(full, path)), full)

    def write(self, path, compress):
        self._add("TRAILER!!!", 0, b"")
        blob = b"".join(self.parts)
        if compress:
            blob = gzip.compress(blob, 6, mtime=0)
        with open(path, "wb") as out:
            out.write(blob)


def _needed(path):
    dump = subprocess.run(["readelf", "-d", "-l", path], capture_output=True, text=True,
                          check=False).stdout
    names = re.findall(r"\(NEEDED\).*\[(.+)\]", dump)
    interpreter = re.search(r"program interpreter: (.+)\]", dump)
    return names + ([interpreter.group(1)] if interpreter else [])


def _applets(busybox):
    """Their names, one after the other in the program, which may be for another machine."""
    with open(busybox, "rb") as program:
        content = program.read()
    names = content[content.index(b"[\0[[\0"):]
    return names[:names.index(b"\0\0")].decode().split("\0")


class Root:
    """Copies programs, with the libraries that they need, out of an unpacked Debian."""

    def __init__(self, cpio, directory):
        self.cpio = cpio
        self.directory = directory

    def _resolve(self, name):
        """Follow links inside the unpacked root, never out of it."""
        for _ in range(10):
            path = os.path.join(self.directory, name.lstrip("/"))
            if not os.path.islink(path):
                return path if os.path.exists(path) else None
            target = os.readlink(path)
            name = target if target.startswith("/") else \
                os.path.normpath(os.path.join("/", os.path.dirname(name), target))
        return None

    def _library(self, name):
        if name.startswith("/"):
            name = os.path.basename(name)
        for directory in LIBRARY_DIRS:
            path = self._resolve(f"{directory}/{name}")
            if path:
                return name, path
        raise FileNotFoundError(f"{name}: no such library in {self.directory}")

    def library(self, name):
        """With those that it needs in turn."""
        name, path = self._library(name)
        place = f"usr/{LOADER_DIR}/{name}" if name == ARCH.loader else f"usr/lib/{name}"
        if place not in self.cpio.names:
            self.cpio.file(place, path)
            self.libraries(path)

    def libraries(self, path):
        for needed in _needed(path):
            self.library(needed)

    def file(self, name):
        """A program or plugin at its own place."""
        path = self._resolve(name)
        self.cpio.file(name, path)
        self.libraries(path)

    def program(self, name):
        for directory in ("usr/sbin", "usr/bin", "sbin", "bin"):
            path = self._resolve(f"{directory}/{name}")
            if path:
                self.cpio.file(f"usr/{os.path.basename(directory)}/{name}", path)
                self.libraries(path)
                return
        raise FileNotFoundError(f"{name}: no such program in {self.directory}")

    def systemd(self):
        """As the first process, with the targets that it shuts down by, and with what
        opens the volumes of a crypttab."""
        for name in ("systemd", "systemd-executor", "systemd-shutdown", "system-generators/systemd-cryptsetup-generator"):
            self.file(f"usr/lib/systemd/{name}")
        self.program("systemctl")
        self.program("systemd-cryptsetup")
        for name in os.listdir(self._resolve("usr/lib/systemd/system")):
            if name.endswith(".target") or name == "systemd-kexec.service":
                self.cpio.file(f"usr/lib/systemd/system/{name}", self._resolve(f"usr/lib/systemd/system/{name}"))

    def tpm(self):
        """What unlocks a volume by a TPM: libcryptsetup's plugin, which systemd has, and
        what that loads; and what enrols one."""
        self.program("systemd-cryptenroll")
        self.program("tpm2_pcrextend")
        self.file(f"usr/lib/{ARCH.triple}/cryptsetup/libcryptsetup-token-systemd-tpm2.so")
        for name in ("esys.so.0", "mu.so.0", "rc.so.0", "tcti-device.so.0"):
            self.library(f"libtss2-{name}")

    def foreign_program(self, place, path):
        """A program that was built here: on the root's libraries, or, where they
        are too old for it, on this machine's."""
        if not ARCH.is_native:
            # Built against this very root.
            self.cpio.file(place, path)
            self.libraries(path)
            return
        loader = self._library(ARCH.loader)[1]
        directories = ":".join(os.path.join(self.directory, name) for name in LIBRARY_DIRS)
        if not subprocess.run([loader, "--library-path", directories, path, "--version"],
                              capture_output=True, check=False).returncode:
            self.cpio.file(place, path)
            self.libraries(path)
            return
        private = f"usr/lib/{os.path.basename(path)}"
        self.cpio.file(f"{private}/program", path)
        self._own_libraries(private, path)
        self.cpio.data(place, f'#!/bin/sh\nexec /{private}/{ARCH.loader} --library-path /{private} '
                              f'/{private}/program "$@"\n'.encode(), mode=0o755)

    def _own_libraries(self, private, path):
        table = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", table):
            self.cpio.file(f"{private}/{os.path.basename(library)}", library)

    def busybox(self):
        """Applets stand in only for what has not been copied as the real program."""
        path = self._resolve("usr/bin/busybox") or self._resolve("bin/busybox")
        self.cpio.file("usr/bin/busybox", path)
        # The kernel would start busybox's init where it finds no /init, and that waits.
        real = {os.path.basename(name) for name in self.cpio.names} | {"init", "linuxrc"}
        for applet in _applets(path):
            if applet not in real:
                self.cpio.symlink(f"usr/bin/{applet}", "/usr/bin/busybox")

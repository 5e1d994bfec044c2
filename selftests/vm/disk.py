# SPDX-License-Identifier: GPL-2.0-only
"""Encrypted disks, formatted here on image files: neither loop device nor
device-mapper is needed, and the volume key is never in the guest but by
unlocking."""

import os
import secrets
import shutil
import subprocess

import scan

KEY_BYTES = 64
KINDS = {
    "luks2-pbkdf2": ["--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"],
    "luks2-argon2id": ["--type", "luks2", "--pbkdf", "argon2id", "--pbkdf-memory", "1048576",
                       "--pbkdf-force-iterations", "4", "--pbkdf-parallel", "1"],
    # A hash that the kernel's crypto API for programs is not asked for.
    "luks2-blake2b": ["--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--hash", "blake2b-512"],
    "luks1": ["--type", "luks1", "--pbkdf-force-iterations", "1000"],
}


class Disk:
    def __init__(self, path, kind, mib, passphrase):
        self.path = path
        self.key = secrets.token_bytes(KEY_BYTES)
        for image_path in (path, path + "2"):
            with open(image_path, "wb") as image:
                image.truncate(mib << 20)
        self._format(KINDS[kind], passphrase)

    def _format(self, options, passphrase):
        fd = os.memfd_create("volume-key")
        try:
            os.write(fd, self.key)
            subprocess.run(
                ["cryptsetup", "luksFormat", "--batch-mode", "--cipher", "aes-xts-plain64",
                 "--key-size", str(KEY_BYTES * 8), "--hash", "sha256",
                 "--volume-key-file", f"/proc/self/fd/{fd}", "--key-file", "-", *options, self.path],
                input=passphrase.encode(), pass_fds=[fd], check=True)
        finally:
            os.close(fd)

    def leaks(self):
        """Where the disk shows 8 bytes of the key or more, as they are or as text."""
        return scan.file_leaks(self.path, self.key)

    def damage_headers(self):
        """Both copies of the header lose all but their first sector."""
        with open(self.path, "r+b") as image:
            for start, end in ((512, 16384), (16384, 32768)):
                image.seek(start)
                image.write(b"\0" * (end - start))

    def blank(self):
        with open(self.path, "r+b") as image:
            image.write(b"\0" * (1 << 20))

    def clone_over(self, other_path):
        """In place: QEMU has the other image open."""
        with open(self.path, "rb") as image, open(other_path, "r+b") as other:
            shutil.copyfileobj(image, other)

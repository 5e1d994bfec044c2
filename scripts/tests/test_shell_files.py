# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files shellcheck looks at, and that it finds what is wrong in them."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from shell_files import command, is_shell, shell_files


class ShellFiles(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))
        subprocess.run(["git", "init", "-q", self.top], check=True)

    def write(self, name, text):
        (self.top / name).parent.mkdir(parents=True, exist_ok=True)
        (self.top / name).write_text(text)

    def finds(self, text, in_guest=False):
        self.write("a.sh", text)
        done = subprocess.run(command(["a.sh"], in_guest), cwd=self.top, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_a_file_by_its_name(self):
        for name in ("a.sh", "a.bash"):
            self.assertTrue(is_shell(name, b"# SPDX\n"), name)
        for name in ("a.c", "sh", "a.sh.in", "a.zsh"):
            self.assertFalse(is_shell(name, b"# SPDX\n"), name)

    def test_a_file_by_its_first_line(self):
        for line in (b"#!/bin/sh", b"#!/bin/bash", b"#! /bin/sh -e", b"#!/usr/bin/env bash", b"#!/bin/dash", b"#!/usr/bin/sh"):
            self.assertTrue(is_shell("a", line + b"\n"), line)
        for line in (b"#!/usr/bin/env python3", b"#!/usr/bin/awk -f", b"#!/usr/bin/perl", b"# /bin/sh", b""):
            self.assertFalse(is_shell("a", line + b"\n"), line)

    def test_all_files_of_the_repository(self):
        self.write(".gitignore", "/build/\n")
        self.write("build/ignored.sh", "")
        self.write("a", "#!/bin/sh\n")
        self.write("b/c d.sh", "")
        self.write("e.c", "")
        subprocess.run(["git", "add", "a"], cwd=self.top, check=True)
        self.assertEqual(shell_files(self.top), ["a", "b/c d.sh"])

    def test_a_clean_file(self):
        self.assertEqual(self.finds("#!/bin/sh\nused() { :; }\nused\n"), (0, ""))

    def test_findings_of_each_weight(self):
        for text, finding in (("#!/bin/sh\nif\n", "SC1"), ("#!/bin/sh\nx=1\n", "SC2034"), ("#!/bin/sh\necho $1\n", "SC2086"),
                              ("#!/bin/sh\necho $(($1 + `id`))\n", "SC2006"), ("#!/bin/sh\n[[ a ]]\n", "SC3010")):
            with self.subTest(finding):
                status, said = self.finds(text)
                self.assertEqual(status, 1)
                self.assertIn(finding, said)

    def test_what_a_guest_runs(self):
        self.assertEqual(self.finds("first()\n{\n\techo $KEYS \"$run\"\n}\n", True), (0, ""))
        self.assertEqual(self.finds("first()\n{\n\tlocal -a x=()\n}\n", True)[0], 1)

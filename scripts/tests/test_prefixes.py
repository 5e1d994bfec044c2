# SPDX-License-Identifier: GPL-2.0-or-later
"""Which patches of a series are looked at, and what their results depend on."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import prefixes
from kept import key_of

PATCHES = {
    "0001-code.patch": ["mm/a.c"],
    "0002-option.patch": ["security/keys/kexec/Kconfig", "security/keys/kexec/a.c"],
    "0003-words.patch": ["Documentation/security/keys/kexec.rst", "MAINTAINERS"],
    "0004-tests.patch": ["tools/testing/selftests/kexec_keys/ring.c"],
    "0005-more.patch": ["mm/b.c", "Documentation/x.rst"],
}


class Series(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))
        patches = self.top / "patches"
        patches.mkdir()
        (patches / "series").write_text("".join(f"{name}\n" for name in PATCHES))
        for name, files in PATCHES.items():
            (patches / name).write_text("".join(f"diff --git a/{file} b/{file}\n" for file in files))
        (self.top / "tree/.git").mkdir(parents=True)
        (self.top / "tree/.git/tarball").write_text("1")
        self.tree = SimpleNamespace(patches=patches, dir=self.top / "tree")
        self.walk = SimpleNamespace(source=self.top, prefix="")


class WalkPatches(Series):
    def looked_at(self, *wanted):
        with mock.patch.object(prefixes, "apply_patch") as applied:
            found = list(prefixes.walk_patches(self.tree, self.walk, wanted))
        self.assertEqual([call.args[1].name for call in applied.call_args_list], list(PATCHES))
        return found

    def test_those_that_change_something_compiled(self):
        self.assertEqual(self.looked_at(), [("0001-code.patch", False), ("0002-option.patch", True), ("0005-more.patch", False)])

    def test_only_some(self):
        self.assertEqual(self.looked_at("0001"), [("0001-code.patch", False)])

    def test_an_option_of_a_patch_that_is_left_out_is_new_for_the_next(self):
        self.assertEqual(self.looked_at("0001", "0005"), [("0001-code.patch", False), ("0005-more.patch", True)])


class DependsOn(Series):
    def key(self, files=(), programs=(), versions="gcc 12"):
        with mock.patch.object(prefixes, "run", lambda *command: f"{command[0]} {versions}"):
            return key_of(prefixes.depends_on(self.tree, self.walk, files, programs))

    def test_the_same_again(self):
        self.assertEqual(self.key(), self.key())

    def test_every_change_counts(self):
        keys = [self.key()]
        for name in ("patches/0001-code.patch", "patches/series", "tree/.git/tarball"):
            (self.top / name).write_text("changed")
            keys.append(self.key())
        (self.top / "patches/0006-new.patch").write_text("")
        keys.append(self.key())
        keys += [self.key(versions="gcc 14"), self.key([Path(__file__)]), self.key(programs=["qemu"])]
        self.walk.prefix = "aarch64-linux-gnu-"
        keys.append(self.key())
        self.assertEqual(len(set(keys)), len(keys))

    def test_scripts_and_configuration_are_of_it(self):
        with mock.patch.object(prefixes, "run", lambda *command: ""):
            names = {Path(name).name for name in prefixes.depends_on(self.tree, self.walk)}
        self.assertLessEqual({"check-prefixes", "prefixes.py", "tap.py", "lib.sh", "common.config", f"{prefixes.ARCH}.config", "series",
                              "gcc", "ld", "sparse"}, names)


class Warnings(unittest.TestCase):
    BASE = "../../tree/6.12/mm/a.c:12:5: warning: unused variable 'i' [-Wunused-variable]"

    def test_each_kind_is_seen(self):
        for line in (self.BASE, "../../tree/6.12/mm/a.c:7:1: error: no", "/w/build/tree/6.12/mm/a.c:9:3: warning: context imbalance",
                     "mm/a.c:9: warning: Function parameter 'x' not described"):
            self.assertEqual(len(prefixes.warnings(f"  CC mm/a.o\n{line}\nmm/a.c: In function 'f':\n")), 1, line)

    def test_a_warning_stays_the_same_where_lines_move(self):
        moved = self.BASE.replace(":12:5:", ":99:7:").replace("../../tree", "/w/build/series/6.12-x86_64/tree")
        self.assertEqual(list(prefixes.warnings(self.BASE)), list(prefixes.warnings(moved)))

    def test_other_warnings_differ(self):
        for old, new in (("mm/a.c", "mm/b.c"), ("'i'", "'j'")):
            self.assertNotEqual(list(prefixes.warnings(self.BASE)), list(prefixes.warnings(self.BASE.replace(old, new))))

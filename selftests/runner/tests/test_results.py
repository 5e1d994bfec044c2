# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of each test, when it still counts, and the table of it."""

import dataclasses
import subprocess
import tempfile
import unittest
from pathlib import Path

from programs import Cell
from results import Result, Source, Store, read_guests, read_source, series_is_edited, still_counts
from table import table

COMMIT = "1234567890abcdef" * 2


def result(test="crash", arch="x86_64", variant="", **fields):
    given = {"passed": 5, "wall": 3.0, "when": "2026-11-30T02:25:59+00:00", "commit": COMMIT, "host": "Debian", **fields}
    return Result(f"{arch} {test} {variant}", Cell(test, variant, arch, "6.12"), **given)


def git(directory, *words):
    subprocess.run(["git", "-C", directory, "-c", "user.name=a", "-c", "user.email=a", *words], check=True,
                   stdout=subprocess.DEVNULL)


class Directory(unittest.TestCase):
    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))


class Kept(Directory):
    def setUp(self):
        super().setUp()
        self.store = Store(self.top / "results")

    def test_what_is_kept_is_read_back(self):
        kept = result(skips=[("a", "b")], wrong=["c"], dirty=True, guests={"trixie": "ab"})
        self.store.keep(kept)
        self.assertEqual(self.store.find(kept.command), kept)
        self.assertEqual(self.store.all(), [kept])

    def test_the_newest_counts(self):
        self.store.keep(result())
        self.store.keep(result(failed=1))
        self.assertEqual(self.store.find(result().command).failed, 1)
        self.assertEqual(len(self.store.all()), 1)

    def test_a_program_without_a_result(self):
        self.store.keep(result())
        self.assertIsNone(self.store.find(result(test="other").command))

    def test_command_lines_that_look_alike(self):
        for name in ("a b", "a-b", "a/b", "a" * 300, "a" * 301):
            self.store.keep(result(test=name))
        self.assertEqual(len(self.store.all()), 5)

    def test_it_was_kept_only_where_it_is_taken_over(self):
        self.store.keep(result(kept=True))
        self.assertFalse(self.store.find(result().command).kept)

    def test_how_long_programs_take(self):
        self.store.keep(result(wall=7.5))
        self.store.keep(result(test="bad", failed=1))
        self.assertEqual(self.store.seconds(), {result().command: 7.5})

    def test_lists_of_packages(self):
        digests = self.store.keep_packages({"trixie": "a 1\n", "forky": "a 2\n"})
        for name, text in (("trixie", "a 1\n"), ("forky", "a 2\n")):
            self.assertEqual((self.store.directory / f"packages-{name}-{digests[name]}").read_text(), text)
        self.assertNotEqual(*digests.values())
        self.assertEqual(self.store.all(), [])

    def test_packages_that_changed(self):
        before = self.store.keep_packages({"trixie": "a 1\nb 1\n", "forky": "a 1\n"})
        after = self.store.keep_packages({"trixie": "a 2\nb 1\nc 1\n", "sid": "a 1\n"})
        self.assertEqual(self.store.changed_packages(before, after), ["trixie: -a 1", "trixie: +a 2", "trixie: +c 1"])
        self.assertEqual(self.store.changed_packages(before, before), [])


class StillCounts(unittest.TestCase):
    def counts(self, kept, commit=COMMIT, dirty=False, system="Debian", guests=None):
        return still_counts(kept, Source(commit, dirty), system, guests or {})

    def test_at_the_same_commit(self):
        self.assertTrue(self.counts(result()))

    def test_only_what_is_as_it_was(self):
        self.assertFalse(self.counts(None))
        self.assertFalse(self.counts(result(failed=1)))
        self.assertFalse(self.counts(result(passed=0)))
        self.assertFalse(self.counts(result(dirty=True)))
        self.assertFalse(self.counts(result(), dirty=True))
        self.assertFalse(self.counts(result(), commit="f" * 32))
        self.assertFalse(self.counts(result(), system="Debian 13"))

    def test_the_packages_of_the_guests(self):
        kept = result(guests={"trixie": "ab"})
        self.assertTrue(self.counts(kept, guests={"trixie": "ab", "forky": "cd"}))
        self.assertFalse(self.counts(kept, guests={"trixie": "ef"}))
        self.assertFalse(self.counts(kept, guests={}))


class ReadSource(Directory):
    def setUp(self):
        super().setUp()
        git(self.top, "init", "-q")
        self.write("file", "a\n")
        self.write(".gitignore", "/build/\n")
        git(self.top, "add", ".")
        git(self.top, "commit", "-q", "-m", "a")

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make_tree(self):
        """A tree of the series with one commit, in step with patches/."""
        self.write("build/tree/6.12/source", "a\n")
        tree = self.top / "build/tree/6.12"
        git(tree, "init", "-q")
        git(tree, "add", ".")
        git(tree, "commit", "-q", "-m", "a")
        git(tree, "update-ref", "refs/kexec-keys/series", "HEAD")
        return tree

    def test_clean(self):
        source = read_source(self.top)
        self.assertRegex(source.commit, "^[0-9a-f]{40}$")
        self.assertFalse(source.dirty)
        self.make_tree()
        self.assertEqual(read_source(self.top), source)

    def test_a_changed_file(self):
        self.write("file", "b\n")
        self.assertTrue(read_source(self.top).dirty)

    def test_a_new_file(self):
        self.write("new", "b\n")
        self.assertTrue(read_source(self.top).dirty)

    def test_what_is_built_is_no_change(self):
        self.write("build/new", "b\n")
        self.assertFalse(read_source(self.top).dirty)

    def test_a_series_that_is_edited(self):
        tree = self.make_tree()
        self.assertFalse(series_is_edited(tree))
        self.write("build/tree/6.12/source", "b\n")
        self.assertTrue(read_source(self.top).dirty)
        git(tree, "commit", "-q", "-a", "-m", "b")
        self.assertTrue(read_source(self.top).dirty)
        git(tree, "update-ref", "refs/kexec-keys/series", "HEAD")
        self.assertFalse(read_source(self.top).dirty)

    def test_no_repository(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(read_source(Path(empty)), Source("", True))


class Packages(Directory):
    def test_names_and_versions(self):
        guests = self.top / "build/guest"
        guests.mkdir(parents=True)
        (guests / "trixie-amd64").mkdir()
        (guests / "trixie-amd64.lock").write_text("")
        (guests / "forky-riscv64.packages").symlink_to("gone")
        (guests / "trixie-amd64.packages").write_text("a 1:1.0\nb 2-1\n")
        self.assertEqual(read_guests(self.top), {"trixie-amd64": "a 1:1.0\nb 2-1\n"})

    def test_no_guests(self):
        self.assertEqual(read_guests(self.top), {})


class Table(unittest.TestCase):
    @staticmethod
    def of(*results, not_run=()):
        cells = {one.cell: one for one in results}
        cells.update({Cell(test, "", arch, "6.12"): None for test, arch in not_run})
        return table(cells)

    def test_rows_and_columns(self):
        lines = self.of(result(), result(arch="arm64", passed=6), result("wipes", passed=7), not_run=[("wipes", "riscv64")])
        self.assertEqual(lines, [
            "test   x86_64                          arm64                           riscv64",
            "crash  5 passed 11-30 02:25 123456789  6 passed 11-30 02:25 123456789",
            "wipes  7 passed 11-30 02:25 123456789                                  not run"])

    def test_variants_have_rows_of_their_own(self):
        lines = self.of(result(), result(variant="debug"))
        self.assertEqual([line.split("  ")[0] for line in lines], ["test", "crash", "crash (debug)"])

    def test_failures_changes_and_skips_are_seen(self):
        line = self.of(result(failed=2, passed=3, dirty=True, skips=[("a", "b")]))[1]
        self.assertEqual(line, "crash  FAILED 2 of 5 1 skipped 11-30 02:25 123456789+")

    def test_nothing_passed_is_no_pass(self):
        self.assertIn("FAILED", self.of(result(passed=0))[1])

    def test_two_bases(self):
        other = dataclasses.replace(result(), cell=Cell("crash", "", "x86_64", "7.3"))
        self.assertEqual([line.split("  ")[0] for line in self.of(result(), other)], ["test", "crash, 6.12", "crash, 7.3"])

    def test_none(self):
        self.assertEqual(table({}), ["test"])

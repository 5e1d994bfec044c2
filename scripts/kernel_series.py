# SPDX-License-Identifier: GPL-2.0-or-later
"""The series in patches/ and its git tree in build/tree/, for the scripts beside this file."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SELFTESTS = "tools/testing/selftests/kexec_keys/"
# Where the series' new files lie in this repository, by where they lie in the kernel's tree: the
# first that fits. Nothing else is in these directories.
DERIVED = {
    "Documentation/": ROOT / "Documentation",
    SELFTESTS: ROOT / "selftests/kexec_keys",
    "": ROOT / "kernel",
}
COVER_LETTER = "0000-cover-letter.patch"

# The same commits give the same bytes with this.
FORMAT_PATCH = ("format-patch", "-q", "-N", "--zero-commit", "--no-signature", "--full-index", "--no-renames",
                "--no-base", "--no-thread", "--diff-algorithm=myers", "--stat=72", "--subject-prefix=PATCH")

# Git must act alike on every machine: no user's or system's settings. The
# name is for commits that the scripts make; a patch keeps its own author.
GIT_ENV = {
    **os.environ,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_COMMITTER_NAME": "kexec-keys",
    "GIT_COMMITTER_EMAIL": "kexec-keys",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


class Refused(Exception):
    """What the user has to mend first."""


def say(what, text):
    print(f"  {what:<7} {text}", flush=True)


def short(path):
    return os.path.relpath(path, ROOT)


def run_main(main):
    """Run a script's main function; what it refuses becomes one message."""
    try:
        sys.exit(main())
    except Refused as refusal:
        sys.exit(f"{Path(sys.argv[0]).name}: {refusal}")


def here(path):
    """Where the file that the series installs at path lies in this repository."""
    for prefix, directory in DERIVED.items():
        if path.startswith(prefix):
            return directory / path.removeprefix(prefix)
    raise ValueError(path)


def in_tree(file):
    """Where the series installs a file of derived_files()."""
    for prefix, directory in DERIVED.items():
        if file.is_relative_to(directory):
            return prefix + str(file.relative_to(directory))
    raise ValueError(file)


def derived_files():
    """What lies in the directories that only the series may fill, without what a build leaves there."""
    return [file for directory in DERIVED.values() for file in sorted(directory.rglob("*"))
            if file.is_file() and file.suffix not in (".o", ".cmd")]


class Tree:
    """The git tree of one base: tag base, branch with the series."""

    def __init__(self, base):
        self.base = base
        self.dir = ROOT / "build/tree" / base
        self.patches = ROOT / "patches" / base

    def git(self, *args, data=None, env=None):
        """Output of a git command in the tree, as bytes."""
        done = subprocess.run(["git", *args], cwd=self.dir, input=data, env={**GIT_ENV, **(env or {})},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise Refused(f"git {args[0]} in {short(self.dir)}: {done.stderr.decode().strip()}")
        return done.stdout

    def lines(self, *args, **kwargs):
        return self.git(*args, **kwargs).decode().splitlines()

    def require(self):
        """The tree exists and no git operation is half done in it."""
        if not (self.dir / ".git/unpacked").exists():
            raise Refused(f"there is no {short(self.dir)}: run 'make tree' first")
        for state in ("rebase-merge", "rebase-apply"):
            if (self.dir / ".git" / state).exists():
                raise Refused(f"a rebase or am is under way in {short(self.dir)}: finish it first")

    def require_clean(self):
        """Every change in the tree is committed, none is invisible to git."""
        changes = self.lines("status", "--porcelain")
        if changes:
            raise Refused(f"uncommitted changes in {short(self.dir)}:\n" + "\n".join(changes))
        unknown = self.unknown_changes()
        if unknown:
            raise Refused(f"changed in {short(self.dir)}, but git does not know them (a new file wants 'git add -f', "
                          "a file of Debian's 'make edit FILE='):\n" + "\n".join(unknown))

    def unknown_changes(self):
        """Files that are newer than the unpacked source, neither tracked nor ignored."""
        newer = subprocess.run(["find", ".", "-path", "./.git", "-prune", "-o", "-newer", ".git/unpacked",
                                "-type", "f", "-printf", "%P\n"],
                               cwd=self.dir, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        newer = set(newer) - set(self.lines("ls-files"))
        if not newer:
            return []
        ignored = subprocess.run(["git", "check-ignore", "--stdin"], cwd=self.dir, env=GIT_ENV, text=True,
                                 input="\n".join(newer), stdout=subprocess.PIPE, check=False).stdout
        return sorted(newer - set(ignored.splitlines()))

    def commits(self):
        return self.lines("rev-list", "--reverse", "base..HEAD")

    def changed_files(self, kinds):
        """Files that the series adds (A), modifies (M) or both."""
        return self.lines("diff", "--no-renames", "--name-only", f"--diff-filter={kinds}", "base", "HEAD")

    def content(self, path, commit="HEAD"):
        """A file of a commit, None when it is not there."""
        if not self.lines("ls-tree", commit, "--", path):
            return None
        return self.git("cat-file", "blob", f"{commit}:{path}")

    def is_executable(self, path):
        return self.lines("ls-tree", "HEAD", "--", path)[0].startswith("100755")


def patch_names(patches):
    """Names of the patches, in order, as series lists them."""
    lines = (patches / "series").read_text().splitlines()
    names = (line.partition("#")[0].strip() for line in lines)
    return [name for name in names if name]


def sections(patch):
    """The diffs of a patch: pairs of in-tree path and bytes."""
    for part in re.split(rb"(?m)^(?=diff --git )", patch)[1:]:
        path = re.match(rb"diff --git a/(\S+) b/", part).group(1).decode()
        yield path, re.split(rb"(?m)^-- \n", part)[0]


def new_files(patches):
    """In-tree paths of the files that the patches create."""
    found = set()
    for name in patch_names(patches):
        for path, diff in sections((patches / name).read_bytes()):
            if b"\nnew file mode " in diff.split(b"\n@@", 1)[0]:
                found.add(path)
    return found

# SPDX-License-Identifier: GPL-2.0-or-later
"""The series on the unpatched base in a repository of its own, away from the developer's tree."""

import shutil

from kernel_series import GIT_ENV
from tap import run

IDENTITY = ("-c", "user.name=kexec-keys", "-c", "user.email=kexec-keys")


def git(where, *args):
    return run("git", *IDENTITY, *args, cwd=where, env=GIT_ENV)


def unpack_base(tree, where):
    """The files that the series touches, as Debian ships them."""
    where.mkdir(parents=True, exist_ok=True)
    archive = where / "base.tar"
    tree.git("archive", "-o", str(archive), "base")
    run("tar", "-xf", archive, "-C", where)
    archive.unlink()


def commit_base(tree, where):
    """A repository with the base as tag base; it ignores what else lies there."""
    # Git reads the attributes for the function names in hunk headers.
    if not (where / ".gitattributes").exists():
        shutil.copy(tree.dir / ".gitattributes", where)
    git(where, "init", "-q", "-b", "series")
    git(where, "config", "gc.auto", "0")
    git(where, "config", "status.showUntrackedFiles", "no")
    git(where, "add", "-f", "--", *tree.lines("ls-tree", "-r", "--name-only", "base"))
    git(where, "commit", "-q", "-m", "base")
    git(where, "tag", "base")


def apply_patch(where, patch):
    git(where, "am", "-q", patch)

# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of each test: a file of build/results/ for each cell of the table.

A result says at which commit it was, whether anything was changed beside it, and with
which packages the guests ran: the mirror keeps no old versions, so that a test that
fails today may have passed with yesterday's.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from programs import Cell

GIT_ENV = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Source:
    """What is tested: a commit, and whether there are changes beside it."""
    commit: str
    dirty: bool


@dataclass
class Result:
    """What one run of one program came to."""
    command: str
    cell: Cell
    passed: int = 0
    failed: int = 0
    skips: list = field(default_factory=list)
    # The results that are not ok, and what else is wrong.
    not_ok: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    # In seconds.
    wall: float = 0.0
    cpu: float = 0.0
    # ISO 8601, UTC.
    when: str = ""
    commit: str = ""
    dirty: bool = False
    host: str = ""
    # By root of build/guest/: the digest of its list of packages.
    guests: dict = field(default_factory=dict)
    # From an earlier run.
    kept: bool = False

    @property
    def good(self):
        return self.passed > 0 and self.failed == 0


def now():
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def host():
    """The system that the tests run on."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name}, {platform.machine()}"


def git(directory, *words):
    """Output of a git command, None where it fails."""
    done = subprocess.run(["git", "-C", directory, *words], env=GIT_ENV, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def series_is_edited(tree):
    """Kernels are built from build/tree/BASE as it is: does it differ from patches/?"""
    if not (tree / ".git").exists():
        return False
    return git(tree, "status", "--porcelain") != "" or \
        git(tree, "rev-parse", "HEAD") != git(tree, "rev-parse", "refs/kexec-keys/series")


def read_source(top):
    """The commit of a clone; dirty when files, or the series' tree, are not as it has them."""
    trees = (path for path in (top / "build/tree").glob("*") if path.is_dir())
    dirty = git(top, "status", "--porcelain") != "" or any(map(series_is_edited, trees))
    return Source(git(top, "rev-parse", "HEAD") or "", dirty)


def read_guests(top):
    """Lists of packages of the roots in build/guest/, by name: NAME.packages has NAME's, one a line."""
    found = {}
    for path in sorted((top / "build/guest").glob("*.packages")):
        try:
            found[path.stem] = path.read_text(errors="replace")
        except OSError:
            # A program that runs makes this root anew.
            continue
    return found


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """The results in one directory, and the lists of packages that they name."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def _path(self, command):
        # Two command lines may be alike but for what a file name cannot have.
        return self.directory / (re.sub(r"[^A-Za-z0-9]+", "-", command).strip("-")[:120] + f"-{digest(command)[:6]}.json")

    @staticmethod
    def _write(path, text):
        new = path.with_name(path.name + ".new")
        new.write_text(text)
        new.rename(path)

    def keep(self, result):
        self._write(self._path(result.command), json.dumps({**asdict(result), "kept": False}, indent=1) + "\n")

    def keep_packages(self, lists):
        """Returns the digests by root, as results name them."""
        for name, text in lists.items():
            path = self._packages_path(name, digest(text))
            if not path.exists():
                self._write(path, text)
        return {name: digest(text) for name, text in lists.items()}

    def changed_packages(self, before, after):
        """Lines of packages that differ between two sets of digests by root, those before with a "-"."""
        lines = []
        for name in sorted(before.keys() & after.keys()):
            if before[name] == after[name]:
                continue
            old, new = (set(self._packages_path(name, value).read_text().splitlines())
                        for value in (before[name], after[name]))
            lines += [f"{name}: -{line}" for line in sorted(old - new)] + [f"{name}: +{line}" for line in sorted(new - old)]
        return lines

    def _packages_path(self, name, value):
        return self.directory / f"packages-{name}-{value}"

    @staticmethod
    def _read(path):
        data = json.loads(path.read_text())
        return Result(**{**data, "cell": Cell(**data["cell"]), "skips": [tuple(skip) for skip in data["skips"]]})

    def find(self, command):
        """The newest result of a program, None where there is none."""
        path = self._path(command)
        return self._read(path) if path.exists() else None

    def all(self):
        return [self._read(path) for path in sorted(self.directory.glob("*.json"))]

    def seconds(self):
        """How long programs took that have passed, by command line."""
        return {result.command: result.wall for result in self.all() if result.good}


def still_counts(result, source, system, guests):
    """May a run leave a program out whose result this is? Only where all is as it was then."""
    return result is not None and result.good and not result.dirty and not source.dirty and \
        result.commit == source.commit and result.host == system and \
        all(guests.get(name) == value for name, value in result.guests.items())

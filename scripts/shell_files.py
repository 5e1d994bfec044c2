# SPDX-License-Identifier: GPL-2.0-or-later
"""The shell files of the repository, and the findings of shellcheck that do not count."""

import re
import subprocess
from pathlib import PurePath

SHELL_NAME = re.compile(r"\.(sh|bash)$")
SHEBANG = re.compile(rb"#! ?/\S*/(env )?(ba|da|a|k|z)?sh\b")
SCENARIOS = "selftests/vm/scenarios/"

# Findings that are not looked at, each with its reason.
IGNORED = {
    "SC2317": "functions are called by name: by check, by a trap, as the phase of a scenario",
    "SC2329": "the same, as shellcheck 0.10 says it",
}
# The same in what a guest runs: scenarios are sourced by guest/lib.sh.
IGNORED_IN_GUEST = {
    "SC2086": "KEYS and PARAMETER are constants of lib.sh, and have no space in them",
    "SC2154": "variables of lib.sh, and words of the kernel's command line",
    "SC2153": "the same",
}


def is_shell(name, head):
    """By a file's name, and how it begins."""
    return bool(SHELL_NAME.search(name) or SHEBANG.match(head))


def runs_in_guest(name):
    return name.startswith(SCENARIOS) or name == "selftests/vm/guest/lib.sh"


def shell_files(root):
    """Names of the shell files, relative to the repository, committed or about to be."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, check=True,
                            stdout=subprocess.PIPE).stdout.decode()
    found = []
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if is_shell(PurePath(name).name, file.read(80)):
                    found.append(name)
    return sorted(found)


def command(names, in_guest):
    """shellcheck for these files; all of its findings but the ignored ones."""
    ignored = {**IGNORED, **(IGNORED_IN_GUEST if in_guest else {})}
    shell = ["--shell=dash"] if in_guest else []
    return ["shellcheck", "--norc", "--external-sources", "--source-path=SCRIPTDIR:.", "--format=gcc",
            f"--exclude={','.join(ignored)}", *shell, "--", *names]

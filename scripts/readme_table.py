# SPDX-License-Identifier: GPL-2.0-or-later
"""README's table of scenarios and architectures, held against what the Makefile's lists run."""

import re
import sys

from kernel_series import ROOT

sys.path.insert(0, str(ROOT / "selftests/runner"))
from programs import VM, parse as parse_program, read_hints  # noqa: E402 pylint: disable=wrong-import-position

HEADING = "## Where it was run"
# What a cell says of a scenario that no list runs there.
NOT_RUN = ("", "no", "always")
FOOTNOTES = "¹²³⁴⁵"


def scenarios_run(commands):
    """Pairs of scenario and architecture that these command lines run with the plain kernel."""
    found = set()
    for command in commands:
        if command != "wait" and VM in command:
            cell = parse_program(command, {}).cell
            if not cell.variant:
                found.add((cell.test, cell.arch))
    return found


def parse_table(text):
    """The table under the heading: architectures, and rows of scenarios and their cells."""
    section = text.partition(HEADING + "\n")[2].partition("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")]
             for line in section.splitlines() if line.startswith("|")]
    if len(lines) < 3:
        return [], []
    return lines[0][1:], [(re.findall(r"`([a-z0-9-]+)`", line[0]), line[1:]) for line in lines[2:]]


def expected_cell(scenarios, arch, check, check_all):
    """What the lists say of a row's scenarios there; None where they differ."""
    words = {"check" if (name, arch) in check else "all" if (name, arch) in check_all else "" for name in scenarios}
    return words.pop() if len(words) == 1 else None


def wrong_cells(text, check, check_all):
    """Where the table of this text and the lists disagree, for the reader.

    check and check_all are the pairs that the two commands run."""
    arches, rows = parse_table(text)
    if not rows:
        return [f"no table under \"{HEADING}\""]
    wrong = []
    for scenarios, cells in rows:
        if not scenarios or len(cells) != len(arches):
            wrong.append(f"a row without a scenario, or with {len(cells)} cells: {scenarios}")
            continue
        for arch, cell in zip(arches, cells):
            says, runs = cell.rstrip(FOOTNOTES), expected_cell(scenarios, arch, check, check_all)
            if runs is None:
                wrong.append(f"{' '.join(scenarios)} on {arch}: the lists differ, they need rows of their own")
            elif says != runs and (runs or says not in NOT_RUN):
                wrong.append(f"{' '.join(scenarios)} on {arch}: the table says \"{says}\", the lists \"{runs}\"")
    return wrong


def missing_rows(text, check, check_all):
    """What the lists run on another architecture than the first, and the table does not name."""
    arches, rows = parse_table(text)
    named = {name for scenarios, _ in rows for name in scenarios}
    return sorted(f"{name} on {arch}" for name, arch in check | check_all
                  if arch not in arches[:1] and (name not in named or arch not in arches))

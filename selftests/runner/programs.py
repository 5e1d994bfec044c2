# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs of a test run: what each tests, and when its turn comes."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

WAIT = "wait"
VM = "selftests/vm/vm"
VM_OPTIONS_WITH_VALUE = ("--loads", "--append")
# A program with such a name builds what others need, and so runs in every run.
BUILDS = re.compile(r"\bscripts/kernel-builds\b|-builds$")
# What a program is taken to last that was never measured.
UNKNOWN_SECONDS = 60
HINTS = Path(__file__).resolve().parent / "durations"


@dataclass(frozen=True)
class Cell:
    """A place in the table of results."""
    test: str
    variant: str
    arch: str
    base: str


@dataclass(frozen=True)
class Program:
    """A command line, and the cell that its result belongs to."""
    command: str
    cell: Cell

    @property
    def builds(self):
        return bool(BUILDS.search(self.cell.test))

    @property
    def slug(self):
        """A file name for what is kept of it."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.command).strip("-")


def scenario_of(words):
    """Name and kernel variant of a scenario, from the arguments of selftests/vm/vm."""
    names, variants = [], []
    words = iter(words)
    for word in words:
        if word == "--kernel":
            variants.append(next(words, ""))
        elif word in VM_OPTIONS_WITH_VALUE:
            variants.append(f"{word.lstrip('-')} {next(words, '')}")
        elif not word.startswith("-"):
            names.append(word)
    return " ".join(names), ", ".join(variants)


def parse(command, environment=None):
    """The program of a command line; "env NAME=VALUE …" before it says for which machine it is."""
    settings = {"ARCH": "x86_64", "BASE": "6.12", **(os.environ if environment is None else environment)}
    words = shlex.split(command)
    if words and words[0] == "env":
        words = words[1:]
        while words and "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            settings[name] = value
    test, variant = shlex.join(words), ""
    if words and words[0] == VM:
        test, variant = scenario_of(words[1:])
    return Program(command, Cell(test, variant, settings["ARCH"], settings["BASE"]))


def stages(commands):
    """Lists of programs; each list waits for the one before it."""
    found = [[]]
    for command in commands:
        if command == WAIT:
            found.append([])
        else:
            found[-1].append(parse(command))
    return [stage for stage in found if stage]


def select(found, pattern):
    """Only the programs whose command line matches; a stage without any is left out."""
    chosen = ([program for program in stage if re.search(pattern, program.command)] for stage in found)
    return [stage for stage in chosen if stage]


def read_hints(path=HINTS):
    """Seconds that programs took when they were measured, by command line."""
    lines = (line.split(maxsplit=1) for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {command: float(seconds) for seconds, command in lines}


def longest_first(stage, seconds):
    """In this order some at a time end soonest; equals keep their order."""
    return sorted(stage, key=lambda program: -seconds.get(program.command, UNKNOWN_SECONDS))

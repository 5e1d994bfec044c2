# SPDX-License-Identifier: GPL-2.0-only
"""What the header of a scenario says that the host provides.

A header is the comment at the top of the scenario's file: what the scenario is about,
an empty line, and a block of "word: value" lines. A word that is not known, a value
that does not fit and a line of prose that reads like a setting are refused: a setting
that nothing reads would leave its scenario green and untested.
"""

import dataclasses
import difflib
import os
import re
import textwrap
from dataclasses import dataclass

import scan
from arch import ARCH
from disk import KINDS

SETTING = re.compile(r"([a-z][a-z0-9_-]*)(?: ([a-z][a-z0-9-]*))?: ?(.*)$")
NO_PROSE = re.compile(r"SPDX-License-Identifier|shellcheck ")
HANDOVERS = ("setup-data", "fdt")
GENERATORS = ("initramfs-tools", "dracut")


class SettingsError(Exception):
    """What is wrong with a header."""


def _number(text):
    if not re.fullmatch(r"[1-9]\d*", text):
        raise ValueError("not a number")
    return int(text)


def _choice(*choices):
    def parse(text):
        if text not in choices:
            raise ValueError(f"it may be {', '.join(choices)}")
        return text
    return parse


def _yes_or_no(text):
    return _choice("yes", "no")(text) == "yes"


def _phases(text):
    """first capture*3 -> ["first", "capture", "capture", "capture"]"""
    phases = []
    for word in text.split():
        match = re.fullmatch(r"([a-z_]+)(?:\*([1-9]\d*))?", word)
        if not match:
            raise ValueError(f"not a phase: {word}")
        phases += [match[1]] * int(match[2] or 1)
    if not phases:
        raise ValueError("no phase")
    return phases


def _red(text):
    """console=WORD, prompt, or SCAN=OWNER: {"unloaded": "crash-region", "console": "RCU", "prompt": None}"""
    red = {}
    for word in text.split():
        name, _, owner = word.partition("=")
        if bool(owner) == (name == "prompt"):
            raise ValueError(f"neither console=WORD, prompt nor SCAN=OWNER: {word}")
        red[name] = owner or None
    return red


def _size(text):
    if not re.fullmatch(r"[1-9]\d*[KMG]", text):
        raise ValueError("not a size, as 128M")
    return text


def _allowed(text):
    """payload=1 cipher=0-4 -> {"payload": (1, 1), "cipher": (0, 4)}"""
    for word in text.split():
        if not re.fullmatch(r"[a-z-]+=\d+(-\d+)?", word):
            raise ValueError(f"not OWNER=NUMBER or OWNER=LEAST-MOST: {word}")
    return scan.parse_allowed(text.split())


def _word(parse, default, meaning, second=None):
    """A setting; SECOND is what a second word of its name stands for."""
    made = {"default_factory": lambda: type(default)(default)} if isinstance(default, (dict, list)) else {"default": default}
    return dataclasses.field(metadata={"parse": parse, "meaning": meaning, "second": second}, **made)


@dataclass
class Settings:
    """One scenario, all of its settings with their values."""

    name: str
    about: str
    script: str = _word(str, "", "scenario whose phases and settings this one takes over (its own)")
    mem: int = _word(_number, 768, "MiB of memory (768)")
    cpus: int = _word(_number, 2, "how many processors (2)")
    crashkernel: str = _word(_size, "128M", "what the first kernel reserves (128M)")
    kernel: str = _word(str, "", "variant of the kernel that the machine boots (the plain one)")
    loads: str = _word(str, "", "variant of the kernel that kexec loads there, with that of the machine as /boot/own (the plain one)")
    append: str = _word(str, "", "more words for the kernel command line")
    disk: str = _word(_choice("none", *KINDS), "luks2-pbkdf2", f"kind of volume: none, {', '.join(KINDS)} (luks2-pbkdf2)")
    size: int = _word(_number, 256, "MiB of it; a second disk, blank at first, has as much (256)")
    phases: list = _word(_phases, ["first", "capture"], "what must be seen, in this order; next*3 is next next next (first capture)")
    runs: list = _word(str.split, [], "words, for each of which the phases are gone through; the scenario has each as $run")
    runs_where: dict = _word(str.split, {}, "more of them, where the handover goes by setup-data or fdt", second="WHERE")
    scans: dict = _word(_allowed, {}, "owners that a scan called NAME may find, as payload=1 cipher=0-4", second="NAME")
    red: dict = _word(_red, {}, "what must be found with a kernel that is wrong: SCAN=OWNER, more copies of this owner than "
                                "the scan allows; console=WORD, a complaint with that word; prompt, a passphrase prompt")
    replays: bool = _word(_yes_or_no, False, "yes, where a moment of the guest is gone back to (no)")
    init: str = _word(_choice("", "systemd"), "", "systemd, where that is the first kernel's first process (the harness's own)")
    firmware: str = _word(_choice("", "uefi"), "", "uefi, where that describes the machine, by ACPI (QEMU's own)")
    clock: str = _word(_choice("", "none"), "", "none, where the kernel must not find one")
    tpm: bool = _word(_yes_or_no, False, "yes, where the first kernel's machine has one, and programs for it (no)")
    userspace: str = _word(str, os.environ.get("SUITE") or ARCH.suite, "suite of Debian that the guest's programs come from "
                                                                       "($SUITE, or the architecture's)")
    programs: list = _word(str.split, [], "more of them, as NAME/PROGRAM, which \"make NAME\" builds; in /usr/local/sbin")
    overlay: str = _word(str, "", "build/NAME/overlay, which scripts/NAME makes, lies over the first kernel's root")
    system: str = _word(_choice("", *GENERATORS), "", "generator of initramfs images, where a whole Debian is installed on the "
                                                     "disk by the phase \"install\", and boots from it")
    packages: list = _word(str.split, ["linux-image-*-kexec-keys", "kexec-keys"],
                           "of ours that are installed there (linux-image-*-kexec-keys kexec-keys)")
    prepared: bool = _word(_yes_or_no, False, "yes, where they are installed before, on this machine, and the guest copies the "
                                              "system (no)")

    def runs_here(self):
        """Those of this architecture; one without a name where the scenario has none."""
        return self.runs + self.runs_where.get(ARCH.handover, []) or [""]


def _fields():
    """Name of each setting in a header: the field."""
    names = {"runs_where": "runs WHERE", "scans": "scan NAME"}
    return {names.get(field.name, field.name): field for field in dataclasses.fields(Settings) if field.metadata}


def _field_name(name, second):
    """As _fields() has it, of a setting with or without a second word."""
    return f"{name} {'NAME' if name == 'scan' else 'WHERE'}" if second else name


def describe_settings():
    """All of them, for --help."""
    lines = []
    for name, field in _fields().items():
        lines += textwrap.wrap(field.metadata["meaning"], 96, initial_indent=f"  {name:12} ", subsequent_indent=" " * 15)
    return "\n".join(lines)


def _header(text):
    """Paragraphs of the comment at the top of a file, each a list of lines."""
    paragraphs = [[]]
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        line = line[1:].strip()
        if not line:
            paragraphs.append([])
        elif not NO_PROSE.match(line):
            paragraphs[-1].append(line)
    return [paragraph for paragraph in paragraphs if paragraph]


def _unknown(name):
    close = difflib.get_close_matches(name, [known.partition(" ")[0] for known in _fields()], 1)
    return f"unknown setting \"{name}\"" + (f"; perhaps \"{close[0]}\"" if close else "")


def _split(lines):
    """The settings of a block, {(name, second word): text}."""
    found = {}
    for line in lines:
        match = SETTING.match(line)
        if not match:
            raise SettingsError(f"not a setting: \"{line}\"")
        name, second, value = match.groups()
        if _field_name(name, second) not in _fields():
            raise SettingsError(_unknown(name))
        if (name, second) in found:
            raise SettingsError(f"\"{match[0].partition(':')[0]}\" is set twice")
        found[name, second] = value.strip()
    return found


def _take(settings, name, second, text):
    field = _fields()[_field_name(name, second)]
    try:
        value = field.metadata["parse"](text)
    except ValueError as error:
        raise SettingsError(f"{name}: {text}: {error}") from None
    if name == "runs" and second and second not in HANDOVERS:
        raise SettingsError(f"runs {second}: it may be {', '.join(HANDOVERS)}")
    if second:
        getattr(settings, field.name)[second] = value
    else:
        setattr(settings, field.name, value)


def parse_header(name, text, read):
    """The settings of a scenario's file; READ gives the text of another one, by name."""
    paragraphs = _header(text)
    for line in _flatten(paragraphs[:-1]):
        if SETTING.match(line):
            raise SettingsError(f"reads like a setting, but is in the description: \"{line}\"")
    if len(paragraphs) < 2:
        raise SettingsError("the header has no description, or no settings")
    own = _split(paragraphs[-1])
    script = own.get(("script", None))
    settings = parse_header(script, read(script), read) if script else Settings(name, "")
    settings.name = name
    settings.about = " ".join(_flatten(paragraphs[:-1]))
    for (word, second), value in own.items():
        _take(settings, word, second, value)
    settings.script = settings.script or name
    _check(settings)
    return settings


def _flatten(paragraphs):
    return [line for paragraph in paragraphs for line in paragraph]


def _check(settings):
    """What fits no single value."""
    unknown = set(settings.red) - set(settings.scans) - {"console", "prompt"}
    if unknown:
        raise SettingsError(f"red: no scan {' '.join(sorted(unknown))}")
    if settings.replays and settings.disk == "none":
        raise SettingsError("replays: a moment of the machine is kept beside its disk, and there is none")
    if settings.prepared and settings.system != "initramfs-tools":
        raise SettingsError("prepared: it may be so with initramfs-tools only")


class Scenarios:
    """The files of a directory."""

    def __init__(self, directory):
        self.directory = directory

    def names(self):
        return sorted(path.stem for path in self.directory.glob("*.sh"))

    def path(self, name):
        return self.directory / f"{name}.sh"

    def read(self, name):
        try:
            return self.path(name).read_text()
        except FileNotFoundError:
            raise SettingsError(f"no scenario {name}") from None

    def settings(self, name):
        try:
            return parse_header(name, self.read(name), self.read)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}") from None

    def list(self):
        """A line for each: its name, and the first sentence of its description."""
        for name in self.names():
            yield f"{name:26} {first_sentence(self.settings(name).about)}"


def first_sentence(text):
    return re.split(r"(?<=[.?])\s", text, maxsplit=1)[0]

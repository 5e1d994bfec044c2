# SPDX-License-Identifier: GPL-2.0-or-later
"""What a piece of C of the kernel may print: each format has only conversions that are
listed here, and nothing is called that shows memory.

A key's bytes must be in no message and no file. So conversions are allowed one by one,
written as they are here, flags and width included, rather than bad ones refused.
"""

import re
from dataclasses import dataclass

ALLOWED_CONVERSIONS = {
    "%%": "a percent sign",
    "%d": "a serial",
    "%u": "a count",
    "%zu": "a size",
    "%llu": "a generation",
    "%#llx": "the size of a buffer",
    "%pa": "the physical address of a buffer",
    "%pe": "an error by its name",
    "%s": "a word; see STRINGS",
}

# What may be shown with %s: names of states, reasons and errors, the release of a kernel.
STRINGS = re.compile(r"reason|[\w.>-]+(->|\.)(state|reason|release|status)"
                     r"|kexec_keys_report_(crash|reboot)\(\)\.(state|reason)"
                     r"|kexec_keys_verify_crash\(\)|(source_name|kexec_keys_status_name|fdt_strerror)\([\w.]+\)")

# Calls that print: where the format stands among the arguments.
PRINTERS = [(re.compile(pattern), place) for pattern, place in (
    (r"pr_(?!fmt$)\w+|_?printk\w*|early_printk|panic|TP_printk|trace_printk", 0),
    (r"DM(CRIT|ERR|WARN|INFO|DEBUG|EMIT)\w*", 0),
    (r"WARN(_ONCE|_RATELIMIT)?", 1),
    (r"(dev|netdev)_(printk|emerg|alert|crit|err|warn|notice|info|dbg)\w*", 1),
    (r"seq_(printf|puts)|sysfs_emit|v?sprintf|(v?as|kas|kvas)printf|audit_log_format|kobject_set_name", 1),
    (r"WARN_TAINT(_ONCE)?|sysfs_emit_at|v?s(cn|n)printf", 2),
    (r"KEXEC_KEYS_SHOW", 2),
)]

# Macros whose format is an argument of theirs, which is judged where they are used.
FORMAT_ARGUMENTS = {"_fmt": "KEXEC_KEYS_SHOW"}

# Calls and initialisers that show memory as it is, as hex, escaped or encoded.
DUMPERS = re.compile(
    r"\w*hex_?dump\w*|bin2hex|hex2bin|hex_byte_pack\w*|hex_asc\w*|\w*base64\w*|\w*putmem\w*"
    r"|seq_(write|putc|escape\w*|put_\w+)"
    r"|string_escape\w*|kstrdup_quotable\w*|__print_(hex|array)\w*|TRACE_EVENT\w*|DEFINE_EVENT\w*"
    r"|\w*bin_attr\w*|\w*BIN_ATTR\w*|sysfs_\w*_bin_\w+|debugfs_create_\w+|proc_create\w*|simple_read_from_buffer"
    r"|copy_to_(user|iter)\w*|(__)?put_user|audit_log_n_\w+|pstore_\w+|vmcoreinfo_append_str|VMCOREINFO_\w+")

SECRETS = re.compile(r"\b(payload|payload_data|secret|volume_key)\b")

TOKEN = re.compile(r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>'(?:\\.|[^'\\\n])+')"""
                   r"""|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<space>(?:\s|\\\n)+)|(?P<other>.)""", re.S)
CONVERSION = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d*))?(?:hh|h|ll|l|L|z|t|q|j)?(?:p[0-9A-Za-z]*|[A-Za-z%])?")


@dataclass
class Token:
    kind: str
    text: str
    line: int


@dataclass
class Call:
    name: str
    arguments: list
    first_line: int
    last_line: int


def tokens(source):
    """Those that mean something: no space, no comment."""
    found, line = [], 1
    for match in TOKEN.finditer(source):
        if match.lastgroup not in ("comment", "space"):
            found.append(Token(match.lastgroup, match[0], line))
        line += match[0].count("\n")
    return found


def conversions(text):
    """The conversions of a format, each as it is written."""
    return CONVERSION.findall(text)


def _arguments(found, at):
    """Of a call whose opening parenthesis is token AT: its arguments, each a list of
    tokens, and where the closing one is; None where that is missing."""
    depth, arguments = 0, [[]]
    for place in range(at, len(found)):
        text = found[place].text if found[place].kind == "other" else ""
        if text in ("(", "[", "{") and text:
            depth += 1
            if depth == 1:
                continue
        elif text in (")", "]", "}") and text:
            depth -= 1
            if not depth:
                return arguments, place
        elif text == "," and depth == 1:
            arguments.append([])
            continue
        arguments[-1].append(found[place])
    return None


def calls(found):
    """Of a list of tokens, whatever looks like a call."""
    for at, token in enumerate(found[:-1]):
        if token.kind == "name" and found[at + 1].text == "(":
            parsed = _arguments(found, at + 1)
            if parsed:
                arguments, end = parsed
                yield Call(token.text, arguments, token.line, found[end].line)


def _join(argument):
    """A format, or what stands for one: the text of its strings, the other words."""
    text = "".join(token.text[1:-1] for token in argument if token.kind == "string")
    return text, [token.text for token in argument if token.kind != "string"]


def _show(argument):
    return "".join(token.text for token in argument)


def _format_place(call):
    for pattern, place in PRINTERS:
        if pattern.fullmatch(call.name):
            return place
    return None


def _judge_call(call):
    place = _format_place(call)
    if place is None:
        return
    if place >= len(call.arguments):
        yield f"{call.name}: no format"
        return
    text, words = _join(call.arguments[place])
    if any(word not in FORMAT_ARGUMENTS for word in words) or not (text or words):
        yield f"{call.name}: {_show(call.arguments[place])} is no format that can be judged"
    values = call.arguments[place + 1:]
    for value in values:
        if SECRETS.search(" ".join(token.text for token in value)):
            yield f"{call.name}: prints {_show(value)}"
    shown = [conversion for conversion in conversions(text) if conversion != "%%"]
    if not words and len(shown) != len(values):
        yield f"{call.name}: {len(shown)} conversions, {len(values)} values"
        return
    for conversion, value in zip(shown, values):
        if conversion == "%s" and not STRINGS.fullmatch(_show(value)):
            yield f"{call.name}: {_show(value)} is none of the strings that may be shown"


def _strings(found):
    """Literals, with those that follow at once, as the compiler joins them."""
    run = []
    for token in [*found, Token("end", "", 0)]:
        if token.kind == "string":
            run.append(token)
        elif run:
            yield run
            run = []


def findings(source, added):
    """What in SOURCE, a file of C, may show a key, as pairs of line and text: of that, what
    touches a line of ADDED (a set of line numbers, the first is 1)."""
    found = tokens(source)
    wrong = []
    for run in _strings(found):
        if added.intersection(range(run[0].line, run[-1].line + 1)):
            wrong += [(run[0].line, f"{conversion} is no conversion that is allowed")
                      for conversion in conversions(_join(run)[0]) if conversion not in ALLOWED_CONVERSIONS]
    for token in found:
        if token.kind == "name" and token.line in added and DUMPERS.fullmatch(token.text):
            wrong.append((token.line, f"{token.text} shows memory"))
    for call in calls(found):
        if added.intersection(range(call.first_line, call.last_line + 1)):
            wrong += [(call.first_line, text) for text in _judge_call(call)]
    return wrong

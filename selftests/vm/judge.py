# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts on what the host sees by itself: memory, disks, consoles, prompts."""

import mmap
import os
import struct
import tempfile
import time
import zlib

import kdump
import keyforms
import scan
from buffer import members
from complaints import our_functions, read_console
from guest import kernel

SCAN_TRIES = 20
SCAN_PAUSE = 0.5
SECONDS_TO_GIVE_UP = 60
# Where a key is planted, in two pages that are not neighbours.
PLANTED_END, PLANTED_START = 0x2001000, 0x2003000
PLANTED_FORMS = ("hex", "rows of 16 by 1", "base64 after 1 bytes")


def _search(session):
    """What is in the crash region is the capture kernel's own once that runs."""
    ranges = {"crash-region": session.region} if session.region and session.phases[-1] != "capture" else {}
    with session.machine.stopped_memory() as stopped:
        return scan.scan(stopped.memory, stopped.fd, session.disk.key, ranges)


def scan_memory(session, name):
    """The garbage collector frees, and so wipes, a key some time after its last user has
    let it go: one that only it frees is looked for again. Every other copy too many is
    wrong the first time."""
    allowed = _allowed(session, name)
    red = {session.settings.red.get(name)}
    for _ in range(SCAN_TRIES):
        hits = _search(session)
        counts = scan.count_by_owner(hits)
        if not scan.may_pass_later(counts, allowed, red):
            break
        time.sleep(SCAN_PAUSE)
    _report(session, name, hits, counts, allowed)


def _allowed(session, name):
    """A scan whose name the header lacks would allow nothing, whatever it was meant to find."""
    session.scans.add(name)
    if name not in session.settings.scans:
        session.results.line(False, f"scan {name}: the header has no such scan")
    return session.settings.scans.get(name, {})


def _report(session, name, hits, counts, allowed):
    for hit in hits:
        session.results.comment(f"scan {name}: {hit}")
    wrong = scan.violations(counts, allowed)
    text = f"scan {name}: " + ("; ".join(wrong) or "copies as allowed")
    owner = session.settings.red.get(name)
    if owner:
        session.results.judge(scan.red_violations(counts, allowed, {owner}), f"red as it must be, by {owner}: {text}")
    else:
        session.results.line(not wrong, text)


def scan_vmcore(session, name):
    """What the guest has copied to the second disk, which is blank then: each page of it."""
    allowed = _allowed(session, name)
    with open(session.disk.path + "2", "r+b") as image, tempfile.TemporaryFile() as unpacked:
        wrong, found = _unpack(image, unpacked)
        session.results.line(not wrong, f"scan {name}: {wrong or f'{found} pages'}")
        size = image.seek(0, os.SEEK_END)
        image.truncate(0)
        image.truncate(size)
        if not wrong:
            hits, counts = _search_file(unpacked, session.disk.key)
            _report(session, name, hits, counts, allowed)


def _unpack(image, unpacked):
    """What is wrong with a vmcore, and how many pages it has."""
    try:
        found = kdump.unpack(image, unpacked)
    except (ValueError, zlib.error, struct.error) as error:
        return f"no vmcore: {error}", 0
    unpacked.flush()
    return "", found


def scan_second_disk(session, name):
    """The second disk as it is."""
    allowed = _allowed(session, name)
    with open(session.disk.path + "2", "rb") as image:
        hits, counts = _search_file(image, session.disk.key)
        _report(session, name, hits, counts, allowed)


def _search_file(file, key):
    fd = file.fileno()
    with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as content:
        hits = scan.scan(content, fd, key, {})
        return hits, {**scan.count_by_owner(hits), "round-key": len(scan.round_keys(content, fd, key))}


def plant(session):
    """Put the key where it may not be: a scan that misses it is no scan."""
    key = session.disk.key
    half = len(key) // 2
    pieces = {PLANTED_END - half: key[:half], PLANTED_START: key[half:]}
    stray = {hit.start for hit in _find_planted(session, pieces) if hit.owner == "stray"}
    session.results.line(stray == set(pieces), "a key planted in two pages that are not neighbours is found")
    for form in PLANTED_FORMS:
        text = keyforms.forms(key)[form]
        found = [hit for hit in _find_planted(session, {PLANTED_START: text}) if hit.owner == "text"]
        session.results.line(found and all(PLANTED_START <= hit.start < PLANTED_START + len(text) for hit in found),
                             f"a key planted as text is found: {form}")


def _find_planted(session, pieces):
    """What is found while these pieces, by address, are in the guest's memory."""
    with session.machine.stopped_memory() as stopped:
        memory = stopped.memory
        old = {at: memory[at:at + len(piece)] for at, piece in pieces.items()}
        for at, piece in pieces.items():
            memory[at:at + len(piece)] = piece
        hits = scan.scan(memory, stopped.fd, session.disk.key, {})
        for at, content in old.items():
            memory[at:at + len(content)] = content
    return hits


def watch(session, what, wanted):
    """Of a watched buffer: the old set, then the new one of the WANTED members."""
    watched = session.watch
    watched.end()
    good = len(watched.states) == 2 and members(watched.states[1]) == wanted
    if what == "torn":
        session.results.line(not good, "red as it must be: a byte of the set is wrong from one store to the next")
        return
    session.results.line(good, f"{what}: after each of {watched.stores} stores the old set or the new one")
    if not good:
        for state in [*watched.states, wanted]:
            session.results.comment(" ".join(sorted(state)))


def boot(session, start, console):
    """Of a machine that has ended: whether it went as it announced, what its kernels complained
    of, and whether the key was shown to anyone. CONSOLE is its bytes."""
    settings, results, machine = session.settings, session.results, session.machine
    read = read_console(console.decode(errors="replace"), lambda: our_functions(kernel(settings.kernel).parent))
    results.judge(session.course.finish(machine.status, machine.reason, read),
                  f"{start}: the machine did what the guest announced, and nothing else")
    if word := settings.red.get("console"):
        results.line(any(word in line for line in read.complaints), f"{start}: red as it must be: the kernel complains of {word}")
    else:
        results.judge(read.complaints, f"{start}: no kernel complains on the console")
    if session.disk:
        results.judge([f"console: {leak}" for leak in leaks(session, console)] +
                      [f"port: {leak}" for leak in leaks(session, bytes(machine.transcript))],
                      f"{start}: neither console nor programs show the key or the passphrase")


def leaks(session, data):
    """In text that a guest wrote."""
    found = scan.text_leaks(data, session.disk.key)
    return found + (["the passphrase"] if session.passphrase.encode() in data else [])


def prompts(session, phase):
    """The passphrase is typed once a volume; after a panic or a kexec nothing asks for it."""
    typist, results = session.debian.typist, session.results
    results.line(typist.asked and len(typist.asked) == len(set(typist.asked)),
                 f"{phase}: the passphrase was asked for once a volume: {', '.join(typist.asked)}")
    if typist.answers:
        return
    if "prompt" in session.settings.red:
        results.line(typist.has_waited(), f"{phase}: red as it must be: a passphrase is asked for, and waited for")
        return
    results.line(not typist.asked_in_vain, f"{phase}: no passphrase was asked for afterwards")
    seconds = session.machine.cpu - session.left_at
    results.comment(f"fact {phase}: {seconds:.0f} s of processor time until the machine was back")
    if phase.endswith("keyless"):
        results.line(seconds < SECONDS_TO_GIVE_UP, f"{phase}: the machine is back within {SECONDS_TO_GIVE_UP} s")

# SPDX-License-Identifier: GPL-2.0-only
"""What a guest may ask the host for, by "@VERB WORD…" on the port.

The guest reads a line after each verb that is answered. A verb that is not known, or
that has other words than it takes, ends the conversation: the guest would wait for
something that nothing does.
"""

import inspect
from dataclasses import dataclass
from typing import Callable

import hostile
import judge
import kaslr
import misplace
from arch import ARCH
from buffer import Buffer, StoreWatch, names
from calls import Calls
from complaints import our_functions
from course import LEAVES
from guest import kernel, read_symbols
from replay import REPLAYS, Runs


# struct key of include/linux/key.h, without watches: what comes before its semaphore is a
# reference count, a serial number and the node of a tree.
KEY_SEM = 4 + 4 + 3 * 8
# Of the semaphore's count, kernel/locking/rwsem.c.
RWSEM_WRITER_LOCKED = 1


class VerbError(Exception):
    """What is wrong with a line of the guest's."""


@dataclass(frozen=True)
class Verb:
    """ACTION(session, word…) gives the answer's text; nothing is an empty line."""

    action: Callable
    answered: bool


VERBS = {}


def _verb(name, answered=True):
    def register(action):
        VERBS[name] = Verb(action, answered)
        return action
    return register


def obey(session, words):
    """Do what one line asks for, and answer it."""
    name, *rest = words or [""]
    if name not in VERBS:
        raise VerbError(f"unknown verb: {' '.join(words)}")
    verb = VERBS[name]
    try:
        inspect.signature(verb.action).bind(session, *rest)
    except TypeError as error:
        raise VerbError(f"{' '.join(words)}: {error}") from None
    answer = verb.action(session, *rest)
    if verb.answered:
        session.machine.answer(answer or "")


def _number(text):
    if not text.isdecimal():
        raise VerbError(f"not a number: {text}")
    return int(text)


# --- where the guest is ---

@_verb("phase", answered=False)
def _phase(session, name, release):
    session.begin_phase(name, release)


# It is answered by the session, or gone back from.
@_verb("end", answered=False)
def _end(session, name, status, results):
    session.end_phase(name, _number(status), _number(results))


@_verb("leave")
def _leave(session, how, results):
    if how not in LEAVES:
        raise VerbError(f"leave {how}: it may be {', '.join(LEAVES)}")
    session.leave_phase(how, _number(results))


# --- what the host remembers ---

@_verb("region", answered=False)
def _region(session, start, end):
    """Where a crash kernel would be: first and last physical address."""
    session.region = (int(start, 16) - ARCH.ram, int(end, 16) + 1 - ARCH.ram)


@_verb("fact", answered=False)
def _fact(session, *words):
    session.results.comment("fact " + " ".join(words))


@_verb("mark", answered=False)
def _mark(session, name):
    session.mark(name)


@_verb("said", answered=False)
def _said(_, *words):
    """A line of a program's output: what comes by the port is searched for the key."""
    del words


@_verb("passphrase")
def _passphrase(session):
    return session.passphrase


@_verb("run")
def _run(session):
    """The word of this run. Where the machine can go back, it goes through all from here."""
    if session.settings.replays and ARCH.rewinds:
        session.replay = Runs(session, session.settings.runs_here())
        session.replay.save()
        session.run = session.replay.next_word()
    return session.run


@_verb("trial")
def _trial(session):
    """The word of the run that the capture kernel belongs to."""
    return session.run


# --- searching memory and disks ---

@_verb("scan")
def _scan(session, name):
    """The host stops the guest and searches its memory for the volume key."""
    judge.scan_memory(session, name)


@_verb("scan-vmcore")
def _scan_vmcore(session, name):
    """The host unpacks the vmcore that is on the second disk and searches it."""
    judge.scan_vmcore(session, name)


@_verb("scan-second-disk")
def _scan_second_disk(session, name):
    """The host searches the second disk for the volume key."""
    judge.scan_second_disk(session, name)


@_verb("plant")
def _plant(session):
    judge.plant(session)


# --- changing the machine and its disks ---

@_verb("wake")
def _wake(session, seconds):
    session.machine.wake_after(_number(seconds))


@_verb("damage")
def _damage(session):
    session.disk.damage_headers()


@_verb("blank")
def _blank(session):
    session.disk.blank()


@_verb("clone")
def _clone(session):
    session.disk.clone_over(session.disk.path + "2")


@_verb("corrupt")
def _corrupt(session, kind):
    with session.machine.stopped_memory() as stopped:
        slots = hostile.corrupt(stopped.memory, session.region, kind)
    session.results.line(slots == 1, f"{kind}: the one slot that counts is changed")


@_verb("move")
def _move(session, kind):
    """The capture kernel is told a wrong place, before it looks."""
    symbols = read_symbols(session.settings.loads)

    def act(stub):
        with session.machine.mapped_memory() as mapped:
            session.results.comment(misplace.move_buffer(mapped.memory, stub, symbols, session.region, kind))

    start = symbols[ARCH.start]
    if ARCH.stays_in_region:
        start += session.region[0]
    session.machine.stop_once_at(start, act)


def _at_entry(session, entry, action):
    """ACTION(memory, address of the boot parameters), as the next kernel is entered. ENTRY is
    where it is loaded."""
    def act(stub):
        with session.machine.mapped_memory() as mapped:
            action(mapped.memory, stub.register(misplace.BOOT_PARAMETERS))

    session.machine.stop_once_at(int(entry, 16) + misplace.ENTRY, act)


@_verb("move-at")
def _move_at(session, entry, target):
    """As the next kernel is entered, the buffer is moved to this address."""
    _at_entry(session, entry, lambda memory, params: misplace.move_buffer_to(memory, params, int(target, 16)))


@_verb("place")
def _place(session, entry, where):
    """The next kernel finds one place for itself. The buffer is inside of it, or outside."""
    def act(memory, params):
        low, high = kaslr.place(memory, params, where)
        session.results.comment(f"the only place for a kernel: {low:#x}-{high:#x}")

    _at_entry(session, entry, act)


# --- calls ---

@_verb("watch-calls")
def _watch_calls(session, function, whose="ours"):
    """From now on those that the series makes of this function of the kernel, or all of them."""
    variant = session.settings.kernel
    callers = None if whose == "all" else our_functions(kernel(variant).parent)
    session.calls = Calls(session.machine, read_symbols(variant), function, callers)


@_verb("called-without-io")
def _called_without_io(session, what):
    """It was called, each time where an allocation starts no I/O."""
    good, bad = session.calls.end()
    session.results.line(good > 0 and not bad, f"{what.replace('_', ' ')}: {session.calls.function}() is called "
                         f"{good} times where no I/O may start, {bad} times where it may")


@_verb("not-called")
def _not_called(session, what):
    calls = sum(session.calls.end())
    session.results.line(not calls, f"{what.replace('_', ' ')}: {session.calls.function}() is called {calls} times")


# --- locks ---

@_verb("watch-lock")
def _watch_lock(session, function):
    """Whether kexec's is held when this function of the kernel is entered next."""
    symbols = read_symbols(session.settings.kernel)
    session.locked = None

    def look(stub):
        session.locked = any(stub.read(symbols["__kexec_lock"], 4))

    session.machine.stop_once_at(symbols[function], look)


@_verb("was-locked")
def _was_locked(session, what):
    states = {True: "is held", False: "is not held", None: "was not looked at"}
    session.results.line(session.locked, f"{what.replace('_', ' ')}: the lock of kexec {states[session.locked]}")


@_verb("hold-ring")
def _hold_ring(session):
    """From now on the semaphore of the ring is held, as by a task that waits for memory."""
    stub = session.machine.attach()
    ring = int.from_bytes(stub.read(read_symbols(session.settings.kernel)["kexec_keys_ring"], 8), "little")
    if any(stub.read(ring + KEY_SEM, 8)):
        raise VerbError("hold-ring: the semaphore is not free")
    stub.write(ring + KEY_SEM, RWSEM_WRITER_LOCKED.to_bytes(8, "little"))
    session.machine.resume_until_stop(None)


# --- the handover buffer ---

@_verb("buffer")
def _buffer(session, address, size):
    """Its virtual address and size; the answer is the physical one."""
    session.buffer = Buffer(session.machine, int(address, 16), _number(size))
    return f"{session.buffer.physical + ARCH.ram:x}"


@_verb("buffer-was")
def _buffer_was(session):
    """In a later kernel: the physical address of the buffer that was told of, and its size."""
    return f"{session.buffer.physical + ARCH.ram:#x} {session.buffer.size}"


@_verb("watch")
def _watch(session, torn=""):
    session.watch = StoreWatch(session.buffer, session.buffer.tear if torn else None)


@_verb("watched")
def _watched(session, what, *wanted):
    judge.watch(session, what.replace("_", " "), set(wanted))


@_verb("holds")
def _holds(session, *wanted):
    content = session.buffer.content()
    session.results.line("ok" in content and names(content) == set(wanted),
                         f"the buffer holds exactly the {len(wanted)} members of the ring")


# Answered when its trials begin, each time that the guest is put back to this moment.
@_verb("replay", answered=False)
def _replay(session, kind, trials):
    if kind not in REPLAYS:
        raise VerbError(f"replay {kind}: it may be {', '.join(REPLAYS)}")
    session.replay = REPLAYS[kind](session, read_symbols(session.settings.kernel), _number(trials))
    session.replay.begin()


@_verb("counted", answered=False)
def _counted(session):
    """The guest has done the work whose stores are counted."""
    session.results.line(*session.replay.choose())
    session.replay.next_trial()


@_verb("adopted")
def _adopted(session, *names_of_keys):
    session.results.line(*session.replay.judge(names_of_keys))

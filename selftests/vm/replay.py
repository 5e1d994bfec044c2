# SPDX-License-Identifier: GPL-2.0-only
"""One moment of a guest, from which it goes on many times.

In most replays it goes on to a panic: what was in the buffer then is remembered, so
that it can be compared with what the capture kernel adopts.
"""

import random
import time

from arch import ARCH
from buffer import StoreWatch, names
from machine import MachineError

LONGEST_PAUSE = 0.5


class Replay:
    """The guest waits for an answer, and is given it anew in each trial."""

    def __init__(self, session):
        self.session = session
        self.machine = session.machine
        self.moment = None
        self.trial = 0

    def save(self):
        self.machine.save()
        self.moment = self.session.course.save()

    def next_trial(self):
        """False when there is none left."""
        if not self.has_next():
            return False
        self.machine.go_back()
        self.session.course.go_back(self.moment)
        self.trial += 1
        self.machine.answer(self.prepare())
        return True


class Runs(Replay):
    """The guest is told another word in each trial, and goes on as that says."""

    def __init__(self, session, words):
        super().__init__(session)
        self.words = words

    def has_next(self):
        return self.trial < len(self.words)

    def next_word(self):
        """Of the first trial, for which nothing has to be gone back to."""
        self.trial += 1
        return self.words[self.trial - 1]

    def prepare(self):
        self.session.run = self.words[self.trial - 1]
        return self.session.run

    def summary(self):
        return self.trial == len(self.words), f"{self.trial} runs: {' '.join(self.words)}"


class Panics(Replay):
    """Each trial ends in a panic."""

    def __init__(self, session, symbols, trials):
        super().__init__(session)
        self.buffer = session.buffer
        self.symbols = symbols
        self.trials = trials
        self.content = None
        self.save()

    def prepare(self):
        self.content = None
        self.session.course.expect_panic()
        self.arm()
        return ""

    def judge(self, adopted):
        """Whether the capture kernel has what was there to be had, and a line on it."""
        wanted = names(self.content) if self.content else None
        good = self.content is not None and "ok" in self.content and wanted == set(adopted)
        return good, f"{self.title()}: the capture kernel adopts the set of that moment"


class PanicsAtStores(Panics):
    """First the guest does its work to the end, and the stores are counted. Then
    the CPU that has made a store goes on in panic(): the first ones, the last ones,
    those around each change of what is found, and some between."""

    def __init__(self, session, symbols, trials):
        super().__init__(session, symbols, trials)
        self.stores = []
        self.watch = None

    def begin(self):
        self.watch = StoreWatch(self.buffer)
        self.machine.answer()

    def choose(self):
        """Whether the work was one update with that many stores, and a line on it."""
        if self.stores:
            raise MachineError(f"{self.title()}: the guest had done its work with {self.watch.stores}")
        self.watch.end()
        last = self.watch.stores
        telling = {1, 2, last - 1, last}
        for store in self.watch.changed_at:
            telling |= {store - 1, store, store + 1}
        evenly = (1 + (last - 1) * i // self.trials for i in range(self.trials))
        rest = [store for store in evenly if store not in telling]
        self.stores = sorted(telling | set(rest[:self.trials - len(telling)]))
        good = len(self.stores) == self.trials and len(self.watch.states) == 2
        return good, f"{self.trials} of {last} stores are chosen, the set changes at store {self.watch.changed_at}"

    def has_next(self):
        return self.trial < len(self.stores)

    def arm(self):
        wanted = self.stores[self.trial - 1]

        def at_store(stub, number):
            if number != wanted:
                return False
            self.content = self.buffer.content()
            self.session.course.panicked()
            stub.call(self.symbols["panic"], self.symbols["linux_banner"])
            return True

        self.watch = StoreWatch(self.buffer, at_store)

    def title(self):
        return f"panic at store {self.stores[self.trial - 1]} of {self.stores[-1]}"

    def summary(self):
        return self.trial == self.trials, f"{self.trial} panics, at stores {self.stores}"


class PanicsAtAnyTime(Panics):
    """The guest panics itself, when its answer comes. The other CPU has been stopped
    when the crash image is entered, and that is where the buffer is looked at."""

    def __init__(self, session, symbols, trials):
        super().__init__(session, symbols, trials)
        self.half_way = 0

    def begin(self):
        self.next_trial()

    def has_next(self):
        return self.trial < self.trials

    def arm(self):
        def look(_):
            self.content = self.buffer.content()
            self.half_way += not self.buffer.is_settled()
            self.session.course.panicked()

        self.machine.stop_once_at(self.symbols["machine_kexec"] + ARCH.local_entry, look)
        time.sleep(random.uniform(0, LONGEST_PAUSE))

    def title(self):
        return f"panic {self.trial}"

    def summary(self):
        good = self.trial == self.trials and self.half_way > 0
        return good, f"{self.half_way} of {self.trial} panics met an update half way"


REPLAYS = {"stores": PanicsAtStores, "anytime": PanicsAtAnyTime}

# SPDX-License-Identifier: GPL-2.0-only
"""Replays: which panics there are, and when the set that was adopted is the right one."""

import contextlib
import io
import unittest
from types import SimpleNamespace
from unittest import mock

import fakes
from course import Course
from machine import MachineError
from replay import PanicsAtAnyTime, PanicsAtStores

SYMBOLS = {"panic": 1, "linux_banner": 2, "machine_kexec": 3}
OLD, NEW = frozenset({"ok", "a=1/0"}), frozenset({"ok", "a=1/0", "b=2/0"})


class FakeMachine(fakes.FakeMachine):
    """Stops at once where it is told to."""

    def stop_once_at(self, address, action):
        self.stopped_at = address
        action(None)


class FakeBuffer:
    def __init__(self, machine, content=NEW, settled=True):
        self.machine = machine
        self.now = content
        self.settled = settled

    def content(self):
        return self.now

    def is_settled(self):
        return self.settled


class FakeWatch:
    """Of an update with ten stores, the fifth of which changes the set."""

    def __init__(self, buffer, at_store=None):
        del buffer
        self.at_store = at_store
        self.stores, self.states, self.changed_at = 10, [OLD, NEW], [5]

    def end(self):
        pass


def session(**buffer):
    machine = FakeMachine([])
    course = Course("first")
    course.begin("first")
    return SimpleNamespace(machine=machine, course=course, buffer=FakeBuffer(machine, **buffer))


class Stores(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch("replay.StoreWatch", FakeWatch))
        self.session = session()
        self.calls = []

    def replay(self, trials=8):
        replay = PanicsAtStores(self.session, SYMBOLS, trials)
        replay.begin()
        return replay

    def reach(self, replay, store):
        """The guest makes this store; True when that ends the watch."""
        stub = SimpleNamespace(call=lambda *words: self.calls.append(words))
        return replay.watch.at_store(stub, store)

    def test_the_first_the_last_and_those_around_a_change_are_chosen(self):
        replay = self.replay()
        self.assertTrue(replay.choose()[0])
        self.assertEqual(len(replay.stores), 8)
        self.assertLessEqual({1, 2, 4, 5, 6, 9, 10}, set(replay.stores))

    def test_work_that_is_no_single_update(self):
        replay = self.replay()
        replay.watch.states = [OLD, NEW, OLD]
        self.assertFalse(replay.choose()[0])

    def test_too_few_stores(self):
        self.assertFalse(self.replay(trials=12).choose()[0])

    def test_the_cpu_panics_at_the_store_that_was_chosen(self):
        replay = self.replay()
        replay.choose()
        self.assertTrue(replay.next_trial())
        self.assertFalse(self.reach(replay, 2))
        self.assertEqual(self.session.course.moment.state, "to panic")
        self.assertTrue(self.reach(replay, 1))
        self.assertEqual(self.calls, [(1, 2)])
        self.assertEqual((self.session.course.moment.state, self.session.course.panics), ("left by panic", 1))

    def test_a_store_that_does_not_come(self):
        replay = self.replay()
        replay.choose()
        replay.next_trial()
        with self.assertRaisesRegex(MachineError, "the guest had done its work"):
            replay.choose()

    def test_what_the_capture_kernel_has(self):
        replay = self.replay()
        replay.choose()
        replay.next_trial()
        self.assertFalse(replay.judge(["a", "b"])[0], "no panic yet")
        self.reach(replay, 1)
        self.assertTrue(replay.judge(["b", "a"])[0])
        self.assertFalse(replay.judge(["a"])[0])
        self.assertFalse(replay.judge(["a", "b", "c"])[0])

    def test_a_buffer_without_a_valid_set(self):
        replay = self.replay()
        replay.choose()
        replay.next_trial()
        self.session.buffer.now = frozenset()
        self.reach(replay, 1)
        self.assertFalse(replay.judge([])[0])

    def test_a_set_of_an_earlier_trial_does_not_count(self):
        replay = self.replay()
        replay.choose()
        replay.next_trial()
        self.reach(replay, 1)
        replay.next_trial()
        self.assertFalse(replay.judge(["a", "b"])[0])

    def test_trials_that_are_missing(self):
        replay = self.replay()
        replay.choose()
        replay.next_trial()
        self.assertFalse(replay.summary()[0])
        while replay.next_trial():
            pass
        self.assertTrue(replay.summary()[0])


class AnyTime(unittest.TestCase):
    def run_it(self, trials=3, **buffer):
        with mock.patch("time.sleep"), contextlib.redirect_stdout(io.StringIO()):
            self.session = session(**buffer)
            replay = PanicsAtAnyTime(self.session, SYMBOLS, trials)
            replay.begin()
            while replay.next_trial():
                pass
        return replay

    def test_some_must_meet_an_update_half_way(self):
        self.assertFalse(self.run_it().summary()[0])
        self.assertTrue(self.run_it(settled=False).summary()[0])

    def test_each_is_a_panic(self):
        self.run_it(trials=4)
        self.assertEqual((self.session.course.panics, self.session.course.moment.state), (4, "left by panic"))
        self.assertEqual(len(self.session.machine.answers), 4)

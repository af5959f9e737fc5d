"""Who is told of a fork, in which order, and what a fault costs."""

import gc
import os
import threading

import pytest

from driftmeter import forking
from driftmeter.testing.forking import fork

HOOKS = ("before_fork", "after_fork_in_parent", "after_fork_in_child")


@pytest.fixture
def told(monkeypatch):
    """What was said to whom, of those that a test makes."""
    monkeypatch.setattr(forking, "_all", type(forking._all)())
    return []


class Told:
    def __init__(self, name, said, fails=()):
        self.name, self.said, self.fails = name, said, fails
        forking.look_after(self)

    def __getattr__(self, hook):
        if hook not in HOOKS:
            raise AttributeError(hook)

        def called():
            self.said.append((self.name, hook))
            if hook in self.fails:
                raise OSError(self.name)

        return called


def forked(child):
    return os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1])


def test_what_is_built_on_others_stops_first_and_starts_last(told):
    """As with `os.register_at_fork`, in both processes."""
    kept = [Told(name, told) for name in ("journal", "sender")]
    stopped = [("sender", "before_fork"), ("journal", "before_fork")]

    def child():
        assert told == [*stopped, ("journal", "after_fork_in_child"), ("sender", "after_fork_in_child")]

    assert forked(child) == 0
    assert told == [*stopped, ("journal", "after_fork_in_parent"), ("sender", "after_fork_in_parent")]
    assert len(kept) == 2


def test_what_is_gone_is_not_told(told):
    """Looking after something does not keep it."""
    kept = Told("kept", told)
    Told("gone", told)
    gc.collect()
    assert forked(lambda: None) == 0
    assert {name for name, _hook in told} == {kept.name}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_costs_no_neighbour_and_no_later_fork(told, hook):
    """Python says on standard error what it was."""
    kept = [Told("first", told), Told("second", told, fails=(hook,))]

    def child():
        assert [name for name, said in told if said == "after_fork_in_child"] == ["first", "second"]

    for _ in range(2):
        told.clear()
        assert forked(child) == 0
        assert [name for name, said in told if said == "after_fork_in_parent"] == ["first", "second"]
    assert len(kept) == 2


def test_threads_fork_one_after_another(told):
    """Nobody is told to stand still while standing still for another fork."""
    kept = Told("one", told)
    threads = [threading.Thread(target=lambda: forked(lambda: None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert told == [("one", "before_fork"), ("one", "after_fork_in_parent")] * 8
    assert kept.name == "one"

"""Who is told of a fork, in which order, and what a fault costs."""

import _imp
import ctypes
import gc
import os
import threading

import pytest

from driftmeter.forking import order
from driftmeter.forking.mark import MARK, ProcessId
from driftmeter.testing import OtlpReceiver
from driftmeter.testing.forking import fork

HOOKS = ("before_fork", "after_fork_in_parent", "after_fork_in_child")


@pytest.fixture
def told(monkeypatch):
    """What was said to whom, of those that a test makes."""
    for name in ("_all", "_last"):
        monkeypatch.setattr(order, name, type(order._all)())
    return []


class Told:
    def __init__(self, name, said, fails=()):
        self.name, self.said, self.fails = name, said, fails
        order.look_after(self)

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


def test_what_predictions_wait_for_stands_still_last(told):
    """Whenever it was made: what others wait for must not keep a thread waiting that predicts."""
    kept = [Told("old", told), Told("journal", told), Told("new", told)]
    order._all.pop(kept[1])
    order.look_after_last(kept[1])
    assert forked(lambda: None) == 0
    assert told == [(name, "before_fork") for name in ("new", "old", "journal")] + [
        (name, "after_fork_in_parent") for name in ("journal", "old", "new")
    ]


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


NESTED = """
import os, signal
from driftmeter.forking import order
from driftmeter.forking.mark import MARK, ProcessId
from driftmeter.testing.forking import fork
told, inside = [], []

class Told:
    def __init__(self, name):
        self.name = name
        order.look_after(self)

    def before_fork(self):
        told.append(f"{self.name} before")
        if self.name == "slow" and not inside:
            inside.append(None)
            signal.raise_signal(signal.SIGUSR1)

    def after_fork_in_parent(self):
        told.append(f"{self.name} on")

    def after_fork_in_child(self):
        told.append(f"{self.name} anew")

def forked(child):
    return os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1])

kept = [Told(name) for name in ("old", "slow", "new")]
"""
"""In an interpreter that has not imported `concurrent.futures`, whose own hooks take a lock that is not reentrant."""


def test_a_signals_handler_may_fork_in_the_middle_of_a_fork(python):
    """As a supervisor may that replaces a worker; who stands still already is not asked to twice."""
    code = """
signal.signal(signal.SIGUSR1, lambda *_: inside.append(forked(lambda: None)))
print(forked(lambda: None), inside[1], *told, sep=", ")
"""
    before, on = ["new before", "slow before"], ["old on", "slow on", "new on"]
    assert python(NESTED + code).out.split(", ") == ["0", "0", *before, "old before", "old on", "old before", *on]


def test_a_handlers_child_may_come_back_and_fork_on(python):
    """Nobody stands still in it for ever who was about to when it came to be."""
    code = """
signal.signal(signal.SIGUSR1, lambda *_: inside.append(os.fork()))
last = os.fork()
if last and inside[1]:
    print(*[os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in (inside[1], last)], flush=True)
elif last:
    assert told[3:] == ["old anew", "slow anew", "new anew"]
    assert os.waitstatus_to_exitcode(os.waitpid(last, 0)[1]) == forked(lambda: None) == 0
os._exit(0)
"""
    assert python(NESTED + code).out == "0 0"


def test_a_fork_that_was_not_announced_is_told_to_the_child(told):
    """Some servers call Python's hooks for the child alone."""
    kept = Told("one", told)
    _imp.acquire_lock()  # which Python 3.13 gives back in the child, and ends where it was not held
    pid = ctypes.PyDLL(None).fork()
    if not pid:
        status = 1
        try:
            ctypes.pythonapi.PyOS_AfterFork_Child()
            status = 0 if told == [("one", "after_fork_in_child")] and forked(lambda: None) == 0 else 1
        finally:
            os._exit(status)  # whatever was raised, no second run of the tests may go on from here
    _imp.release_lock()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert kept.name == "one"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_a_handler_raises_costs_no_neighbour(told):
    """Whoever presses Ctrl-C while somebody stands still."""
    kept = [Told("first", told), Told("second", told)]

    def interrupted():
        raise KeyboardInterrupt

    kept[1].before_fork = interrupted
    assert forked(lambda: None) == 0
    assert told == [("first", "before_fork"), ("first", "after_fork_in_parent"), ("second", "after_fork_in_parent")]


@pytest.mark.parametrize("mark", [MARK, ProcessId()], ids=["page", "process id"])
def test_a_child_tells_that_it_is_one_however_it_came_to_be(mark):
    """By a page that the kernel wipes, or where there are none by the number of the process."""
    mark[0] = 1
    pid = ctypes.PyDLL(None).fork()
    if not pid:
        before = mark[0]
        mark[0] = 1
        os._exit(0 if (before, mark[0]) == (0, 1) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert mark[0] == 1


LOGGING = """
import driftmeter.forking, logging, os, threading
from driftmeter.testing.forking import fork

class Waits:
    def before_fork(self):
        thread = threading.Thread(target=lambda: logging.getLogger("somebody").isEnabledFor(logging.DEBUG))
        thread.start()
        thread.join(20)
        print(thread.is_alive(), flush=True)

    def after_fork_in_parent(self):
        pass

kept = Waits()
driftmeter.forking.look_after(kept)
os.waitpid(fork(lambda: None), 0)
"""


def test_who_stands_still_may_wait_for_a_thread_that_logs(python):
    """Python's logging holds its lock over a fork, from its own hook on."""
    assert python(LOGGING).out == "False"


HOOKS_OF_THE_PROGRAM = """
import logging, os, signal, driftmeter  # whose hooks would hold its lock meanwhile
from driftmeter.testing.forking import fork
flushed = []

def in_child():
    signal.alarm(20)
    driftmeter.configure(max_models=7)
    predict("in the hook")

def predict(who):
    with driftmeter.predict("m", id=who) as call:
        call.outputs = [1.0]

os.register_at_fork(before=lambda: flushed.append(driftmeter.flush(10)), after_in_child=in_child)
driftmeter.configure()
predict("parent")

def child():
    predict("child")
    assert driftmeter.flush(10)

print(os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1]), flushed)
"""


def test_the_programs_own_hooks_may_flush_and_configure(python):
    """Whatever it registers once driftmeter is imported: nothing of ours stands still then."""
    with OtlpReceiver() as receiver:
        assert python(HOOKS_OF_THE_PROGRAM, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint).out == "0 [True]"
        events = receiver.events("ml.prediction")
    assert sorted(event.attributes["ml.prediction.id"] for event in events) == ["child", "in the hook", "parent"]


OLDER_HOOKS = """
import os, signal

def in_child():
    signal.alarm(20)
    driftmeter.configure(max_models=7)
    predict("in the hook")

os.register_at_fork(after_in_child=in_child)
import driftmeter
from driftmeter.testing.forking import fork

def predict(who):
    with driftmeter.predict("m", id=who) as call:
        call.outputs = [1.0]

predict("parent")

def child():
    predict("child")
    assert driftmeter.flush(10)

print(os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1]))
assert driftmeter.flush(10)
"""


def test_a_hook_from_before_driftmeter_was_imported_may_configure(python):
    """It is called before ours; what it predicts stands in a journal of the child's own."""
    with OtlpReceiver() as receiver:
        found = python(OLDER_HOOKS, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint)
        assert found.out == "0"
        assert "without Python's hooks" not in found.err
        events = receiver.events("ml.prediction")
    assert sorted(event.attributes["ml.prediction.id"] for event in events) == ["child", "in the hook", "parent"]

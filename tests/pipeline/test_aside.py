import threading

import pytest

from driftmeter.pipeline.aside import Aside


@pytest.mark.parametrize(("call", "answer"), [(lambda: True, True), (lambda: False, False), (lambda: 1 / 0, False)])
def test_answer_is_that_of_the_call(call, answer):
    """And a fault is a no."""
    aside = Aside(call)
    aside.begin()
    assert aside.done(10) is answer


def test_nothing_is_called_before_the_word():
    """The thread stands by."""
    called = threading.Event()
    aside = Aside(lambda: called.set() or True)
    assert not aside.done(0.05)
    assert not called.is_set()
    aside.begin()
    assert aside.done(10)


def test_call_that_takes_longer_is_left_alone():
    """It goes on by itself, and who asks again is told."""
    go_on = threading.Event()
    aside = Aside(lambda: go_on.wait(20))
    aside.begin()
    assert not aside.done(0.05)
    go_on.set()
    assert aside.done(10)


def test_it_waits_for_another_but_not_for_ever():
    """Events first; whoever waits for them has patience for so long."""
    order = []
    first, second = (Aside(lambda name=name: order.append(name) or True) for name in ("first", "second"))
    first.begin(20)
    second.begin(0.05)
    assert second.done(10)
    assert not first.done(0)
    first.go()
    assert first.done(10)
    assert order == ["second", "first"]


def test_one_from_before_gevent_patched_threading_can_be_told_to_go(python):
    """As in a worker that was forked from a preloaded program, and patches then."""
    pytest.importorskip("gevent", reason="which patches")
    code = """
import threading
from driftmeter.pipeline.aside import Aside
aside = Aside(lambda: True)
from gevent import monkey
monkey.patch_all()
aside.begin(20)
aside.go()
print(aside.done(20))
"""
    assert python(code).out == "True"

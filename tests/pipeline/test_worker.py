import threading

import pytest

from driftmeter.pipeline.worker import Worker


class Steps:
    """Counts steps, and can hold one up."""

    def __init__(self):
        self.done = 0
        self.go_on = threading.Event()
        self.go_on.set()
        self.inside = threading.Event()

    def __call__(self):
        self.inside.set()
        self.go_on.wait(10)
        self.done += 1
        return False


@pytest.fixture
def steps():
    made = Steps()
    yield made
    made.go_on.set()


def test_no_thread_before_there_is_work(steps):
    """Importing and configuring start nothing."""
    before = threading.active_count()
    assert Worker(steps).idle
    assert threading.active_count() == before


def test_drain_waits_for_a_step_that_begins_after_it_was_asked(steps):
    """What was there before is done when it returns."""
    worker = Worker(steps)
    assert worker.drain(10)
    assert steps.done == 1


def test_drain_gives_up_in_time(steps):
    """A slow sink does not hold a shutdown up; later the work is done all the same."""
    steps.go_on.clear()
    worker = Worker(steps)
    assert not worker.drain(0.01)
    steps.go_on.set()
    assert worker.drain(10)


def test_worker_cannot_wait_for_itself(steps):
    """A sink that flushes, by way of a log handler say, would wait for ever."""
    answers = []
    worker = Worker(lambda: answers.append(worker.drain(10)) or False)
    assert worker.drain(10)
    assert answers == [False]


def test_steps_go_on_until_nothing_is_left():
    """A chunk each."""
    left = [3]

    def step():
        left[0] -= 1
        return left[0] > 0

    assert Worker(step).drain(10)
    assert left == [0]


def test_many_threads_ring_and_wait(steps):
    """None is forgotten, whenever it rang."""
    worker, answers = Worker(steps, linger_s=0), []

    def ring():
        for _ in range(50):
            worker.wake()
            answers.append(worker.drain(20))

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 400


def test_whoever_appends_is_served_without_waiting():
    """The bell is rung only when the worker is not awake, and still nothing lies around."""
    waiting, served, last = [], [], threading.Event()

    def step():
        while waiting:
            served.append(waiting.pop(0))
        if len(served) == 5000:
            last.set()
        return False

    worker = Worker(step, linger_s=0)
    for n in range(5000):
        waiting.append(n)
        if not worker.awake:
            worker.wake()
    assert last.wait(10)
    assert served == list(range(5000))


def test_company_is_waited_for_until_somebody_hurries(steps):
    """Before the worker is woken, or while it lingers."""
    worker = Worker(steps, linger_s=3600)
    worker.hurry()
    worker.wake()
    assert steps.inside.wait(10)
    steps.inside.clear()
    worker.wake()
    assert not steps.inside.wait(0.1)
    worker.hurry()
    assert steps.inside.wait(10)


def test_reset_forgets_the_thread(steps):
    """A forked child has none."""
    worker = Worker(steps)
    worker.drain(10)
    worker.reset()
    worker.wake()
    assert worker.drain(10)


def test_nobody_waits_in_a_step_for_its_own_end():
    """A fork in a step, by a library of the user's, say, is not kept waiting."""
    found = []

    def step():
        found.append(worker.stand_still(threading.TIMEOUT_MAX))
        return False

    worker = Worker(step)
    assert worker.drain(10)
    assert found == [False]


def test_nobody_waits_for_a_worker_that_was_halted(steps):
    """No step will begin, and a fork that waited for the lock would wait in vain."""
    worker = Worker(steps)
    assert worker.stand_still(10)
    worker.stepping.release()
    worker.halt(10)
    worker.halt(threading.TIMEOUT_MAX)
    assert not worker.stand_still(threading.TIMEOUT_MAX)
    worker.reset()
    assert worker.stand_still(10)

import threading

from hypothesis import example, given
from hypothesis import strategies as st

from driftmeter.pipeline.buffer import Buffer


def buffer_of(*, max_records=10, max_bytes=100, chunk_records=1000, press=lambda: None):
    return Buffer(max_records=max_records, max_bytes=max_bytes, chunk_records=chunk_records, press=press)


def test_oldest_first():
    """What was accepted stays in order."""
    buffer = buffer_of()
    for draft in "abc":
        buffer.put(draft, 1)
    assert (buffer.take(2), buffer.take(2), buffer.take(2)) == (["a", "b"], ["c"], [])


def test_newest_is_refused_when_there_are_too_many():
    """And room made is room had."""
    buffer = buffer_of(max_records=2)
    assert [buffer.put(draft, 1) for draft in "abc"] == [True, True, False]
    assert buffer.take(1) == ["a"]
    assert buffer.put("d", 1)


def test_newest_is_refused_when_they_weigh_too_much():
    """A small one behind a large one still finds room."""
    buffer = buffer_of()
    assert [buffer.put("a", 60), buffer.put("b", 60), buffer.put("c", 40)] == [True, False, True]
    assert buffer.weight_bytes == 100
    assert not buffer.put("d", 1)


@given(st.lists(st.integers(0, 60) | st.none(), max_size=40))
def test_weight_is_that_of_what_waits(moves):
    """After any sequence of puts (a weight) and takes (None); a light one counts with its share of the bytes."""
    buffer, waiting = buffer_of(max_records=5), []
    for move in moves:
        if move is None:
            assert buffer.take(2) == waiting[:2]
            del waiting[:2]
        elif buffer.put(move, move):
            waiting.append(move)
        else:
            assert len(waiting) == 5 or sum(max(20, weight) for weight in [*waiting, move]) > 100
        assert (len(buffer), buffer.weight_bytes) == (len(waiting), sum(max(20, weight) for weight in waiting))
        assert len(buffer) <= 5
        assert buffer.weight_bytes <= 100


def test_a_chunk_presses():
    """From the last of it on, until it is taken."""
    presses = []
    buffer = buffer_of(chunk_records=3, press=lambda: presses.append(len(buffer)))
    for draft in "abcd":
        buffer.put(draft, 1)
    assert len(presses) == 2
    buffer.take(3)
    buffer.put("e", 1)
    assert len(presses) == 2


def test_heavy_calls_press():
    """A few that are a sixteenth of all that may wait; taken, they press no more."""
    presses = []
    buffer = buffer_of(max_records=100, max_bytes=1600, press=lambda: presses.append(len(buffer)))
    buffer.put("a", 100)
    assert presses == []
    buffer.put("b", 20)
    buffer.put("c", 1)
    assert len(presses) == 2
    buffer.take(3)
    buffer.put("d", 1)
    assert len(presses) == 2


@given(st.lists(st.integers(0, 120), min_size=1, max_size=40))
@example([0, 0, 0, 0, 21])
def test_whatever_is_refused_presses(weights):
    """Room is made as soon as may be."""
    presses = []
    buffer = buffer_of(max_records=5, press=lambda: presses.append(True))
    for weight_bytes in weights:
        before = len(presses)
        if not buffer.put("call", weight_bytes):
            assert len(presses) > before


def test_nothing_is_lost_or_doubled_between_threads():
    """Four put, one takes."""
    buffer, taken = buffer_of(max_records=10**6, max_bytes=10**9), []
    threads = [
        threading.Thread(target=lambda part=part: [buffer.put((part, n), 1) for n in range(2000)]) for part in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or len(buffer):
        taken += buffer.take(100)
    assert sorted(taken) == [(part, n) for part in range(4) for n in range(2000)]
    assert buffer.weight_bytes == 0

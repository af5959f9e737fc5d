import itertools

from driftmeter.demo.pacing import Stopwatch


def test_rate_and_percentiles_over_the_whole_run():
    """A hundred answers, one a second, of 1 to 100 ms."""
    watch = Stopwatch(clock=itertools.count(0.0).__next__)
    for milliseconds in range(1, 101):
        watch.note(milliseconds / 1000)

    whole = watch.whole()
    assert (whole.per_s, whole.p50_ms, whole.p99_ms) == (1.0, 51.0, 100.0)


def test_the_recent_pace_forgets_how_slow_it_was():
    """The first thousand answers were slow, the last thousand are not."""
    watch = Stopwatch(clock=itertools.count(0.0).__next__)
    for latency_s in [1.0] * 1000 + [0.001] * 1000:
        watch.note(latency_s)

    assert watch.recent().p99_ms == 1.0


def test_nothing_answered_is_no_pace():
    """The first scene is drawn before the first answer."""
    watch = Stopwatch()

    assert watch.recent() == watch.whole()
    assert watch.recent().per_s == 0.0

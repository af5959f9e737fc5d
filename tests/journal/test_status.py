"""What a status says is what the directory says."""

import pytest

from driftmeter.journal import Kind


def test_a_status_counts_what_is_there(make, tools, tmp_path):
    """Also what another process left, from the first moment on."""
    clock = tools.HandClock()
    first = make(clock=clock)
    for _ in range(3):
        first.append(Kind.RECORD, b"r", b"x" * 100)
        first.roll()
    first.close()
    clock.pass_s(100)
    journal = make(clock=clock)
    status = journal.status()
    files = list((tmp_path / "journal").glob("*.seg"))
    assert (status.segments, status.bytes) == (3, sum(path.stat().st_size for path in files))
    assert status.oldest_age_s == pytest.approx(100)
    assert (status.mode, status.appended, status.lost, status.adopted) == ("disk", 0, {}, 0)
    tools.drain(journal)
    after = journal.status()
    assert (after.segments, after.bytes, after.oldest_age_s, after.adopted) == (0, 0, 0.0, 3)


def test_write_times_are_kept(make, tools):
    """As an upper bound, from clock readings around each write."""
    clock, files = tools.HandClock(), tools.FaultyFiles()

    def write(real, *args):
        clock.steady += 3000
        return real(*args)

    files.faults["write"] = write
    journal = make(clock=clock, files=files)
    for _ in range(10):
        journal.append(Kind.RECORD, b"r", b"x")
    assert 3.0 <= journal.status().write_p99_us <= 6.0
    assert journal.status().appended == 10


def test_no_write_took_no_time(make):
    """Nothing was measured."""
    assert make().status().write_p99_us == 0

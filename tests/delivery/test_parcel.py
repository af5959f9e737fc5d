import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.delivery.parcel import Parcel
from driftmeter.journal import Batch, Entry, Kind


def parcel_of(n, gaps=()):
    kinds = [Kind.GAP if i in gaps else Kind.RECORD for i in range(n)]
    return Parcel(Batch([Entry(kind, seq, b"", b"") for seq, kind in enumerate(kinds)], "w", None, 0))


def deliver(parcel, bad, most=512, largest=512):
    """Send until done, to a backend that refuses some records and takes so many at once."""
    stored, buried, requests = [], [], 0
    while not parcel.done:
        sent = parcel.next(most)
        requests += 1
        assert 0 < len(sent) <= most
        seqs = [entry.seq for entry in sent]
        if len(sent) > largest:
            lone = parcel.too_large(sent)
        elif bad.intersection(seqs):
            lone = parcel.refused(sent)
        else:
            parcel.accepted(sent)
            stored += seqs
            lone = None
        if lone is not None:
            buried.append(lone.seq)
        assert requests < 10_000
    return stored, buried, requests


def test_good_batch_is_one_request():
    """In the order of its records."""
    assert deliver(parcel_of(512), set()) == (list(range(512)), [], 1)


@pytest.mark.parametrize("bad", [*range(0, 512, 37), 255, 256, 510, 511])
def test_ten_requests_find_one_bad_record_among_512(bad):
    """Then one may confirm it, and one sends what was put aside."""
    parcel, requests = parcel_of(512), 0
    while len(parcel._suspects) != 1:
        sent = parcel.next(512)
        requests += 1
        if any(entry.seq == bad for entry in sent):
            if parcel.refused(sent) is not None:
                break
        else:
            parcel.accepted(sent)
    assert requests == 10
    stored, buried, requests = deliver(parcel_of(512), {bad})
    assert (sorted(stored), buried) == ([i for i in range(512) if i != bad], [bad])
    assert requests <= 12


@given(st.integers(1, 60), st.sets(st.integers(0, 59)), st.integers(1, 64), st.integers(1, 64))
def test_each_record_ends_in_one_place(n, bad, most, largest):
    """Whatever is refused, however small the requests must be: none twice, none lost."""
    bad &= set(range(n))
    stored, buried, _ = deliver(parcel_of(n), bad, most, largest)
    assert sorted(stored) == sorted(set(range(n)) - bad)
    assert sorted(buried) == sorted(bad)


def test_bad_moment_of_the_backend_buries_nothing():
    """It refuses once, and never again: suspicion alone costs no record."""
    parcel = parcel_of(512)
    assert parcel.refused(parcel.next(512)) is None
    assert sorted(deliver(parcel, set())[0]) == list(range(512))


def test_lone_record_that_is_too_large_is_given_up():
    """There is nothing left to halve."""
    parcel = parcel_of(1)
    assert parcel.too_large(parcel.next(512)).seq == 0
    assert parcel.done


def test_reports_of_gaps_go_apart():
    """Of a request that is rejected in part it is known whether it held records or reports."""
    parcel = parcel_of(5, gaps={1, 3})
    first = parcel.next(512)
    assert [entry.seq for entry in first] == [0, 2, 4]
    parcel.accepted(first)
    assert [entry.seq for entry in parcel.next(512)] == [1, 3]


def test_what_was_sent_without_an_answer_is_known():
    """As many duplicates there may be, and no more."""
    parcel = parcel_of(10)
    parcel.unanswered(parcel.next(512))
    probe = parcel.next(4)
    assert parcel.again(probe) == 4
    assert parcel.untouched
    parcel.accepted(probe)
    assert parcel.again(parcel.next(512)) == 6
    assert not parcel.untouched


def test_records_taken_out_are_sent_nowhere():
    """Neither from the rest nor from among the suspects."""
    parcel = parcel_of(8)
    entries = parcel.next(512)
    parcel.refused(entries)
    parcel.without([entries[0], entries[7]])
    assert sorted(deliver(parcel, set())[0]) == [1, 2, 3, 4, 5, 6]

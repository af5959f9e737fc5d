from hypothesis import given
from hypothesis import strategies as st

from driftmeter.journal.frames import Frame, Kind, definition, frame, record, scan
from driftmeter.journal.glossary import Glossary
from driftmeter.journal.header import Identity
from driftmeter.journal.reading import WITH_DEFINITION
from driftmeter.journal.runs import Runs

IDENTITY = Identity("00ff" * 4, 1, 1, 1)
SALT = IDENTITY.salt

plain = st.builds(
    lambda kind, number, payload: lambda seq: record(kind, seq, number, payload, SALT),
    st.sampled_from([Kind.RECORD, Kind.ROWS]),
    st.integers(1, 3),
    st.binary(max_size=40),
)
meanings = st.builds(
    lambda number, content: lambda _seq: definition(number, content, SALT), st.integers(1, 2), st.binary(max_size=9)
)
others = st.one_of(
    st.sampled_from([Kind.GAP, Kind.ERASED, 77]).map(lambda kind: lambda seq: frame(kind, seq, b"{}", SALT)),
    st.just(lambda seq: frame(Kind.RECORD, seq, b"\1", SALT)),  # too short to name a definition
    st.binary(min_size=1, max_size=30).map(lambda noise: lambda _seq: noise),
)
files = st.lists(plain | plain | meanings | others, max_size=12).map(
    lambda makes: b"".join(make(seq) for seq, make in enumerate(makes, 1))
)


def runs_of(data, known=()):
    glossary = Glossary(IDENTITY)
    glossary.definitions.update(dict(known))
    return Runs(lambda at, size: data[at : at + size], SALT, glossary)


def careful(data, max_records, max_bytes):
    """The same by `scan`: entries up to whatever is none, or has no room, and where that begins."""
    glossary, entries, weight, at = Glossary(IDENTITY), [], 0, 0
    for item in scan(lambda start, size: data[start : start + size], 0, len(data), SALT):
        if not isinstance(item, Frame) or item.kind not in {*WITH_DEFINITION, Kind.DEFINITION}:
            break
        entry = glossary.entry(item)
        if entry is not None:
            if glossary.corrupt:
                break
            if entries and (len(entries) >= max_records or weight + len(entry.payload) > max_bytes):
                break
            entries.append(entry)
            weight += len(entry.payload)
        at = item.end
    return entries, at, weight


@given(files, st.integers(1, 6), st.integers(0, 80), st.data())
def test_a_run_is_what_a_careful_look_finds(data, max_records, max_bytes, draw):
    """Up to the first frame that is anything else, damaged or without room; any byte may be wrong."""
    if data and draw.draw(st.booleans()):
        at = draw.draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([data[at] ^ draw.draw(st.integers(1, 255))]) + data[at + 1 :]
    run = runs_of(data).next(0, len(data), max_records, max_bytes)
    entries, at, weight = careful(data, max_records, max_bytes)
    assert (run.entries, run.end, run.weight) == (entries, at, weight)
    assert run.last_seq == (entries[-1].seq if entries else None)


def test_a_run_does_not_end_with_what_is_read_at_once():
    """Frames lie across the pieces in which a file is read."""
    frames = [record(Kind.ROWS, seq, 1, b"x" * 999, SALT) for seq in range(1, 1001)]
    data = b"".join(frames)
    run = runs_of(data, {1: b"meaning"}).next(0, len(data), 900, 10**7)
    assert [entry.seq for entry in run.entries] == list(range(1, 901))
    assert (run.end, run.full) == (sum(map(len, frames[:900])), True)
    rest = runs_of(data, {1: b"meaning"}).next(run.end, len(data), 900, 10**7)
    assert ([entry.seq for entry in rest.entries], rest.end, rest.full) == (list(range(901, 1001)), len(data), False)


def test_a_frame_larger_than_what_is_read_at_once_is_left_to_the_careful_look():
    """It is rare, and found there."""
    data = record(Kind.ROWS, 1, 1, bytes(300_000), SALT)
    assert runs_of(data, {1: b"meaning"}).next(0, len(data), 9, 10**7).end == 0

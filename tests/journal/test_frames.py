import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.journal.frames import (
    HEAD,
    MAGIC,
    MAX_PAYLOAD_BYTES,
    Damage,
    Frame,
    Kind,
    definition,
    frame,
    named,
    record,
    scan,
)

SALT = 12345
PAYLOADS = st.lists(st.binary(max_size=60) | st.just(MAGIC * 20), min_size=1, max_size=8)


def reader(data, sizes=None):
    def read(at, size):
        if sizes is not None:
            sizes.append(size)
        return data[at : at + size]

    return read


def scanned(data, salt=SALT):
    return list(scan(reader(data), 0, len(data), salt))


def framed(payloads):
    return [frame(Kind.RECORD, seq, payload, SALT) for seq, payload in enumerate(payloads, 1)]


@given(PAYLOADS)
def test_what_was_framed_is_found(payloads):
    """In order, with its numbers and its place."""
    data = b"".join(framed(payloads))
    found = scanned(data)
    assert [(item.seq, item.payload) for item in found] == list(enumerate(payloads, 1))
    assert [data[item.start : item.end] for item in found] == framed(payloads)


def test_a_record_is_the_frame_of_its_id_and_its_payload():
    """One way to build it is quicker."""
    assert record(Kind.ROWS, 7, 3, b"payload", SALT) == frame(Kind.ROWS, 7, b"\3\0\0\0payload", SALT)
    assert named(b"\3\0\0\0payload") == (3, b"payload")
    assert scanned(definition(3, b"meaning", SALT))[0].payload == b"\3\0\0\0meaning"


@given(PAYLOADS, st.data())
def test_a_cut_costs_only_what_it_cuts(payloads, data):
    """Every truncation leaves the frames before it, and at most one torn stretch."""
    frames = framed(payloads)
    whole = b"".join(frames)
    cut = data.draw(st.integers(0, len(whole)))
    found = scanned(whole[:cut])
    ends = [len(b"".join(frames[: n + 1])) for n in range(len(frames))]
    kept = sum(end <= cut for end in ends)
    assert [item.payload for item in found if isinstance(item, Frame)] == payloads[:kept]
    damaged = [item for item in found if isinstance(item, Damage)]
    assert damaged == ([] if cut in {0, *ends} else [Damage(([0, *ends])[kept], cut, torn=True)])


@given(PAYLOADS, st.data())
def test_a_flipped_byte_costs_only_its_frame(payloads, data):
    """Wherever it is, whatever it becomes: header, length, checksum, payload."""
    frames = framed(payloads)
    whole = bytearray(b"".join(frames))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    found = scanned(bytes(whole))
    ends = [len(b"".join(frames[: n + 1])) for n in range(len(frames))]
    struck = next(n for n, end in enumerate(ends) if at < end)
    assert [item.payload for item in found if isinstance(item, Frame)] == payloads[:struck] + payloads[struck + 1 :]
    assert [(item.start, item.end) for item in found if isinstance(item, Damage)] == [
        (([0, *ends])[struck], ends[struck])
    ]


def test_a_length_that_leaps_onto_another_frame_hides_none():
    """Of all wrong lengths these are the most convincing: one byte flipped, and the claim ends where a frame begins."""
    frames = framed([b"", b"x" * 106, b"last"])  # 0 ^ 126 == 20 + 106: the length of the second frame
    whole = bytearray(b"".join(frames))
    whole[4] ^= 126
    assert [item.payload for item in scanned(bytes(whole)) if isinstance(item, Frame)] == [b"x" * 106, b"last"]


@given(st.binary(max_size=400))
def test_any_bytes_are_covered_once(noise):
    """No crash, no loop: stretches follow each other from the beginning to the end."""
    at = 0
    for item in scanned(noise):
        assert item.start == at < item.end
        at = item.end
    assert at == len(noise)


@pytest.mark.parametrize("length", [2**32 - 1, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1])
def test_a_length_is_not_believed(length):
    """A claim of gigabytes makes nobody read or allocate them."""
    sizes = []
    good = frame(Kind.RECORD, 1, b"good", SALT)
    lying = HEAD.pack(MAGIC, Kind.RECORD, 1, length, 0, 1)
    data = lying + good
    found = list(scan(reader(data, sizes), 0, len(data), SALT))
    assert [type(item) for item in found] == [Damage, Frame]
    assert max(sizes) <= len(data)


def test_a_payload_cannot_pass_for_a_frame():
    """Who is recorded may hand in bytes that look like frames; damage must not bring them to life."""
    forged = frame(Kind.RECORD, 99, b"forged", SALT + 1)
    host = bytearray(frame(Kind.RECORD, 1, forged, SALT) + frame(Kind.RECORD, 2, b"next", SALT))
    host[0] ^= 0xFF
    assert [item.payload for item in scanned(bytes(host)) if isinstance(item, Frame)] == [b"next"]


def test_a_frame_that_is_being_overwritten_is_read_again():
    """Half of it old and half new is no damage yet."""
    old, new = frame(Kind.RECORD, 1, b"secret", SALT), frame(Kind.ERASED, 1, bytes(6), SALT)
    looks = iter([new[:10] + old[10:], new])

    def read(at, size):
        return next(looks)[at : at + size]

    assert [item.kind for item in scan(read, 0, len(old), SALT)] == [Kind.ERASED]


def test_frames_larger_than_a_chunk_are_found():
    """The window grows to one frame, wherever that begins."""
    payloads = [b"a" * 300_000, b"b", b"c" * 300_000]
    assert [item.payload for item in scanned(b"".join(framed(payloads)))] == payloads

"""Every truncation of a segment, every flipped byte: no crash, no loop; only what was touched is lost, and counted."""

import os
import shutil
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmeter.journal import Journal, Kind, frames, header
from driftmeter.journal.header import HEADER_BYTES

COUNT = 6


@pytest.fixture
def segment(make, tmp_path):
    """The bytes of a segment with six records of two definitions, cleanly sealed, and where it lay."""
    journal = make()
    for n in range(COUNT):
        journal.append(Kind.RECORD, b"even" if n % 2 else b"odd", b"record %d" % n)
    journal.close()
    (path,) = (tmp_path / "journal").glob("*.seg")
    return path, path.read_bytes()


def recover(path, content, tools, most=3):
    """What a new process makes of a directory with only this segment; its journal is closed."""
    shutil.rmtree(path.parent)
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    os.utime(path, (5, 5))
    journal = Journal(path.parent, limits=tools.SMALL)
    entries = []
    while (reader := journal.backlog()) is not None:
        entries += tools.take(reader, most=most)
    status = journal.status()
    journal.close()
    return entries, status


def test_every_truncation(segment, tools):
    """The records before the cut, and a gap record for those behind it, since the seal tells how many there were."""
    path, whole = segment
    for cut in range(HEADER_BYTES, len(whole)):
        entries, _ = recover(path, whole[:cut], tools)
        kept = tools.records(entries)
        assert kept == [b"record %d" % n for n in range(len(kept))]
        assert tools.reported(entries) == COUNT - len(kept)
    for cut in range(0, HEADER_BYTES, 97):
        assert recover(path, whole[:cut], tools)[0] == []


def test_every_flipped_byte(segment, tools):
    """One record at most, and one gap record for it; definitions are stored twice, so that nothing hangs on one."""
    path, whole = segment
    for at in (*range(200), *range(HEADER_BYTES, len(whole))):
        damaged = bytearray(whole)
        damaged[at] ^= 0x41
        entries, status = recover(path, bytes(damaged), tools)
        kept, lost = tools.records(entries), tools.reported(entries)
        assert len(kept) + lost == COUNT, at
        assert lost <= 1, at
        assert kept == [b"record %d" % n for n in range(COUNT) if b"record %d" % n in kept]
        assert status.corrupt + status.torn == (at >= HEADER_BYTES), at


def test_every_flipped_byte_of_a_segment_that_was_never_sealed(segment, tools):
    """Its writer was killed: the last record's number is not known, the others' are."""
    path, whole = segment
    unsealed = bytearray(whole)
    unsealed[64:128] = bytes(64)
    for at in range(HEADER_BYTES, len(whole)):
        damaged = bytearray(unsealed)
        damaged[at] ^= 0x41
        entries, status = recover(path, bytes(damaged), tools)
        kept, lost = tools.records(entries), tools.reported(entries)
        assert len(kept) + lost + status.torn == COUNT, at
        assert len(kept) >= COUNT - 1, at


def test_a_stretch_of_zeros_is_counted_to_the_record(segment, tools):
    """As a disk leaves it that lost a block: the numbers on both sides tell how many are gone."""
    path, whole = segment
    starts = [whole.index(b"record %d" % n) for n in range(COUNT)]
    damaged = bytearray(whole)
    damaged[starts[1] : starts[4]] = bytes(starts[4] - starts[1])
    entries, _ = recover(path, bytes(damaged), tools)
    assert tools.records(entries) == [b"record 0", b"record 5"]
    assert tools.reported(entries) == 4


def test_progress_that_is_damaged_means_from_the_beginning(make, tools, tmp_path):
    """Twice rather than never."""
    journal = make()
    for n in range(4):
        journal.append(Kind.RECORD, b"r", b"%d" % n)
    journal.live().acknowledge(journal.live().next(2, 2**20))
    journal.close()
    (path,) = (tmp_path / "journal").glob("*.seg")
    whole = bytearray(path.read_bytes())
    entries, _ = recover(path, bytes(whole), tools)
    assert tools.records(entries) == [b"2", b"3"]
    whole[70] ^= 1
    entries, _ = recover(path, bytes(whole), tools)
    assert tools.records(entries) == [b"0", b"1", b"2", b"3"]


@settings(
    max_examples=settings.default.max_examples * 3 // 5,
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.function_scoped_fixture],
)
@given(noise=st.binary(max_size=3 * HEADER_BYTES))
def test_any_file_of_our_name_is_left_alone_or_stepped_over(noise, tmp_path_factory, tools):
    """Nothing refuses to start; what is no segment stays where it is, and is counted."""
    path = tmp_path_factory.mktemp("any") / "journal" / f"{5:020d}-{'0f' * 8}-1.seg"
    path.parent.mkdir(mode=0o700)
    entries, status = recover(path, noise, tools)
    assert tools.records(entries) == []
    assert status.foreign == path.exists() == (len(noise) >= HEADER_BYTES)


def test_a_segment_of_a_newer_version_is_left_alone(segment, tools):
    """Its header is sound, but says another version; so do frames."""
    path, whole = segment
    newer = bytearray(whole)
    content = bytearray(header.pack_identity(header.read_identity(whole))[:-4])
    content[6] = 2
    sealed = header._sealed(bytes(content))
    newer[: len(sealed)] = sealed
    entries, status = recover(path, bytes(newer), tools)
    assert (entries, status.foreign, path.read_bytes()) == ([], 1, bytes(newer))


def test_frames_of_a_newer_version_are_kept_for_it(segment, tools):
    """The rest of the segment is delivered; the file stays."""
    path, whole = segment
    salt = header.read_identity(whole).salt
    checked = frames._CHECKED.pack(Kind.RECORD, 9, 3, 99)
    crc = zlib.crc32(b"new", zlib.crc32(checked, salt))
    entries, status = recover(path, whole + frames.HEAD.pack(frames.MAGIC, Kind.RECORD, 9, 3, crc, 99) + b"new", tools)
    assert tools.records(entries) == [b"record %d" % n for n in range(COUNT)]
    assert (status.foreign, path.exists()) == (1, True)

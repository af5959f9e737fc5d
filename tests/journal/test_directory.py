"""What a journal trusts on the disk: only what is its own."""

import os
from pathlib import Path

import pytest

from driftmeter.journal import Journal, Kind, UnsafeDirectoryError
from driftmeter.journal.directory import Descriptors, Directory, Name
from driftmeter.journal.files import Files


def test_a_symbolic_link_is_refused(tmp_path, make, tools):
    """Somebody may have planted it; in flight, records stay in memory rather than follow it."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "journal").symlink_to(tmp_path / "elsewhere")
    journal = make()
    with pytest.raises(UnsafeDirectoryError, match="symbolic link"):
        journal.prepare()
    assert journal.append(Kind.RECORD, b"r", b"x")
    journal.tend()
    assert (journal.status().mode, list((tmp_path / "elsewhere").iterdir())) == ("memory", [])


def test_a_directory_of_somebody_else_is_refused(tmp_path, make, monkeypatch):
    """Its owner could read and replace everything."""
    (tmp_path / "journal").mkdir(mode=0o700)
    real = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: real + 1)
    with pytest.raises(UnsafeDirectoryError, match=f"belongs to user {real}, not {real + 1}"):
        make().prepare()


def test_a_directory_that_others_use_is_refused_unchanged(tmp_path, make):
    """A mistaken setting must not lock everybody out of /tmp."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal").chmod(0o755)
    (tmp_path / "journal" / "letters.txt").touch()
    with pytest.raises(UnsafeDirectoryError, match=r"holds 'letters\.txt'"):
        make().prepare()
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o755


def test_a_directory_of_ours_is_made_private(tmp_path, make):
    """Empty, or with nothing but segments in it."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal").chmod(0o755)
    make().prepare()
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_directorys_place_is_told(tmp_path, make):
    """Loudly while somebody listens."""
    (tmp_path / "journal").touch()
    with pytest.raises(OSError, match="directory"):
        make().prepare()


def test_parents_are_made_private_too(tmp_path):
    """Those that were missing."""
    journal = Journal(tmp_path / "a" / "b" / "c")
    journal.prepare()
    journal.close()
    assert [(tmp_path / part).stat().st_mode & 0o777 for part in ("a", "a/b", "a/b/c")] == [0o700] * 3


@pytest.mark.parametrize("plant", ["link", "pipe", "directory"])
def test_planted_segments_are_not_opened(plant, make, tmp_path, tools):
    """A link to a segment elsewhere, a pipe that would block, a directory: each is passed over."""
    other = Journal(tmp_path / "other")
    other.append(Kind.RECORD, b"r", b"of another journal")
    other.close()
    (secret,) = (tmp_path / "other").glob("*.seg")
    before = secret.read_bytes()
    journal = make()
    journal.prepare()
    path = tmp_path / "journal" / secret.name
    {"link": lambda: path.symlink_to(secret), "pipe": lambda: os.mkfifo(path), "directory": path.mkdir}[plant]()
    journal.append(Kind.RECORD, b"r", b"x")
    assert tools.records(tools.drain(journal)) == [b"x"]
    assert secret.read_bytes() == before
    assert path.is_symlink() or path.exists()


def test_a_file_that_is_there_is_never_appended_to(tmp_path):
    """A segment's name that somebody took first is refused by the system itself."""
    files = Files()
    directory = Directory(tmp_path / "journal", files, Descriptors(files))
    name = Name(5, "0f" * 8, 1)
    directory.prepare()
    (tmp_path / "journal" / str(name)).touch()
    with pytest.raises(FileExistsError):
        directory.make(name)
    directory.close()


def test_open_files_do_not_pass_to_other_programs(make):
    """Every descriptor is closed by `exec`."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    assert [os.get_inheritable(descriptor) for descriptor in journal._descriptors._open] == [False] * 3


def test_nothing_stays_open(make, tools):
    """Over many segments, readers and restarts of the writer."""
    journal = make()
    journal.append(Kind.RECORD, b"r", b"x")
    journal.close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        journal.append(Kind.RECORD, b"r", b"x")
        journal.roll()
        tools.take(journal.backlog())
        journal.append(Kind.RECORD, b"r", b"x")
        journal.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert journal._descriptors._open == set()


def test_files_that_are_no_segments_are_left_and_counted(make, tmp_path):
    """Whoever put them there."""
    journal = make()
    journal.prepare()
    (tmp_path / "journal" / "strange.seg").write_bytes(b"x")
    assert journal.backlog() is None
    assert journal.status().foreign == 1


def test_names_sort_by_age():
    """As text in a listing and as values."""
    names = [Name(time_ns, "0f" * 8, number) for time_ns in (5, 10**18) for number in (2, 10)]
    assert sorted([names[2], names[0], names[3], names[1]]) == names
    assert sorted(map(str, names[::2])) == list(map(str, names[::2]))
    assert Name.parse("something else.seg") is None

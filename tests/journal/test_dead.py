"""Dead letters: kept apart with the reason, bounded, replayed."""

from driftmeter.journal import Entry, Kind, Limits, inspect

LETTERS = [Entry(Kind.RECORD, 7, b"resource", b"bad"), Entry(Kind.ROWS, 9, b"layout", b"worse")]
DEAD = {"limits": Limits(dead_bytes=2**16, roll_bytes=2**14, max_bytes=2**20, min_free_bytes=0)}


def test_what_is_buried_is_not_sent_again(make, tools, tmp_path):
    """It is seen by who looks, with its number, its writer and why."""
    journal = make()
    journal.bury(LETTERS, "400: field 3 is no time", "0f" * 8)
    journal.bury(LETTERS[:1], "too large", "0e" * 8)
    assert tools.drain(journal) == []
    seen = [(*sight[-3:], sight.writer, sight.place) for sight in inspect(tmp_path / "journal")]
    reason = "400: field 3 is no time"
    assert seen == [
        (True, reason, LETTERS[0], "0f" * 8, "dead"),
        (True, reason, LETTERS[1], "0f" * 8, "dead"),
        (True, "too large", LETTERS[0], "0e" * 8, "dead"),
    ]
    assert journal.status().buried == 3
    assert journal.status().dead_bytes > 0


def test_replay_appends_them_as_new_records(make, tools, tmp_path):
    """Once: they are not dead any more."""
    first = make()
    first.bury(LETTERS, "refused", first.writer)
    first.close()
    journal = make()
    assert journal.replay() == 2
    assert journal.replay() == 0
    entries = tools.drain(journal)
    assert [(entry.kind, entry.definition, entry.payload) for entry in entries] == [
        (Kind.RECORD, b"resource", b"bad"),
        (Kind.ROWS, b"layout", b"worse"),
    ]
    assert list((tmp_path / "journal" / "dead").iterdir()) == []


def test_a_replay_that_cannot_be_stored_keeps_the_letters(make, tools):
    """They stay dead until they can be stored."""
    journal = make()
    journal.bury(LETTERS, "refused", journal.writer)
    journal._writer.append = lambda *_: False
    assert journal.replay() == 0
    del journal._writer.append
    assert journal.replay() == 2


def test_they_have_a_cap_of_their_own(make, tools):
    """The oldest go, and are told as lost, to the record."""
    journal = make(**DEAD)
    for n in range(300):
        journal.bury([Entry(Kind.RECORD, n, b"r", b"x" * 1000)], "refused", journal.writer)
    assert journal.status().dead_bytes <= 2**16 + 2**14
    lost = journal.losses.counts()["dead_full"]
    assert tools.reported(tools.drain(journal)) == lost
    assert journal.replay() == 300 - lost


def test_a_disk_that_refuses_them_is_told(make, tools):
    """As a loss like any other."""
    files = tools.FaultyFiles()
    journal = make(files=files)
    journal.append(Kind.RECORD, b"r", b"before")
    files.fill()
    journal.bury(LETTERS, "refused", journal.writer)
    files.heal()
    entries = tools.drain(journal)
    assert (tools.reported(entries), [gap["reason"] for gap in tools.gaps(entries)]) == (2, ["dead_refused"])


def test_letters_of_a_killed_process_are_still_there(make, tools, tmp_path):
    """A torn note in front of them costs nothing but the reason."""
    first = make()
    first.bury(LETTERS, "refused", first.writer)
    first.close()
    (path,) = (tmp_path / "journal" / "dead").glob("*.seg")
    content = bytearray(path.read_bytes())
    content[content.index(b"refused")] ^= 1
    path.write_bytes(bytes(content))
    assert make().replay() == 2

import uuid
from collections import Counter

import pytest

from driftmeter.capture import Key, Subjects

KEY = Key(b"a secret of 16 bytes or more")


@pytest.fixture
def dropped():
    return Counter()


def ref_of(subject, mode="auto", key=KEY, dropped=None):
    return Subjects(
        mode, key, (lambda _reason: None) if dropped is None else lambda why: dropped.update([why])
    ).subject_ref(subject)


def test_a_subject_is_stored_as_its_pseudonym_alone(dropped):
    """The same each time, another for another subject and under another key."""
    assert ref_of("user-17") == ref_of("user-17", "require") != ref_of("user-18")
    assert ref_of("user-17") != ref_of("user-17", key=Key(b"another secret, 16 bytes"))
    assert "user" not in ref_of("user-17")
    assert ref_of(17) == ref_of("17")
    assert ref_of(uuid.UUID(int=1)) == ref_of(str(uuid.UUID(int=1)))
    assert ref_of("x" * 300) != ref_of("x" * 301)
    assert ref_of("\ud800")


def test_without_a_key_a_subject_is_dropped_and_counted(dropped):
    """Never stored in clear; nothing is counted where none was given."""
    assert ref_of("user-17", key=None, dropped=dropped) is None
    assert ref_of(None, key=None, dropped=dropped) is None
    assert dropped == {"subject.no_key": 1}


@pytest.mark.parametrize("given", [object(), "", [1], b"x"])
def test_what_is_no_subject_is_dropped_and_counted(given, dropped):
    """Nothing foreign is asked for its text."""
    assert ref_of(given, dropped=dropped) is None
    assert dropped == {"subject.unreadable": 1}


def test_off_stores_none(dropped):
    """And counts none: that was asked for."""
    assert ref_of("user-17", "off", dropped=dropped) is None
    assert not dropped


def test_require_needs_a_key():
    """At start-up."""
    with pytest.raises(ValueError, match="subjects is 'require', but there is no key; set hash_key: write env:NAME"):
        Subjects("require")

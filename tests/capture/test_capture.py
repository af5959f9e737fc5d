import pytest

from driftmeter.capture import DROP, KEEP, Bucket, Capture, Hash, Key, read_capture

KEY = Key(b"a secret of 16 bytes or more")
NAMES = ("distance", "airline", "SSN")


def kept(capture, *, handed_over=True):
    rules = capture.columns("m", NAMES, handed_over=handed_over)
    return [name for name, rule in zip(NAMES, rules, strict=True) if rule is not DROP]


@pytest.mark.parametrize(
    ("setting", "handed_over", "recorded"),
    [
        ("default", True, ["distance", "airline"]),
        ("default", False, ["distance"]),
        ("all", False, ["distance", "airline"]),
        ("none", True, []),
        ("airline", True, ["airline"]),
        ("airline", False, ["airline"]),
        (["airline", "distance"], False, ["distance", "airline"]),
        ("al", True, []),
        ("", True, []),
    ],
)
def test_what_is_recorded(setting, handed_over, recorded):
    """What was handed over; of what was merely seen, what a reference names; only the names on a list; never denied."""
    capture = Capture(setting, {"m": frozenset({"distance", "SSN"})}, deny=["ssn"])
    assert kept(capture, handed_over=handed_over) == recorded


def test_the_reference_of_another_model_names_nothing():
    """A column is named for the model that it belongs to."""
    capture = Capture("default", {"other": frozenset(NAMES)})
    assert kept(capture, handed_over=False) == []


def test_policies_say_in_which_form():
    """And name a column, so that zero-code instrumentation records it too."""
    capture = Capture("default", policies=["distance=bucket:10", "airline=hash", "SSN=drop"], key=KEY)
    for handed_over in (True, False):
        bucket, hashed, dropped = capture.columns("m", NAMES, handed_over=handed_over)
        assert isinstance(bucket, Bucket)
        assert isinstance(hashed, Hash)
        assert dropped is DROP
    assert capture.columns("m", ["city"], handed_over=True) == (KEEP,)


def test_a_policy_adds_nothing_to_a_list_of_names():
    """`capture="airline"` means these alone."""
    capture = Capture("airline", policies=["distance=keep", "airline=hash"], key=KEY)
    assert kept(capture) == ["airline"]


def test_what_is_stored_in_another_form_is_not_stored_as_it_is_elsewhere():
    """Inside a value, as a tag or as an extra of a log record no rule is applied, so it is left out there."""
    capture = Capture("default", deny=["ssn"], policies=["email=hash", "age=bucket:10", "city=keep"], key=KEY)
    assert [capture.allows(name) for name in ("email", "age", "ssn", "city", "x")] == [False, False, False, True, True]
    assert [capture.allows(name) for name in ("email", "x")] == [False, True]


def test_a_column_asked_for_and_denied_is_told_at_start_up():
    """In flight it would just be missing."""
    with pytest.raises(ValueError, match="capture names 'session_token', which deny hides; leave it out there"):
        Capture("age,session_token", deny=["token"])
    with pytest.raises(ValueError, match="policies names 'SSN', which deny hides"):
        Capture("default", deny=["ssn"], policies=["SSN=hash"], key=KEY)
    Capture("default", deny=["ssn"], policies=["SSN=drop"])


@pytest.mark.parametrize("given", ["all,age", ["none"], ["age", "Default"]])
def test_the_three_words_stand_alone(given):
    """Or nobody could say whether the rest of the list counts."""
    with pytest.raises(ValueError, match="stands alone; write it by itself"):
        read_capture(given)


@pytest.mark.parametrize("given", [5, None, {"age": 1}, object()])
def test_what_is_no_list_of_names_is_refused(given):
    """Rather than read as everything."""
    with pytest.raises(ValueError, match="choose one of default, all, none, or write the names of columns"):
        read_capture(given)


def test_memory_of_names_and_layouts_is_bounded():
    """Names may come with requests; beyond the bound the answers are the same."""
    capture = Capture("default", deny=["ssn"])
    for number in range(5000):
        assert capture.allows(f"n{number}")
        assert capture.columns("m", [f"n{number}", "ssn"], handed_over=True) == (KEEP, DROP)
    assert (len(capture._known_names), len(capture._known_layouts)) == (4096, 256)
    assert not capture.allows("ssn")

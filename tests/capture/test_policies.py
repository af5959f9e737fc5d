import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.capture import DROP, KEEP, Key, read_policies
from driftmeter.capture.policies import rules_of

KEY = Key(b"a secret of 16 bytes or more")


def test_text_tables_and_lists_are_one():
    """And what was read is read again as itself."""
    settled = ("a=b=drop", "age=bucket:18|65", "email=hash", "x=keep")
    assert read_policies("email=HASH, age=bucket:18|65,x=keep,a=b=drop,") == settled
    assert read_policies({"email": "hash", "age": "bucket:18|65", "x": "keep", "a=b": "drop"}) == settled
    assert read_policies(settled) == read_policies(list(settled)) == settled


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("email=encrypt", "policy 'encrypt' of 'email' is none; choose keep, hash, drop, bucket:WIDTH"),
        ("email", "policy 'email' names no column; write column=policy"),
        ("=hash", "policy 'hash' names no column"),
        ("email=", "policy '' of 'email' is none"),
        ("a=hash,a=drop", "column 'a' has two policies"),
        ("a=bucket", "policy 'bucket' of 'a' is none"),
        ("a=bucket:x", "policy 'bucket:x' of 'a' is none"),
        ("a=bucket:0", "policy 'bucket:0' of 'a': a bucket's width is a positive number"),
        ("a=bucket:2|1", r"policy 'bucket:2\|1' of 'a': a bucket's edges are numbers that rise"),
        ("a=hash:10", "policy 'hash:10' of 'a' is none"),
        (5, "write column=policy, separated by commas, or a table"),
    ],
)
def test_wrong_policies_are_refused(given, message):
    """A mistyped `hash` must not store the value as it is."""
    with pytest.raises(ValueError, match=message):
        read_policies(given)


def test_rules_are_those_of_the_words():
    """Each column has a key of its own."""
    rules = rules_of(read_policies("a=hash,b=hash,c=bucket:10,d=drop,e=keep"), KEY)
    assert (rules["d"], rules["e"]) == (DROP, KEEP)
    assert rules["c"].apply(11) == "[10, 20)"
    assert rules["a"].apply("x") != rules["b"].apply("x")


def test_a_hash_needs_a_key():
    """There is no default."""
    with pytest.raises(ValueError, match="policies has email=hash, but there is no key; set hash_key: write env:NAME"):
        rules_of(["email=hash"], None)
    assert list(rules_of(["email=drop"], None)) == ["email"]


@given(st.text() | st.dictionaries(st.text(), st.text()) | st.lists(st.text()) | st.integers())
def test_anything_is_read_or_refused(given):
    """And what is read is read again as itself."""
    try:
        settled = read_policies(given)
    except ValueError:
        return
    assert read_policies(settled) == settled

import hashlib
import hmac
import os
import pickle
import secrets
import traceback

import pytest

from driftmeter.capture import Key, check_key_reference

SECRET = "0123456789abcdef-a-secret"


def test_pseudonyms_are_hmac_sha_256_cut_to_128_bits():
    """As RFC 2104 defines it; RFC 4231, test case 4, has a key that is long enough."""
    key, message = bytes(range(1, 26)), b"\xcd" * 50
    expected = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    assert hmac.new(key, message, hashlib.sha256).hexdigest() == expected
    text = "Zoë"
    assert Key(key).pseudonym(text) == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def test_purposes_do_not_share_pseudonyms():
    """The same text under two purposes says nothing of the one in the other."""
    key = Key(SECRET.encode())
    assert len({key.pseudonym("x"), key.derived("a").pseudonym("x"), key.derived("b").pseudonym("x")}) == 3
    assert key.derived("a").pseudonym("x") == key.derived("a").pseudonym("x")


def test_a_key_comes_from_where_the_reference_says(tmp_path):
    """White space around it, such as the end of a line, is not part of it."""
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    expected = Key(SECRET.encode()).pseudonym("x")
    assert Key.load("env:DRIFT_KEY", environ={"DRIFT_KEY": SECRET}).pseudonym("x") == expected
    assert Key.load(f"file:{file}").pseudonym("x") == expected


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:NO_SUCH", "names the variable NO_SUCH, which is not set; write env:NAME"),
        ("env:EMPTY", "names the variable EMPTY, which is not set"),
        ("env:SHORT", "hash_key is env:SHORT: a key has 16 to 4096 bytes, this one 6; make one with"),
        ("env:LONG", "a key has 16 to 4096 bytes"),
        ("file:/no/such/file", "names a file that cannot be read"),
        ("file:/", "names a file that cannot be read"),
        ("file:a\0b", "names a file that cannot be read"),
    ],
)
def test_a_missing_key_is_told_and_never_quoted(reference, message):
    """There is no default key."""
    environ = {"EMPTY": "", "SHORT": "s3cr3t", "LONG": "s3cr3t" * 1000}
    with pytest.raises(ValueError, match=message) as caught:
        Key.load(reference, environ=environ)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_a_large_file_is_not_read_whole(tmp_path):
    """Whatever the reference points to by mistake."""
    file = tmp_path / "key"
    with file.open("wb") as sparse:
        sparse.truncate(2**33)
    with pytest.raises(ValueError, match="16 to 4096 bytes"):
        Key.load(f"file:{file}")
    os.truncate(file, 0)


@pytest.mark.parametrize("given", [SECRET, "env:", "file:", "ENV:X", "vault:x", "env:A=B", "", None, 5, b"env:X"])
def test_what_is_no_reference_is_refused_without_being_quoted(given):
    """It may be the key itself."""
    with pytest.raises(ValueError, match=r"^write env:NAME for a variable or file:/path") as caught:
        check_key_reference(given)
    assert SECRET not in str(caught.value)


def test_a_key_shows_itself_nowhere():
    """Not when printed, not in the objects that hold it, not when pickled."""
    secret = secrets.token_hex(16)
    key = Key(secret.encode())
    assert secret not in f"{key} {key!r} {key.derived('x')!r} {vars(type(key))}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)

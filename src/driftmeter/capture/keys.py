"""The secret key of hashes, by reference: where it is, never what it is."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

MIN_KEY_BYTES: Final = 16
MAX_KEY_BYTES: Final = 4096
DIGEST_BYTES: Final = 16
"""RFC 2104, section 5, asks for half of the hash at least: 128 of SHA-256's 256 bits."""

WAY_OUT = "write env:NAME for a variable or file:/path for a file that holds the key"


class Key:
    """A secret for HMAC-SHA-256 that shows itself nowhere.

    >>> key = Key(b"a secret of 16 bytes or more")
    >>> key
    Key(hidden)
    >>> key.pseudonym("user-17")
    '32512c32adf46cfa67ea6c9648a5982b'

    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Args: secret: the key, 16 to 4096 bytes.

        Raises:
            ValueError: for one that is shorter or longer.

        """
        if not MIN_KEY_BYTES <= len(secret) <= MAX_KEY_BYTES:
            raise ValueError(
                f"a key has {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes, this one {len(secret)}; make one with "
                f"`python -c 'import secrets; print(secrets.token_hex(32))'`"
            )
        self._secret = secret

    @classmethod
    def load(cls, reference: str, *, environ: Mapping[str, str] | None = None) -> Self:
        """Read the key that a reference names, `env:NAME` or `file:/path`; white space around it is not part of it.

        Raises:
            ValueError: where there is no such reference, variable or file, or no key in it; nothing that was found is
                quoted.

        """
        kind, _, where = check_key_reference(reference).partition(":")
        if kind == "env":
            found = (os.environ if environ is None else environ).get(where)
            if not found:
                raise ValueError(f"hash_key names the variable {where}, which is not set; {WAY_OUT}")
            secret = os.fsencode(found)
        else:
            try:
                with Path(where).open("rb") as file:
                    secret = file.read(MAX_KEY_BYTES + 2)
            except (OSError, ValueError) as fault:
                raise ValueError(f"hash_key names a file that cannot be read: {fault}") from fault
        try:
            return cls(secret.strip())
        except ValueError as fault:
            raise ValueError(f"hash_key is {reference}: {fault}") from None

    def derived(self, purpose: str) -> Key:
        """A key for one purpose alone: what is hashed with it says nothing of what is hashed with another."""
        return Key(hmac.digest(self._secret, purpose.encode(errors="backslashreplace"), "sha256"))

    def pseudonym(self, text: str) -> str:
        """HMAC-SHA-256 (RFC 2104, FIPS 198-1) of a text, cut to 128 bits, as 32 hexadecimal digits."""
        return hmac.digest(self._secret, text.encode(errors="backslashreplace"), "sha256")[:DIGEST_BYTES].hex()

    def __repr__(self) -> str:
        return "Key(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled; hand on its reference")


def check_key_reference(given: object) -> str:
    """A reference as it was given, if it is one.

    Raises:
        ValueError: for anything else, which is not quoted, since it may be the key itself.

    >>> check_key_reference("env:DRIFT_KEY")
    'env:DRIFT_KEY'

    """
    if isinstance(given, str):
        kind, _, where = given.strip().partition(":")
        if where and ((kind == "env" and "=" not in where and "\0" not in where) or kind == "file"):
            return f"{kind}:{where}"
    raise ValueError(WAY_OUT)

"""Whether a name contains a word that must not be recorded: `session_token` contains "token", `n_tokens` does not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

WHOLE_FROM_CHARACTERS = 8
"""A word of this length is looked for anywhere: nothing harmless contains `password`, but `secretary` has `secret`."""

DENIED_BY_DEFAULT: Final = (
    "password", "passwd", "pwd", "passphrase",
    "secret", "secrets", "credential", "authorization", "bearer", "cookie", "cookies",
    "token", "access_token", "auth_token", "refresh_token",
    "api_key", "access_key", "private_key", "encryption_key", "signing_key", "session_id", "session_key",
    "ssn", "social_security", "passport_number", "iban", "credit_card", "card_number", "cvv", "cvc",
)  # fmt: skip
"""What lets somebody in or pays for something, and numbers that name a person. Not `session` or `card` by themselves:
lengths of sessions and types of cards are ordinary features."""

# The words of a name as people write them: snake_case, kebab-case, camelCase, HTTPHeader, oauth2.
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_CHUNK = re.compile(r"[^\W\d_]+")


class Denied:
    """Words that a column's name, or a key inside its value, must not contain.

    A name is hidden when one of its words is on the list, or some that follow each other and make one together
    (`apiKey`, `api-key` and `apikey` are one), when a part of it ends in one (`accesstoken`), or when a word of eight
    letters or more stands anywhere in it (`mypasswords`). A plural that is not on the list is another word: names that
    count tokens are features.

    >>> denied = Denied(["token", "api_key"])
    >>> [denied(name) for name in ("session_token", "accesstoken", "Api-Key", "apikey2", "n_tokens", "key")]
    [True, True, True, True, False, False]

    """

    def __init__(self, words: Iterable[str]) -> None:
        joined = ("".join(_CHUNK.findall(_plain(word).casefold())) for word in words)
        self._words = frozenset(word for word in joined if word)
        self._long = tuple(word for word in self._words if len(word) >= WHOLE_FROM_CHARACTERS)
        self._endings = tuple(self._words)
        self._longest = max(map(len, self._words), default=0)

    def __call__(self, name: str) -> bool:
        """Whether what has this name must not be recorded."""
        name = _plain(name)
        chunks = [chunk.casefold() for chunk in _CHUNK.findall(name)]
        if any(chunk.endswith(self._endings) for chunk in chunks):
            return True
        whole = "".join(chunks)
        if any(word in whole for word in self._long):
            return True
        pieces = [piece.casefold() for piece in _PIECE.findall(name)]
        return any(self._begins(pieces, start) for start in range(len(pieces)))

    def _begins(self, pieces: list[str], start: int) -> bool:
        """Whether some words from here on make one of ours together."""
        joined = ""
        for piece in pieces[start:]:
            joined += piece
            if len(joined) > self._longest:
                return False
            if joined in self._words:
                return True
        return False


def _plain(name: str) -> str:
    """Letters that only look different, such as those of full width, as the ordinary ones."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)

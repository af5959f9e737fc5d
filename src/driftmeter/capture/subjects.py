"""Whom a prediction is about, as a pseudonym: so that one person's records can be found and erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from driftmeter.capture.keys import WAY_OUT, Key
from driftmeter.text import as_text

PURPOSE: Final = "subject"


class Subjects:
    """Gives each subject its pseudonym, which is all that is ever stored of it.

    Args:
        mode: `auto` stores it where there is a key, `require` insists on a key, `off` stores none.
        key: the secret; None where none is configured.
        dropped: counts by reason the subjects that were given and not stored.

    Raises:
        ValueError: where one is required and there is no key.

    >>> Subjects("auto", Key(b"a secret of 16 bytes or more")).subject_ref("user-17")
    '5d9ede58891f47278c6d5aaa20d6d7df'

    """

    def __init__(
        self, mode: str = "auto", key: Key | None = None, dropped: Callable[[str], None] = lambda _reason: None
    ) -> None:
        if mode == "require" and key is None:
            raise ValueError(f"subjects is 'require', but there is no key; set hash_key: {WAY_OUT}")
        self._off = mode == "off"
        self._key = None if key is None else key.derived(PURPOSE)
        self._dropped = dropped

    def subject_ref(self, subject: object) -> str | None:
        """The pseudonym of a subject: text, a number or a UUID; None where it must not or cannot be stored."""
        if subject is None or self._off:
            return None
        if self._key is None:
            self._dropped("subject.no_key")
            return None
        # Text of any length as it is: two subjects of one beginning are two.
        text = str.__str__(cast("str", subject)) if issubclass(type(subject), str) else as_text(subject)
        if not text:
            self._dropped("subject.unreadable")
            return None
        return self._key.pseudonym(text)

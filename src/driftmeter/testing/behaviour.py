"""How a backend misbehaves, in a word that a test, a command line or a request can say."""

from __future__ import annotations

from typing import NamedTuple

WORDS = {
    "ok": "",
    "down": "",
    "black_hole": "",
    "reset": "",
    "ack_lost": "",
    "no_gzip": "",
    "slow": "seconds",
    "status": "code,retry_after_s",
    "too_large": "bytes",
    "partial": "records",
    "refuse": "id",
    "flaky": "share",
}


class Behaviour(NamedTuple):
    """One way to behave.

    | word | what happens |
    | --- | --- |
    | `ok` | stores and answers |
    | `down` | nobody listens |
    | `black_hole` | takes the request and never answers |
    | `reset` | resets the connection instead of storing |
    | `ack_lost` | stores, then resets the connection |
    | `slow:2` | stores, and answers after so many seconds |
    | `status:503`, `status:429,5` | stores nothing and answers so, with a Retry-After of so many seconds |
    | `too_large:65536` | 413 for bodies of more bytes |
    | `no_gzip` | 415 for what is packed |
    | `partial:3` | stores all but the last three of each request, and says so |
    | `refuse:<id>` | 400 for each request that holds this record |
    | `flaky:0.5` | 503 for such a share of the requests |

    >>> Behaviour.parse("status:429,5")
    Behaviour(word='status', value='429,5')

    """

    word: str
    value: str = ""

    @classmethod
    def parse(cls, text: str) -> Behaviour:
        """Read one.

        Raises:
            ValueError: For a word that is not in the table, or one without the value that it needs.

        """
        word, _, value = text.partition(":")
        if word not in WORDS:
            raise ValueError(f"no behaviour {word!r}; choose one of {', '.join(WORDS)}")
        if bool(value) != bool(WORDS[word]):
            raise ValueError(f"{text!r} is no behaviour; write {word}{':' * bool(WORDS[word])}{WORDS[word]}")
        return cls(word, value)

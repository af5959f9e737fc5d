"""Whatever stands in arguments, variables or the file is settled or refused with ValueError; capture fails closed."""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["driftmeter.settings", "driftmeter.capture", "driftmeter.text"]):
    from driftmeter.capture import DROP, Capture, Key
    from driftmeter.settings import FILE_VARIABLE, PREFIX, Settings

KEY = Key(b"a secret of 16 bytes or more")
NAMES = [row.name for row in dataclasses.fields(Settings)]
WORDS = [
    "all",
    "none",
    "default",
    "hash",
    "keep",
    "drop",
    "bucket:",
    "age",
    "=",
    ",",
    "|",
    "env:",
    "file:",
    "1h",
    "30d",
]
FILE = Path(tempfile.mkdtemp()) / "driftmeter.toml"


def text_of(source: atheris.FuzzedDataProvider) -> str:
    """Words of the settings with noise between them."""
    words = [source.PickValueInList(WORDS) for _ in range(source.ConsumeIntInRange(0, 4))]
    return source.ConsumeUnicodeNoSurrogates(source.ConsumeIntInRange(0, 12)).join([*words, ""]).replace("\0", "")


def value_of(source: atheris.FuzzedDataProvider) -> object:
    """What somebody may write as an argument."""
    match source.ConsumeIntInRange(0, 5):
        case 0 | 1:
            return text_of(source)
        case 2:
            return source.ConsumeInt(9)
        case 3:
            return source.ConsumeFloat()
        case 4:
            return [text_of(source) for _ in range(source.ConsumeIntInRange(0, 4))]
        case _:
            return {text_of(source): text_of(source) for _ in range(source.ConsumeIntInRange(0, 4))}


def check(content: bytes) -> None:
    """Raises where a promise does not hold."""
    source = atheris.FuzzedDataProvider(content)
    given = {source.PickValueInList(NAMES): value_of(source) for _ in range(source.ConsumeIntInRange(0, 4))}
    environ = {
        PREFIX + source.PickValueInList(NAMES).upper(): text_of(source) for _ in range(source.ConsumeIntInRange(0, 3))
    }
    if source.ConsumeBool():
        FILE.write_bytes(b"[driftmeter]\n" + source.ConsumeBytes(400))
        environ[FILE_VARIABLE] = str(FILE)
    try:
        settled = Settings.resolve(given, environ=environ)
        capture = Capture(
            settled.capture, {"m": frozenset({"known"})}, deny=settled.deny, policies=settled.policies, key=KEY
        )
    except ValueError:
        return
    if Settings.resolve(dataclasses.asdict(settled), environ={}) != settled:
        raise AssertionError("settled otherwise the second time")
    unasked = capture.columns("m", ["somebody else's"], handed_over=False)
    if settled.capture != "all" and unasked != (DROP,):
        raise AssertionError(f"{settled.capture} records what nobody asked for")
    if settled.deny == Settings().deny and capture.columns("m", ["password"], handed_over=True) != (DROP,):
        raise AssertionError("a password would be recorded")


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()

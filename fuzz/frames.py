"""Any bytes are read as frames and damage, without a gap; sound frames are found, whatever stands between them."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["driftmeter.journal.frames", "driftmeter.journal.reading"]):
    from driftmeter.journal import frames
    from driftmeter.journal.reading import resolve

frames._PATIENCE = ()  # noqa: SLF001  # nobody is changing these bytes meanwhile
SALT = 0x5EED5EED


def segment_of(source: atheris.FuzzedDataProvider) -> tuple[bytes, list[bytes]]:
    """Sound frames, damaged ones and noise in a row; and the payloads of those that are sound."""
    pieces: list[bytes] = []
    sound: list[bytes] = []
    for seq in range(1, source.ConsumeIntInRange(0, 12) + 1):
        payload = source.ConsumeBytes(source.ConsumeIntInRange(0, 60))
        frame = frames.frame(source.ConsumeIntInRange(1, 5), seq, payload, SALT)
        match source.ConsumeIntInRange(0, 4):
            case 0:
                pieces.append(frame)
                sound.append(payload)
            case 1:
                place = source.ConsumeIntInRange(0, len(frame) - 1)
                pieces.append(
                    frame[:place] + bytes([frame[place] ^ source.ConsumeIntInRange(1, 255)]) + frame[place + 1 :]
                )
            case 2:
                place = source.ConsumeIntInRange(0, len(frame) - 1)
                # Not the byte that was cut off, or the frame would be whole again.
                pieces.append(frame[:place] + bytes([frame[place] ^ 0xFF]))
            case 3:
                pieces.append(source.ConsumeBytes(30))
            case _:
                head = (
                    frames.MAGIC,
                    *(source.ConsumeIntInRange(0, 255) for _ in range(2)),
                    source.ConsumeIntInRange(0, 2**32 - 1),
                )
                pieces.append(frames.HEAD.pack(*head, source.ConsumeIntInRange(0, 2**32 - 1), seq))
    pieces.append(source.ConsumeBytes(4096))
    return b"".join(pieces), sound


def check(content: bytes) -> None:
    """Raises where a promise does not hold."""
    stored, sound = segment_of(atheris.FuzzedDataProvider(content))
    found = list(frames.scan(lambda at, size: stored[at : at + size], 0, len(stored), SALT))
    at = 0
    for item in found:
        if item.start != at or item.end <= at:
            raise AssertionError(f"a gap or a stand still at {at}: {item}")
        at = item.end
    if at != len(stored):
        raise AssertionError(f"ended at {at} of {len(stored)}")
    list(resolve(found, len(stored), last_seq=0, final_seq=12))
    payloads = iter([item.payload for item in found if isinstance(item, frames.Frame)])
    if missing := [payload for payload in sound if payload not in payloads]:
        raise AssertionError(f"sound frames were not found: {missing}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()

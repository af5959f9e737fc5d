"""Any value, of our classes or of hostile ones, is made plain: bounded, encodable, and nothing foreign is called."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
import uuid
from collections.abc import Callable

import atheris
import numpy as np

with atheris.instrument_imports(include=["driftmeter.plain", "driftmeter.otlp.wire", "driftmeter.otlp.decoding"]):
    from driftmeter.otlp.decoding import plain_value
    from driftmeter.otlp.wire import any_value
    from driftmeter.plain import Plain, plain


# A fiftieth of the real ones, so that inputs that reach them are cheap to try.
plain.MAX_ITEMS = 200
plain.MAX_VALUES_BYTES = 5000
LONGEST = 80


def refuse(*_args: object, **_kwargs: object) -> None:
    """Stands for code of a stranger."""
    raise SystemError("foreign code ran")


NAMES = (
    "__str__ __repr__ __len__ __iter__ __eq__ __hash__ __bool__ __format__ __getattribute__ __getitem__ __int__ "
    "__float__ __index__ __contains__ keys items values copy tolist item isoformat encode isascii total_seconds"
)
HOSTILE = {
    base: type("Hostile", (base,), {**dict.fromkeys(NAMES.split(), refuse), "__class__": property(refuse)})
    for base in (
        str,
        int,
        float,
        bytes,
        bytearray,
        list,
        tuple,
        dict,
        set,
        frozenset,
        decimal.Decimal,
        np.float64,
        object,
    )
}
Source = atheris.FuzzedDataProvider
DTYPES = ("f8", "f4", "f2", "i8", "u8", "i1", "?", "O", "M8[ns]", "m8[h]", "S3", "U2", "c16", "g", "V4")


def often_small(source: Source, most: int) -> int:
    """Sizes at which limits are reached take long, so that few inputs have them."""
    return source.ConsumeIntInRange(0, most if source.ConsumeIntInRange(0, 63) == 63 else 8)


SCALARS: list[Callable[[Source], object]] = [
    lambda _: None,
    lambda source: source.ConsumeBool(),
    lambda source: source.ConsumeInt(8),
    lambda source: source.ConsumeInt(8) << source.ConsumeIntInRange(0, 600),
    lambda source: source.ConsumeFloat(),
    lambda source: source.ConsumeUnicode(often_small(source, 200)),
    lambda source: source.ConsumeUnicodeNoSurrogates(20),
    lambda source: source.ConsumeBytes(often_small(source, 200)),
    lambda source: HOSTILE[str](source.ConsumeUnicode(20)),
    lambda source: HOSTILE[int](source.ConsumeInt(9)),
    lambda source: HOSTILE[float](source.ConsumeFloat()),
    lambda source: HOSTILE[bytes](source.ConsumeBytes(20)),
    lambda source: HOSTILE[decimal.Decimal](decimal.Decimal(source.ConsumeFloat())),
    lambda source: HOSTILE[np.float64](source.ConsumeFloat()),
    lambda _: HOSTILE[object](),
    lambda source: np.float32(source.ConsumeProbability()),
    lambda source: np.datetime64(source.ConsumeInt(8), "ns"),
    lambda source: np.timedelta64(source.ConsumeInt(8), source.PickValueInList(["s", "M", "ns", "W", "as"])),
    lambda source: dt.datetime.fromtimestamp(source.ConsumeIntInRange(0, 2**33), dt.UTC),
    lambda source: dt.timedelta(source.ConsumeIntInRange(-(10**8), 10**8)),
    lambda source: decimal.Decimal(source.ConsumeInt(8)).scaleb(source.ConsumeIntInRange(-500, 500)),
    lambda source: uuid.UUID(int=abs(source.ConsumeInt(15))),
    lambda source: memoryview(source.ConsumeBytes(9)),
    lambda source: np.zeros(often_small(source, 400), source.PickValueInList(list(DTYPES))),
    lambda source: np.broadcast_to(np.float64(source.ConsumeFloat()), (source.ConsumeIntInRange(0, 2**40), 3)),
]


def objects_of(items: list[object]) -> object:
    """An array of these very objects: `np.array` would ask them for their length."""
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = item
    return array


def value_of(source: Source, depth: int, made: list[object]) -> object:
    """A value as the bytes have it; containers may hold one that was made before, and so themselves."""
    which = source.ConsumeIntInRange(0, len(SCALARS) + 9)
    if which < len(SCALARS) or depth > 12:
        return SCALARS[which % len(SCALARS)](source)
    if which == len(SCALARS) and made:
        return made[source.ConsumeIntInRange(0, len(made) - 1)]
    items: list[object] = []
    made.append(items)
    items += [value_of(source, depth + 1, made) for _ in range(source.ConsumeIntInRange(0, 8))]
    keys = [source.ConsumeUnicode(source.ConsumeIntInRange(0, 30)) for _ in items]
    kinds: list[Callable[[], object]] = [
        lambda: items,
        lambda: items * often_small(source, 60),
        lambda: tuple(items),
        lambda: HOSTILE[list](items),
        lambda: HOSTILE[tuple](items),
        lambda: dict(zip(keys, items, strict=True)),
        lambda: HOSTILE[dict](zip(keys, items, strict=True)),
        lambda: HOSTILE[set](keys),
        lambda: objects_of(items),
    ]
    return kinds[which % len(kinds)]()


def check(content: bytes) -> None:
    """Raises where a promise does not hold."""
    given = value_of(Source(content), 0, [])
    reasons: list[str] = []
    reader = Plain(lambda key: key != "password", reasons.append, longest=LONGEST)
    made = reader.value(given)
    encoded = any_value(made)
    if plain_value(encoded) != made:
        raise AssertionError("not read back as it was made")
    if len(encoded) > plain.MAX_VALUES_BYTES:
        raise AssertionError(f"{len(encoded)} bytes")
    if reader.altered != bool(reasons):
        raise AssertionError("altered and not counted, or the reverse")


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()

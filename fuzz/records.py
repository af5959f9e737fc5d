"""Any stored entry is encoded or refused by itself, never raising and never changing what its neighbour becomes."""

from __future__ import annotations

import sys
from typing import NamedTuple

import atheris

with atheris.instrument_imports(include=["driftmeter.otlp"]):
    from driftmeter.otlp import Layout, Origin, Table, encode

ORIGIN = Origin(scope_name="driftmeter")
LAYOUTS = [
    Layout(origin=ORIGIN, event_name="e", id_attribute="id", id_kind=kind, tables=tables).to_bytes()
    for kind in ("uuid", "text")
    for tables in ((Table("in", ("a", "b"), codes="ds"),), (Table("in", ("a", "b"), dtype="<f4"),), ())
]


class Entry(NamedTuple):
    """As the journal gives it back."""

    definition: bytes
    payload: bytes


GOOD = Entry(ORIGIN.to_bytes(), b"")


def entry_of(source: atheris.FuzzedDataProvider) -> Entry:
    """A definition that is sound or nearly so, and any payload."""
    definition = source.PickValueInList([*LAYOUTS, ORIGIN.to_bytes(), b""])
    if definition and source.ConsumeBool():
        place = source.ConsumeIntInRange(0, len(definition) - 1)
        definition = definition[:place] + source.ConsumeBytes(4) + definition[place + source.ConsumeIntInRange(0, 4) :]
    return Entry(definition, source.ConsumeBytes(source.ConsumeIntInRange(0, 200)))


def check(content: bytes) -> None:
    """Raises where a promise does not hold."""
    source = atheris.FuzzedDataProvider(content)
    entries = [entry_of(source) for _ in range(source.ConsumeIntInRange(0, 6))]
    encoding = encode([*entries, GOOD])
    if any(refused.position == len(entries) for refused in encoding.refused):
        raise AssertionError("a sound entry was refused with its neighbours")
    kept = sum(len(group.offsets) - 1 for group in encoding.groups)
    if kept + len(encoding.refused) != len(entries) + 1:
        raise AssertionError(f"{len(entries) + 1} entries, {kept} encoded, {len(encoding.refused)} refused")


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()

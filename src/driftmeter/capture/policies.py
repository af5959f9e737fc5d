"""The setting that says for single columns in which form they are stored: `email=hash,age=bucket:10,name=drop`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from driftmeter.capture.keys import WAY_OUT, Key
from driftmeter.capture.rules import DROP, KEEP, Bucket, Hash, Rule

CHOICES = "keep, hash, drop, bucket:WIDTH or bucket:EDGE|EDGE|…"


def read_policies(given: object) -> tuple[str, ...]:
    """Each policy as `name=policy`, from text, a table of names and policies, or such texts.

    Raises:
        ValueError: for what names no column, names one twice or is no policy.

    >>> read_policies("email=hash, age=bucket:18|65")
    ('age=bucket:18|65', 'email=hash')
    >>> read_policies({"age": "bucket"})
    Traceback (most recent call last):
        ...
    ValueError: policy 'bucket' of 'age' is none; choose keep, hash, drop, bucket:WIDTH or bucket:EDGE|EDGE|…

    """
    policies: dict[str, str] = {}
    for name, policy in _pairs(given):
        if not name:
            raise ValueError(f"policy {policy!r} names no column; write column=policy")
        if name in policies:
            raise ValueError(f"column {name!r} has two policies; give it one")
        _check(name, policy)
        policies[name] = policy
    return tuple(f"{name}={policy}" for name, policy in sorted(policies.items()))


def rules_of(policies: Sequence[str], key: Key | None) -> dict[str, Rule]:
    """The rule of each column that has a policy, as `read_policies` left them.

    Raises:
        ValueError: where something is to be hashed and there is no key.

    """
    return {name: _rule(name, policy, key) for name, policy in map(_split, policies)}


def _pairs(given: object) -> list[tuple[str, str]]:
    if isinstance(given, Mapping):
        return [(str(name).strip(), str(policy).strip().lower()) for name, policy in given.items()]
    if isinstance(given, str):
        return [_split(part) for part in given.split(",") if part.strip()]
    if isinstance(given, list | tuple):
        return [_split(str(part)) for part in given]
    raise ValueError("write column=policy, separated by commas, or a table of columns and policies")


def _split(part: str) -> tuple[str, str]:
    name, _, policy = part.rpartition("=")  # a column's name may hold the sign, a policy does not
    return name.strip(), policy.strip().lower()


def _check(name: str, policy: str) -> None:
    if policy not in {"keep", "hash", "drop"}:
        _bucket(name, policy)


def _rule(name: str, policy: str, key: Key | None) -> Rule:
    if policy == "keep":
        return KEEP
    if policy == "drop":
        return DROP
    if policy == "hash":
        if key is None:
            raise ValueError(f"policies has {name}=hash, but there is no key; set hash_key: {WAY_OUT}")
        # A key for each column, or the pseudonyms of one could be looked up in another.
        return Hash(key.derived(f"column\0{name}"))
    return _bucket(name, policy)


def _bucket(name: str, policy: str) -> Bucket:
    word, _, numbers = policy.partition(":")
    try:
        edges = [float(number) for number in numbers.split("|")] if word == "bucket" else []
    except ValueError:
        edges = []
    if not edges:
        raise ValueError(f"policy {policy!r} of {name!r} is none; choose {CHOICES}")
    try:
        return Bucket(edges=edges) if len(edges) > 1 else Bucket(width=edges[0])
    except ValueError as fault:
        raise ValueError(f"policy {policy!r} of {name!r}: {fault}") from None

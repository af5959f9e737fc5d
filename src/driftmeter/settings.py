"""Every setting in one table: argument, variable, default, meaning. Read once, when driftmeter is configured.

An argument wins over an environment variable, that over the file, that over the default. What OpenTelemetry already
has a variable for (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, `OTEL_SDK_DISABLED`) is left to it.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from driftmeter.capture import DENIED_BY_DEFAULT, check_key_reference, read_capture, read_policies
from driftmeter.text import as_text, parse_duration

PREFIX = "DRIFTMETER_"
FILE_VARIABLE = "DRIFTMETER_CONFIG_FILE"

T = TypeVar("T")


def _setting(default: T, doc: str, read: Callable[[object], T], *, quoted: bool = True) -> T:
    """Args: quoted: False where a wrong value must not stand in the message, since it may be a secret."""
    return field(default=default, metadata={"doc": doc, "read": read, "quoted": quoted})


def _flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError("write true or false")


def _words(given: object) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else _several(given)
    return tuple(word for part in parts if (word := str(part).strip()))


def _paths(given: object) -> tuple[str, ...]:
    if isinstance(given, str | Path):
        return tuple(part for part in str(given).split(os.pathsep) if part)
    return tuple(str(part) for part in _several(given))


def _several(given: object) -> Sequence[object]:
    if isinstance(given, list | tuple | set | frozenset):
        return tuple(given)
    raise ValueError("write text, or a list of texts")


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(given: object) -> str:
        if (word := str(given).strip().lower()) in choices:
            return word
        raise ValueError(f"choose one of {', '.join(choices)}")

    return read


def _interval(given: object) -> str:
    text = str(given).strip()
    if not 60 <= (parse_duration(text) or 0.0) <= 100 * 366 * 86_400:
        raise ValueError("write a duration of a minute or more, such as 12h, 30d or 365d")
    return text


def _number(given: object) -> float:
    """NaN, which no limit admits, for what is no number."""
    try:
        return math.nan if isinstance(given, bool) else float(cast("float", given))
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _at_least(low: int) -> Callable[[object], int]:
    def read(given: object) -> int:
        number = _number(given)
        if number >= low and number.is_integer():
            return int(number)
        raise ValueError(f"write a whole number, at least {low}")

    return read


def _name(given: object) -> str | None:
    if (text := as_text(given)) is None:
        raise ValueError("write text")
    return text or None


def _directory(given: object) -> str | None:
    text = _name(str(given) if isinstance(given, Path) else given)
    if text is not None and "\0" in text:
        raise ValueError("no directory has such a name; choose another directory")
    return text


def _groups(given: object) -> tuple[str, ...]:
    words = () if str(given).strip().lower() in {"off", "none", ""} else _words(given)
    if unknown := set(words) - {"process", "system"}:
        raise ValueError(f"{sorted(unknown)} is no group; choose from process, system, or off")
    return words


def _left_sides(given: object) -> tuple[str, ...]:
    words = tuple(word.lower() for word in _words(given))
    if unknown := set(words) - {"reference", "previous", "version"}:
        raise ValueError(f"{sorted(unknown)} cannot be compared with; choose from reference, previous, version")
    if "reference" not in words:
        raise ValueError("windows are always compared with the reference; write reference, and what else")
    return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set; each field's variable is `DRIFTMETER_` and its name in capitals.

    >>> Settings.resolve({"windows": "500rows"}, environ={}).windows
    ('500rows',)

    """

    reference: tuple[str, ...] = _setting(
        (), "Paths of references to compare with, separated as in PATH; each names its model.", _paths
    )
    model_name: str | None = _setting(None, "Name for models that zero-code instrumentation cannot name.", _name)
    model_version: str | None = _setting(None, "Version for models whose version is not known otherwise.", _name)
    compare_with: tuple[str, ...] = _setting(
        ("reference",),
        "What windows are compared with: reference; also previous (the window before) and version (the older one).",
        _left_sides,
    )
    windows: tuple[str, ...] = _setting(
        ("1000rows", "1h", "24h"), "Windows of live rows: a number of rows or a duration each.", _words
    )
    false_page_interval: str = _setting(
        "30d",
        "Mean time between two false drift alarms of one model, over all its columns and windows: a duration.",
        _interval,
    )
    events: str = _setting(
        "auto",
        "Where events go: journal (to disk, then over OTLP), otel (the LoggerProvider), off; "
        "auto is journal, unless you have a LoggerProvider of your own or export logs otherwise than over OTLP.",
        _one_of("auto", "journal", "otel", "off"),
    )
    journal_dir: str | None = _setting(
        None,
        "Directory of the journal; by default driftmeter/journal under XDG_STATE_HOME or ~/.local/state.",
        _directory,
    )
    journal_max_bytes: int = _setting(
        1024**3, "How many bytes the journal may keep on disk; beyond, the oldest events are dropped.", _at_least(2**24)
    )
    journal_max_age: str = _setting("7d", "How long an event may wait in the journal: a duration.", _interval)
    journal_sync: str = _setting(
        "interval",
        "When events reach the disk itself: interval (every 500 ms), always, process (when the system sees fit).",
        _one_of("interval", "always", "process"),
    )
    spans: bool = _setting(True, "Whether each prediction has a span of its own.", _flag)  # noqa: FBT003
    capture: str | tuple[str, ...] = _setting(
        cast("str | tuple[str, ...]", "default"),
        "Values in events: default (what was handed over, or named by a reference or policy), all, none, "
        "or the names of the columns that alone are recorded.",
        read_capture,
    )
    deny: tuple[str, ...] = _setting(
        DENIED_BY_DEFAULT, "Columns whose name contains one of these words are never recorded.", _words
    )
    policies: tuple[str, ...] = _setting(
        (),
        "In which form single columns are stored: column=keep, hash, drop, bucket:WIDTH or bucket:EDGE|EDGE.",
        read_policies,
    )
    hash_key: str | None = _setting(
        None, "Where the secret key of hashes is: env:NAME or file:/path.", check_key_reference, quoted=False
    )
    subjects: str = _setting(
        "auto",
        "Pseudonyms of whom predictions are about: auto (stored where there is a hash_key), require (a key), off.",
        _one_of("auto", "require", "off"),
    )
    retention: str | None = _setting(
        None, "How long events are to be kept: a duration; each then says from which day to delete it.", _interval
    )
    resources: tuple[str, ...] = _setting(
        ("process", "system"), "Resource metrics to emit: process, system, or off.", _groups
    )
    accept_baggage_id: bool = _setting(
        False,  # noqa: FBT003
        "Whether zero-code predictions take their id from the W3C baggage entry ml.prediction.id.",
        _flag,
    )
    flush_on_sigterm: bool = _setting(
        True,  # noqa: FBT003
        "Whether zero-code instrumentation flushes on SIGTERM where nobody else has taken the signal.",
        _flag,
    )
    buffer_records: int = _setting(65_536, "How many finished calls may wait for the worker.", _at_least(1))
    buffer_bytes: int = _setting(64 * 1024 * 1024, "How many bytes those may keep alive.", _at_least(1024))
    label_memory: int = _setting(100_000, "How many predictions are remembered for labels to come.", _at_least(0))
    max_models: int = _setting(32, "How many models and versions are told apart; the rest is `other`.", _at_least(1))
    slices: tuple[str, ...] = _setting((), "Names of slices that are watched for drift beside the whole.", _words)
    max_slices: int = _setting(
        32, "How many values of slices are told apart per model; the rest is `other`.", _at_least(1)
    )

    multivariate: bool = _setting(
        True,  # noqa: FBT003
        "Whether numeric columns are also looked at together: correlations, and what principal components miss.",
        _flag,
    )

    @classmethod
    def resolve(cls, given: Mapping[str, object], *, environ: Mapping[str, str] | None = None) -> Settings:
        """Settle every setting from arguments, environment, file and defaults.

        Raises:
            ValueError: for a setting or variable that does not exist, or a value that it does not take; the message
                names the value, what is allowed and the way out.

        """
        environ = os.environ if environ is None else environ
        _refuse_unknown(given, "argument")
        _refuse_unknown([key for key in environ if _is_ours(key)], "variable", PREFIX)
        filed = _from_file(environ.get(FILE_VARIABLE))
        settled: dict[str, Any] = {}
        for row in fields(cls):
            variable = PREFIX + row.name.upper()
            for origin, found in (
                (f"argument {row.name}", given.get(row.name)),
                (f"variable {variable}", environ.get(variable) or None),
                (f"{row.name} in {environ.get(FILE_VARIABLE)}", filed.get(row.name)),
            ):
                if found is not None:
                    settled[row.name] = _read(row.metadata, found, origin)
                    break
        return cls(**settled)


def _read(row: Mapping[str, Any], found: object, origin: str) -> object:
    try:
        return row["read"](found)
    except (TypeError, ValueError) as fault:
        said = f"is {found!r}" if row["quoted"] else "is not what it takes"
        raise ValueError(f"{origin} {said}: {fault}") from fault


def _is_ours(variable: str) -> bool:
    return variable.startswith(PREFIX) and variable != FILE_VARIABLE and not variable.startswith(UNRELATED)


UNRELATED = ("DRIFTMETER_TOOLS_", "DRIFTMETER_OTLP_", "DRIFTMETER_STACK_")
"""Prefixes of variables that belong to the development tools and Collector examples, not to the package."""


def _refuse_unknown(names: Iterable[str], what: str, prefix: str = "") -> None:
    known = {prefix + (row.name.upper() if prefix else row.name) for row in fields(Settings)}
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}; known: {', '.join(sorted(known))}")


def _from_file(path: str | None) -> Mapping[str, object]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ValueError(f"{FILE_VARIABLE} is {path!r}, which cannot be read as TOML: {fault}") from fault
    found = table.get("driftmeter", table)
    if not isinstance(found, dict):
        raise ValueError(f"driftmeter in {path} is {found!r}: write a table, [driftmeter]")  # noqa: TRY004  # as for all
    _refuse_unknown(found, f"setting in {path}:")
    return found

"""Which columns of a prediction may be stored, and in which form: decided once per layout of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from driftmeter.capture.keys import Key
from driftmeter.capture.names import Denied
from driftmeter.capture.policies import rules_of
from driftmeter.capture.rules import DROP, KEEP, Rule

MODES = ("default", "all", "none")
MAX_NAMES_SEEN = 4096
MAX_NAME_CHARACTERS = 256
MAX_LAYOUTS_SEEN = 256
MAX_LAYOUT_COLUMNS = 1024


def read_capture(given: object) -> str | tuple[str, ...]:
    """The setting `capture`: one of its three words, or the names of the columns that alone are recorded.

    A word that is not one of the three is a name, so a mistyped `all` records no column rather than every one.

    Raises:
        ValueError: for what is neither text nor a list of texts, and for one of the three words among names.

    >>> read_capture("All"), read_capture("age, city"), read_capture("al")
    ('all', ('age', 'city'), ('al',))

    """
    if isinstance(given, str) and (word := given.strip().lower()) in MODES:
        return word
    if not isinstance(given, str | list | tuple | set | frozenset):
        raise ValueError(  # noqa: TRY004  # as for all settings
            f"choose one of {', '.join(MODES)}, or write the names of columns, separated by commas"
        )
    parts = given.split(",") if isinstance(given, str) else given
    names = tuple(dict.fromkeys(name for part in parts if (name := str(part).strip())))
    if mixed := [name for name in names if name.lower() in MODES]:
        raise ValueError(f"{mixed[0]!r} stands alone; write it by itself, or only the names of columns")
    return names


class Capture:
    """Decides what becomes of each column; built once, never changed, asked from any thread.

    Args:
        capture: the setting: `default` records what the user handed over and, of what instrumentation merely saw, the
            columns that a reference or a policy names; `all` everything; `none` nothing; a list of names only those.
        named: the columns that references name, by model.
        deny: words; what contains one in its name is never recorded, whatever else is set.
        policies: `name=policy`, as `read_policies` leaves them.
        key: for hashes.

    Raises:
        ValueError: for a `hash` without a key, and for columns that are both asked for and denied.

    >>> capture = Capture("default", deny=["token"], policies=["age=bucket:10", "name=drop"])
    >>> capture.columns("m", ["age", "city", "name", "session_token"], handed_over=True)
    (Bucket(width=10.0), KEEP, DROP, DROP)
    >>> capture.columns("m", ["age", "city"], handed_over=False)
    (Bucket(width=10.0), DROP)

    """

    def __init__(
        self,
        capture: str | Sequence[str] = "default",
        named: Mapping[str, frozenset[str]] | None = None,
        *,
        deny: Iterable[str] = (),
        policies: Sequence[str] = (),
        key: Key | None = None,
    ) -> None:
        settled = read_capture(capture)
        self._only = None if isinstance(settled, str) else frozenset(settled)
        self._mode = settled if isinstance(settled, str) else "names"
        self._named = dict(named or {})
        self._denied = Denied(deny)
        self._rules = rules_of(policies, key)
        self._known_names: dict[str, bool] = {}
        self._known_layouts: dict[tuple[str, bool, tuple[str, ...]], tuple[Rule, ...]] = {}
        asked = dict.fromkeys(self._only or (), "capture")
        asked |= {name: "policies" for name, rule in self._rules.items() if rule is not DROP}
        for name, setting in asked.items():
            if self._denied(name):
                raise ValueError(
                    f"{setting} names {name!r}, which deny hides; leave it out there, or set deny without the word"
                )

    def columns(self, model: str, names: Sequence[str], *, handed_over: bool) -> tuple[Rule, ...]:
        """What becomes of each of these columns; `KEEP` and `DROP` are those very objects.

        Args:
            model: whose columns they are.
            names: of the columns.
            handed_over: False where instrumentation merely saw them.

        """
        layout = (model, handed_over, tuple(names))
        if (known := self._known_layouts.get(layout)) is not None:
            return known
        rules = tuple(self._rule(model, name, handed_over=handed_over) for name in names)
        if len(self._known_layouts) < MAX_LAYOUTS_SEEN and len(rules) <= MAX_LAYOUT_COLUMNS:
            self._known_layouts[layout] = rules
        return rules

    def allows(self, name: str) -> bool:
        """Whether what has this name may be stored as it is where no rule is applied.

        That is: keys inside values, tags, slices and extras of log records. What is to be stored in another form as a
        column is not stored at all there.
        """
        if (known := self._known_names.get(name)) is not None:
            return known
        allowed = self._rules.get(name, KEEP) is KEEP and not self._denied(name)
        if len(self._known_names) < MAX_NAMES_SEEN and len(name) <= MAX_NAME_CHARACTERS:
            self._known_names[name] = allowed
        return allowed

    def _rule(self, model: str, name: str, *, handed_over: bool) -> Rule:
        if self._mode == "none" or self._denied(name):
            return DROP
        if self._only is not None:
            asked_for = name in self._only
        else:
            asked_for = handed_over or self._mode == "all" or name in self._rules or name in self._named_by(model)
        return self._rules.get(name, KEEP) if asked_for else DROP

    def _named_by(self, model: str) -> frozenset[str]:
        return self._named.get(model, frozenset())

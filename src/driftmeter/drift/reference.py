"""What a model's inputs and outputs looked like when it was trained: the counts that live rows are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import cast

from driftmeter.drift import storing
from driftmeter.drift.column import Asked, ColumnReference, Role
from driftmeter.drift.deriving.derivation import Derivation, sources
from driftmeter.drift.deriving.storing import derivations_from_list
from driftmeter.drift.deriving.vectors import VectorDerivation
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.drift.multivariate.storing import section_from_dict, section_to_dict
from driftmeter.drift.rhythm.phases import Period
from driftmeter.drift.rhythm.profile import Profile
from driftmeter.drift.variation import Variation
from driftmeter.record import UNNAMED


@dataclass(frozen=True)
class Reference:
    """A model's reference: what was counted, column by column, and for which model.

    Build it with `from_data`, or with `ReferenceBuilder` from data larger than memory; keep it with `save`.

    Attributes:
        model: name of the model, as in `predict(model)`.
        version: of the model, or None.
        columns: what was counted, by column name.
        trained_at: ISO 8601 time of training, or None; the model's age is told from it.
        library: version of driftmeter that counted.
        schema: version of the stored form.
        variation: how the reference varied by itself, where it was built with a time column.
        variation_lost: why it has none, where two references that had one were merged.
        profile: how often each bin was filled by the hour of the week or the month, where it was built with one.
        multivariate: what is known of the columns together, or None.
        derivations: how columns of vectors and text become columns that can be counted.

    >>> reference = Reference.from_data({"age": [31, 64, 31], "city": ["Oslo", "Rome", None]}, model="demo")
    >>> reference.columns["city"].shares["missing"], reference.input_names
    (0.3333333333333333, ('age', 'city'))

    """

    model: str
    version: str | None
    columns: Mapping[str, ColumnReference]
    trained_at: str | None = None
    library: str = field(default_factory=storing.library_version)
    schema: int = storing.SCHEMA_VERSION
    variation: Variation | None = None
    variation_lost: str | None = None
    profile: Profile | None = None
    multivariate: MultivariateReference | None = None
    derivations: tuple[Derivation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __reduce__(self) -> tuple[object, ...]:  # a frozen mapping cannot be pickled as it is
        return Reference.from_dict, (self.to_dict(),)

    @classmethod
    def from_data(
        cls,
        data: object,
        model: str = UNNAMED,
        version: str | None = None,
        *,
        outputs: Sequence[str] = (),
        columns: Sequence[str] | Mapping[str, Asked | None] | None = None,
        bins: int = 10,
        trained_at: str | None = None,
        like: Reference | None = None,
        time: str | None = None,
        sample_rows: int = 0,
        profile: Period | None = None,
    ) -> Reference:
        """Count data that is at hand.

        Args:
            data: anything with columns: data frame, mapping of names to values, Arrow table, list of rows, array; flat
                data is one column.
            model: name of the model as it is served; a reference without one watches predictions without one.
            version: of the model.
            outputs: names of the columns that the model puts out; the others are its inputs.
            columns: names of the columns to count beside `outputs`, None for all; as a mapping, it also says of which
                kind each is, None where the values are to tell.
            bins: quantile bins of a numeric column.
            trained_at: ISO 8601 time of training.
            like: a reference whose bins are to be used, so that the two can be merged exactly.
            time: name of a column of times; the reference then also records how it varied by itself, so that a
                Sunday or a storm is no alarm. Without it the order of the rows means nothing.
            sample_rows: rows to keep in the reference for the domain classifier, drawn at random, at most 5,000; each
                as the ranks of its numbers and the labels of its categories. 0, so that a reference holds counts alone.
            profile: "hour-of-week" or "month" (in UTC): windows are then held against what the reference shows for the
                hours or months that their rows came in, so that a night is no drift by day. The times must be dates or
                date-times; data that meets each phase at least twice tells the rhythm from what else varies.

        Raises:
            TypeError: when `data` has no columns.
            ValueError: no rows, a column that is not in the data or is there twice, fewer than 2 bins, a name or
                version that is no text, a time that is not ISO 8601, a sample below 0 or above 5,000 rows, an unknown
                profile or one without `time`, `like` what is no reference.

        """
        from driftmeter.drift.building import ReferenceBuilder  # noqa: PLC0415  # the builder makes references

        builder = ReferenceBuilder(
            model, version, outputs=outputs, columns=columns, bins=bins, trained_at=trained_at, like=like, sample=None,
            time=time, sample_rows=sample_rows, profile=profile,
        )  # fmt: skip
        builder.scan(data)
        builder.count(data)
        return builder.build()

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the model's inputs, in the data's order."""
        return self._arriving("input")

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the model's outputs, in the data's order."""
        return self._arriving("output")

    @property
    def vectors(self) -> dict[str, int]:
        """Columns of which each row is a vector, and of what length."""
        return {each.name: each.dimension for each in self.derivations if isinstance(each, VectorDerivation)}

    @property
    def rows(self) -> int:
        """Rows counted."""
        return max((column.n for column in self.columns.values()), default=0)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical stored form, 64 hexadecimal digits: the same wherever the reference is the same."""
        return storing.hash_of(self._stored())

    def merge(self, other: Reference) -> Reference:
        """Both references together: counts add exactly, moments to rounding.

        Of the columns together, what `MultivariateReference.merge` can keep.

        Raises:
            ValueError: when models, columns or bins differ.

        """
        if (self.model, self.version) != (other.model, other.version):
            raise ValueError(
                f"one reference is of {self.model!r} {self.version}, the other of {other.model!r} {other.version};"
                " build both with the same model and version"
            )
        if set(self.columns) != set(other.columns):
            differing = sorted(set(self.columns) ^ set(other.columns))
            raise ValueError(
                f"columns {differing[:8]} stand in only one of the two references;"
                " build the second with from_data(..., like=first)"
            )
        if [each.to_dict() for each in self.derivations] != [each.to_dict() for each in other.derivations]:
            raise ValueError(
                "the two references derive columns in different ways, so their counts do not add up;"
                " build the second with from_data(..., like=first)"
            )
        merged = {name: column.merge(other.columns[name]) for name, column in self.columns.items()}
        times = [time for time in (self.trained_at, other.trained_at) if time is not None]
        variation = self.variation.merge(other.variation) if self.variation and other.variation else None
        lost = None
        if variation is None and (self.variation or other.variation or self.variation_lost or other.variation_lost):
            lost = "merged references cover the same time, or only one of them knows its times"
        profile = self._merged_profile(other, variation)
        together = self.multivariate.merge(other.multivariate) if self.multivariate and other.multivariate else None
        return Reference(
            self.model, self.version, merged, max(times, key=_moment, default=None),
            variation=variation, variation_lost=lost, profile=profile, multivariate=together,
            derivations=self.derivations,
        )  # fmt: skip

    def _merged_profile(self, other: Reference, variation: Variation | None) -> Profile | None:
        mine, others = self.variation, other.variation
        if self.profile is None and other.profile is None:
            return None
        if self.profile is None or other.profile is None:
            raise ValueError("only one of the two references has a profile; build both with the same `profile`")
        if variation is None or mine is None or others is None:
            return self.profile.merge(other.profile, first=None)
        return self.profile.merge(other.profile, first=(mine.start, mine.end) <= (others.start, others.end))

    def to_dict(self) -> dict[str, object]:
        """The stored form: plain lists and numbers, with the hash."""
        return {**self._stored(), "hash": self.hash}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Reference:
        """Read the stored form; keys that this version does not know are left alone.

        Raises:
            ValueError: no reference at all, another schema version, edges that do not rise, counts of the wrong
                length, numbers beyond all floats, a hash that does not fit the contents.

        """
        try:
            return cls._read(stored)
        except OverflowError as error:
            raise ValueError("the reference holds a whole number that no float can; build it again") from error

    @classmethod
    def _read(cls, stored: Mapping[str, object]) -> Reference:
        storing.check_envelope(stored)
        storing.check_hash(stored)
        listed = storing.column_list(stored)
        columns = {column.name: column for column in map(storing.column_from_dict, listed)}
        if len(columns) < len(listed):
            raise ValueError(f"the reference lists a column twice among {[column['name'] for column in listed][:20]}")
        return cls(
            str(stored["model"]),
            cast("str | None", stored.get("version")),
            columns,
            cast("str | None", stored.get("trained_at")),
            str(stored.get("library")),
            variation=Variation.from_dict(stored["variation"], columns) if "variation" in stored else None,
            variation_lost=cast("str | None", stored.get("variation_lost")),
            profile=Profile.from_dict(stored["profile"], columns) if "profile" in stored else None,
            derivations=derivations_from_list(stored["derived"], columns) if "derived" in stored else (),
            multivariate=section_from_dict(stored["multivariate"], columns) if "multivariate" in stored else None,
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Write the reference as JSON, the same bytes for the same reference; never leaves half a file."""
        storing.write(self.to_dict(), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Reference:
        """Read a reference that `save` wrote.

        Raises:
            ValueError: the file cannot be read, is no JSON, or does not hold a reference; see `from_dict`.

        """
        try:
            return cls.from_dict(storing.read(path))
        except ValueError as error:
            raise ValueError(f"{error} (reference file {path})") from error

    def _arriving(self, role: Role) -> tuple[str, ...]:
        return sources([column.name for column in self.columns.values() if column.role == role], self.derivations)

    def _stored(self) -> dict[str, object]:
        return {
            "format": storing.FORMAT,
            "schema": self.schema,
            "library": self.library,
            "model": self.model,
            "version": self.version,
            "trained_at": self.trained_at,
            "columns": [storing.column_to_dict(column) for column in self.columns.values()],
            **({"variation": self.variation.to_dict()} if self.variation else {}),
            **({"variation_lost": self.variation_lost} if self.variation_lost else {}),
            **({"profile": self.profile.to_dict()} if self.profile else {}),
            **({"derived": [each.to_dict() for each in self.derivations]} if self.derivations else {}),
            **({"multivariate": section_to_dict(self.multivariate)} if self.multivariate else {}),
        }


def _moment(time: str) -> tuple[datetime, str]:
    """What puts times in order, however far from UTC each is written; without an offset they count as UTC."""
    moment = datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC), time

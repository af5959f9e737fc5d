"""Which shape a call has: looked up by what it looks like, settled once, bounded in number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import is_not
from typing import Any, Final, Literal

from driftmeter import semconv
from driftmeter.capture import DROP, KEEP
from driftmeter.columns import laid_open
from driftmeter.otlp import Layout, Origin, Table
from driftmeter.pipeline.catalogue import KnownModel
from driftmeter.pipeline.contracts import Array, Loose
from driftmeter.plain import Plain
from driftmeter.record import Prediction
from driftmeter.sinks.packed.forms import Form, Part, Unpackable, form_of, texts_form
from driftmeter.sinks.packed.looks import LOOKLESS, look_of, look_of_array, look_of_inputs
from driftmeter.sinks.packed.shape import Shape, Stored
from driftmeter.sinks.packed.unpacking import PREFIXES
from driftmeter.sinks.prediction_event import body_of, identity_of, severity_of
from driftmeter.sinks.storing import Storing
from driftmeter.text import as_text

MAX_SHAPES: Final = 512
"""What looks otherwise after so many is read the long way: a model has a few looks, a fuzzer has any number."""

MAPS: Final = {
    "inputs": semconv.PREDICTION_INPUTS,
    "outputs": semconv.PREDICTION_OUTPUTS,
    "scores": semconv.PREDICTION_SCORES,
}
MAX_TEXTS: Final = 32
"""Slices, and tags, of one call: more are cut as an event's attributes are, the long way."""
UNKNOWN: Final = KnownModel("", None, (), ())


class CallPacker:
    """Packs calls whose values are plain; tells of all others that they have to be read.

    Args:
        known: the models that have a reference: names for columns that come without.
        storing: what may be said in events.
        origin: where stored events come from; None where nothing is stored.

    """

    def __init__(
        self,
        known: Iterable[KnownModel],
        storing: Storing,
        origin: Callable[[], Origin] | None,
    ) -> None:
        self._known = {model.name: model for model in known}
        self._storing = storing
        self._capture = storing.capture
        self._origin = origin
        self._dated = storing.retention.until(0) is not None
        self.reset()

    def reset(self) -> None:
        """Forget all shapes: a forked child's events have another origin."""
        self._shapes: dict[tuple[object, ...], Shape | None] = {}

    def shape_of(self, call: Loose) -> Shape | None:
        """The shape of a call, whose small frames are laid open for it; None for one to be read the long way.

        Raises:
            TypeError: something in it cannot be hashed.

        """
        shape = self._shape_as_it_lies(call)
        if shape is None:
            inputs, outputs, scores = left = call.left
            call.left = laid_open(inputs), laid_open(outputs), laid_open(scores)
            if any(map(is_not, call.left, left)):
                shape = self._shape_as_it_lies(call)
        return shape

    def _shape_as_it_lies(self, call: Loose) -> Shape | None:
        inputs, outputs, scores = call.left
        array, labels = call.array, call.labels
        look = (
            call.model,
            call.version,
            call.operation,
            call.watch,
            call.error_type,
            type(call.identity),
            look_of_inputs(inputs) if array is None else array if array[1][0] == 1 else look_of_array(*array),
            float if type(outputs) is float else look_of(outputs),
            None if scores is None else look_of(scores),
            None if labels is None else (*map(look_of, labels),),
            self._storing.retention.until(call.time_ns) if self._dated else None,
        )
        try:
            return self._shapes[look]
        except KeyError:
            return self._settle(look, call)

    def _settle(self, look: tuple[object, ...], call: Loose) -> Shape | None:
        if len(self._shapes) >= MAX_SHAPES:
            return None
        try:
            shape = None if LOOKLESS in look else self._shape(call)
        except (Unpackable, ValueError):  # a layout refuses names that stand twice
            shape = None
        self._shapes[look] = shape
        return shape

    def _shape(self, call: Loose) -> Shape:
        model, version, framework, source, handed_over = call.model, call.version, *call.watch
        known = self._known.get(_text(model), UNKNOWN)
        alike = Prediction(
            id="",
            model=_text(model),
            version=known.version if version is None else _text(version),
            operation=_text(call.operation),
            framework=framework,
            started_ns=call.time_ns,
            duration_s=None,
            error_type=call.error_type,
            source=source,
            handed_over=handed_over,
        )
        parts = [Part(name, form) for name, form in self._forms(call, known) if form is not None]
        id_kind: Literal["uuid", "text"] = "uuid" if type(call.identity) is bytes else "text"
        layout = Layout(origin=Origin(), event_name="", id_kind=id_kind, tables=tuple(map(_table, parts)))
        stored = None if self._origin is None else self._stored(alike, parts, id_kind, self._origin())
        return Shape(alike, layout, parts, stored)

    def _forms(self, call: Loose, known: KnownModel) -> Iterable[tuple[str, Form | None]]:
        if known.vectors:
            raise Unpackable  # one flat vector among the columns is a row, which looks do not tell
        inputs, outputs, scores = call.left
        slices, tags = call.labels or (None, None)
        yield "inputs", _named(_form(inputs, call.array, flat_is_row=True), known.inputs)
        form = _form(outputs, flat_is_row=False)
        alone = ("output",) if form is not None and form.width == 1 else ()
        yield "outputs", _named(form, known.outputs or alone)
        yield "scores", _form(scores, flat_is_row=False)
        yield "slices", _texts(slices)
        yield "tags", _texts(tags)

    def _stored(self, alike: Prediction, parts: list[Part], kind: Any, origin: Origin) -> Stored:
        kept = [found for part in parts if (found := self._kept(alike, part)) is not None]
        attributes = identity_of(alike, self._storing)
        severity = severity_of(alike)
        layout = Layout(
            origin=origin,
            event_name=semconv.EVENT_PREDICTION,
            severity_number=severity.value,
            severity_text=severity.name,
            body=body_of(alike),
            attributes=(*attributes.items(), (semconv.EVENT_NAME, semconv.EVENT_PREDICTION)),
            id_attribute=semconv.PREDICTION_ID,
            id_kind=kind,
            duration_attribute=semconv.PREDICTION_DURATION,
            rows_attribute=semconv.PREDICTION_BATCH_SIZE,
            altered_attribute=semconv.PREDICTION_ALTERED,
            tables=tuple(map(_table, kept)),
        )
        return Stored(layout, tuple(kept))

    def _kept(self, alike: Prediction, part: Part) -> Part | None:
        """What may be stored of a part."""
        names = _names(part.form)
        if part.name in PREFIXES:
            places = [place for place, name in enumerate(names) if self._capture.allows(name)]
        else:
            rules = self._capture.columns(alike.model, names, handed_over=alike.handed_over)
            if any(rule is not KEEP and rule is not DROP for rule in rules):
                raise Unpackable  # a value that is stored in another form is read first
            places = [place for place, rule in enumerate(rules) if rule is KEEP]
        if not places:
            return None
        if len(places) == len(names):
            return part
        return Part(part.name, part.form.only(places, tuple(names[place] for place in places)))


def _table(part: Part) -> Table:
    names = _names(part.form)
    if (prefix := PREFIXES.get(part.name)) is not None:
        return Table(None, tuple(prefix + name for name in names), codes=part.form.codes)
    return Table(MAPS[part.name], names, codes=part.form.codes, dtype=part.form.dtype)


def _names(form: Form) -> tuple[str, ...]:
    return form.names if form.names is not None else tuple(map(str, range(form.width)))


def _text(given: object) -> str:
    """A name that is fine as it is."""
    if type(given) is not str or as_text(given) is not given or not given:
        raise Unpackable
    return given


def _form(given: object, array: Array | None = None, *, flat_is_row: bool) -> Form | None:
    if given is None:
        return None
    form = form_of(given, array, flat_is_row=flat_is_row)
    plain = Plain()
    if form.names is not None and [plain.key(name) for name in form.names] != list(form.names):
        raise Unpackable
    return form


def _named(form: Form | None, names: tuple[str, ...]) -> Form | None:
    """Under the names that the reference knows, where the values came without."""
    if form is None or form.names is not None or not names:
        return form
    if form.width != len(names):
        raise Unpackable  # which counts as a fault, each time anew
    return form._replace(names=names)


def _texts(given: object) -> Form | None:
    """Slices or tags: a few texts under names that are fine as they are."""
    if not given:
        return None
    if type(given) is not dict or len(given) > MAX_TEXTS or any(type(value) is not str for value in given.values()):
        raise Unpackable
    for name in given:
        _text(name)
    return texts_form(given)
